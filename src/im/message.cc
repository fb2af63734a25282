// SPDX-License-Identifier: MIT
// Messages: by type and address (RFC 6121 section 8.5).
#include "im/handlers.h"
#include "im/visibility.h"

namespace rosterd::im {

namespace {

using xmpp::StanzaCondition;

enum class MessageType { kNormal, kChat, kHeadline, kGroupchat, kError };

// Section 5.2.2: an unknown type is treated as normal.
MessageType parse_type(std::string_view type) {
  if (type == "chat") return MessageType::kChat;
  if (type == "headline") return MessageType::kHeadline;
  if (type == "groupchat") return MessageType::kGroupchat;
  if (type == "error") return MessageType::kError;
  return MessageType::kNormal;
}

struct Delivery {
  State& state;
  Session& sender;
  xml::Element stanza;
  std::string_view to;  // as it stands on the stanza: never rewritten (section 8.5.2.1)

  void to_session(Session& session) const {
    const xmpp::Forward forwarded(stanza, sender.jid.text(), sender.lang);
    state.send(session, [&](std::string& out) { forwarded.write(out, to); });
  }

  // Every available resource of non-negative priority; false when there is none.
  bool to_account(const User& user) const {
    std::optional<xmpp::Forward> forwarded;  // made once, and only if somebody is there
    for_each_available(user, [&](Session& session) {
      if (session.priority < 0) return;
      if (!forwarded) forwarded.emplace(stanza, sender.jid.text(), sender.lang);
      state.send(session, [&](std::string& out) { forwarded->write(out, to); });
    });
    return forwarded.has_value();
  }
};

// An account that does not exist and one that nobody uses now get the same answer, so that nobody
// can find out which there are.
void deliver_to_account(const Delivery& delivery, const User* user, MessageType type) {
  const bool deliverable = type != MessageType::kGroupchat && type != MessageType::kError;
  if (deliverable && user && delivery.to_account(*user)) return;
  if (type == MessageType::kHeadline) return;  // section 8.5.2.2.1: silently ignored
  refuse(delivery.state, delivery.sender, delivery.stanza, StanzaCondition::kServiceUnavailable);
}

void deliver_to_resource(const Delivery& delivery, const Target& target, MessageType type) {
  if (target.session) return delivery.to_session(*target.session);
  if (type == MessageType::kHeadline) return;
  // Section 8.5.3.2.1: the resource has gone, the account may still be there.
  deliver_to_account(delivery, target.user, type);
}

}  // namespace

void handle_message(State& state, Session& sender, xml::Element stanza, const Target& target) {
  const MessageType type = parse_type(stanza.attr("type"));
  switch (target.kind) {
    case Target::Kind::kNone: {
      // RFC 6120 section 10.3.1: a message without `to` is to the sender's account.
      const std::string_view own = sender.user->jid.text();
      return deliver_to_account({state, sender, stanza, own}, sender.user, type);
    }
    case Target::Kind::kAccount:
      return deliver_to_account({state, sender, stanza, target.address()}, target.user, type);
    case Target::Kind::kResource:
      return deliver_to_resource({state, sender, stanza, target.address()}, target, type);
    case Target::Kind::kServer:
    case Target::Kind::kForeign:
    case Target::Kind::kMalformed:
      return refuse(state, sender, stanza, StanzaCondition::kServiceUnavailable);
  }
}

}  // namespace rosterd::im
