// SPDX-License-Identifier: MIT
#include "im/roster_iq.h"

#include <algorithm>
#include <string>
#include <utility>

#include "im/handlers.h"
#include "im/iq.h"
#include "xml/element.h"
#include "xml/writer.h"
#include "xmpp/namespaces.h"

namespace rosterd::im {

namespace {

namespace ns = xmpp::ns;
using xmpp::StanzaCondition;

// What a push has around its query, beside the address.
constexpr std::size_t kUsualEnvelope = 50;

constexpr std::string_view kNoRosterText = "The contact list cannot be fetched at the moment";

// A client that names the version it has gets an empty result if that is still the one.
void answer_get(const Roster& roster, std::optional<std::string_view> version, IqReply& reply) {
  if (version == roster.version()) return reply.result();
  reply.result([&](xml::Writer& writer) {
    writer.open("query", ns::kRoster).attr("ver", roster.version());
    for (const RosterItem& item : roster.items()) write_item(writer, roster.interner(), item);
    writer.end();
  });
}

// The get as it was asked, so that it is answered in the one way that iqs are answered.
xml::Element restore_request(xml::Document& document, const User& user, const WaitingGet& get) {
  document.start_element("iq", ns::kClient);
  document.add_attribute("type", "", "get");
  document.add_attribute("id", "", get.id);
  if (get.addressed) document.add_attribute("to", "", user.jid.text());
  document.end_element();
  return document.root();
}

// answer(const WaitingGet&, IqReply&) for each get whose session is still here; no get waits then.
template <class Answer>
void settle_waiting_gets(State& state, User& user, Answer answer) {
  for (const WaitingGet& get : std::exchange(user.waiting, {})) {
    Session* session = state.directory.find_session(get.session);
    if (!session) continue;
    session->interested = true;
    xml::Document document;
    IqReply reply(state, *session, restore_request(document, user, get));
    answer(get, reply);
  }
}

void wait_for_roster(const State& state, const IqRequest& request, IqReply reply) {
  std::vector<WaitingGet>& waiting = request.asker.user->waiting;
  const Handle<Session> asker = request.asker.handle;
  const auto mine = std::count_if(waiting.begin(), waiting.end(),
                                  [&](const WaitingGet& get) { return get.session == asker; });
  if (static_cast<std::size_t>(mine) >= state.options.waiting_iqs_per_session) {
    return reply.error(StanzaCondition::kResourceConstraint, "Too many roster gets are waiting");
  }
  WaitingGet get{asker, std::string(request.stanza.attr("id")), std::nullopt,
                 request.target.kind != Target::Kind::kNone};
  if (const auto version = request.payload.find_attr("ver")) get.version.emplace(*version);
  waiting.push_back(std::move(get));
  reply.postpone();
}

}  // namespace

void handle_roster_get(State& state, const IqRequest& request, IqReply reply) {
  const User& user = *request.asker.user;
  if (user.roster_state == RosterState::kLoading) {
    return wait_for_roster(state, request, std::move(reply));
  }
  request.asker.interested = true;
  if (const Roster* roster = user.roster()) {
    answer_get(*roster, request.payload.find_attr("ver"), reply);
  } else {
    reply.error(StanzaCondition::kRemoteServerTimeout, kNoRosterText);
  }
}

void handle_foreign_roster(State&, const IqRequest&, IqReply reply) {
  reply.error(StanzaCondition::kForbidden);
}

void answer_waiting_gets(State& state, User& user) {
  settle_waiting_gets(state, user, [&](const WaitingGet& get, IqReply& reply) {
    answer_get(*user.roster(), get.version, reply);
  });
}

void fail_waiting_gets(State& state, User& user) {
  settle_waiting_gets(state, user, [](const WaitingGet&, IqReply& reply) {
    reply.error(StanzaCondition::kRemoteServerTimeout, kNoRosterText);
  });
}

bool wants_pushes(const User& user) {
  return std::any_of(user.sessions.begin(), user.sessions.end(),
                     [](const Session* session) { return session->interested; });
}

void push_roster_changes(State& state, const User& user, const PushQueries& queries) {
  for (Session* session : user.sessions) {
    if (!session->interested) continue;
    const std::size_t envelope = kUsualEnvelope + session->jid.text().size();
    session->outbox.expect(queries.bytes() + queries.count() * envelope, queries.count());
    queries.for_each([&](std::string_view query) {
      state.send(*session, [&](std::string& out) {
        out.append("<iq type='set' id='push").append(std::to_string(++state.pushes)).append("'");
        xml::append_attribute(out, "to", session->jid.text());
        out.append(">").append(query).append("</iq>");
      });
    });
  }
}

}  // namespace rosterd::im
