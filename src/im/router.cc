// SPDX-License-Identifier: MIT
// Router: from a first-level element to its handler. The rules that hold for every stanza are here:
// names, `from`, `to`.
#include "im/handlers.h"
#include "im/sessions.h"
#include "xmpp/namespaces.h"

namespace rosterd::im {

namespace {

using xmpp::StanzaCondition;
using xmpp::StanzaKind;
using xmpp::StreamCondition;

bool is_stanza_name(std::string_view name) {
  return name == "message" || name == "presence" || name == "iq";
}

// RFC 6120 section 8.1.2.1: `from` may be left out, or be the sender's bare or full JID.
bool is_own(const Session& sender, std::string_view from) {
  if (from == sender.jid.text() || from == sender.user->jid.text()) return true;
  const auto jid = xmpp::Jid::parse(from);
  return jid && (*jid == sender.jid || *jid == sender.user->jid);
}

// Whether the element is a stanza of the sender's; if not, the stream ends.
bool check_stanza(State& state, Session& sender, xml::Element stanza) {
  if (!is_stanza_name(stanza.name())) {
    end_session(state, sender, StreamCondition::kUnsupportedStanzaType, "");
  } else if (stanza.ns() != xmpp::ns::kClient) {
    end_session(state, sender, StreamCondition::kInvalidNamespace, "");
  } else if (const auto from = stanza.find_attr("from"); from && !is_own(sender, *from)) {
    end_session(state, sender, StreamCondition::kInvalidFrom, "from is not this stream's address");
  } else {
    return true;
  }
  return false;
}

void count(CoreStats& received, StanzaKind kind) {
  if (kind == StanzaKind::kMessage) ++received.messages;
  if (kind == StanzaKind::kPresence) ++received.presences;
  if (kind == StanzaKind::kIq) ++received.iqs;
}

}  // namespace

void refuse(State& state, Session& sender, xml::Element stanza, StanzaCondition condition,
            std::string_view text) {
  // An error is never answered, so whether there is a stanza to finish is known after writing only.
  std::string& out = sender.outbox.begin();
  if (!xmpp::write_stanza_error(out, stanza, condition, text, {}, sender.jid.text())) return;
  sender.outbox.finish();
  state.mark_dirty(sender);
}

void route(State& state, Session& sender, xml::Element stanza) {
  if (!check_stanza(state, sender, stanza)) return;
  const StanzaKind kind = xmpp::stanza_kind(stanza);
  count(state.received, kind);
  const Target target = state.directory.resolve(stanza.find_attr("to"), state.options.hosts);
  if (target.kind == Target::Kind::kMalformed) {
    return refuse(state, sender, stanza, StanzaCondition::kJidMalformed);
  }
  if (kind == StanzaKind::kPresence) return handle_presence(state, sender, stanza, target);
  if (target.kind == Target::Kind::kForeign) {
    return refuse(state, sender, stanza, StanzaCondition::kRemoteServerNotFound,
                  "This server does not talk to other domains");
  }
  if (kind == StanzaKind::kMessage) return handle_message(state, sender, stanza, target);
  handle_iq(state, sender, stanza, target);
}

}  // namespace rosterd::im
