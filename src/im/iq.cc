// SPDX-License-Identifier: MIT
#include "im/iq.h"

#include <utility>

#include "base/log.h"
#include "im/handlers.h"

namespace rosterd::im {

using xmpp::StanzaCondition;

IqReply::IqReply(IqReply&& other) noexcept
    : state_(other.state_),
      asker_(other.asker_),
      request_(other.request_),
      answered_(std::exchange(other.answered_, true)) {}

IqReply::~IqReply() {
  if (answered_) return;
  log::error("im", "iq handler did not answer", {{"jid", asker_->jid.text()}});
  error(StanzaCondition::kInternalServerError);
}

void IqReply::error(StanzaCondition condition, std::string_view text) {
  state_->send(*asker_, [&](std::string& out) { write_error(out, condition, text); });
  answered_ = true;
}

void IqReply::write_error(std::string& out, StanzaCondition condition,
                          std::string_view text) const {
  xmpp::write_stanza_error(out, request_, condition, text, {}, asker_->jid.text());
}

namespace {

void forward(State& state, Session& sender, xml::Element stanza, const Target& target) {
  const xmpp::Forward forwarded(stanza, sender.jid.text(), sender.lang);
  state.send(*target.session, [&](std::string& out) { forwarded.write(out, target.address()); });
}

IqPlace place_of(const Session& asker, const Target& target) {
  if (target.kind == Target::Kind::kServer) return IqPlace::kServer;
  const bool own = target.kind == Target::Kind::kNone || target.user == asker.user;
  return own ? IqPlace::kOwn : IqPlace::kAccount;
}

void serve(State& state, const IqRequest& request, IqReply reply) {
  for (const IqRow& row : iq_rows()) {
    if (row.at(request.place) && request.payload.is(row.name, row.ns) &&
        request.stanza.attr("type") == row.type) {
      return row.handle(state, request, std::move(reply));
    }
  }
  reply.error(StanzaCondition::kServiceUnavailable);
}

}  // namespace

void handle_iq(State& state, Session& sender, xml::Element stanza, const Target& target) {
  const std::string_view type = stanza.attr("type");
  const std::string_view id = stanza.attr("id");
  if (type == "result" || type == "error") {
    // Those to an account or the server answer roster pushes, or nothing at all.
    if (target.session && !id.empty()) forward(state, sender, stanza, target);
    return;
  }
  IqReply reply(state, sender, stanza);
  if ((type != "get" && type != "set") || id.empty() || stanza.child_count() != 1) {
    return reply.error(StanzaCondition::kBadRequest);
  }
  if (target.kind == Target::Kind::kResource) {
    if (!target.session) return reply.error(StanzaCondition::kServiceUnavailable);
    forward(state, sender, stanza, target);
    return reply.postpone();
  }
  const IqRequest request{sender, stanza, stanza.first_child(), target, place_of(sender, target)};
  serve(state, request, std::move(reply));
}

}  // namespace rosterd::im
