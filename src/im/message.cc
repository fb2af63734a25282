// SPDX-License-Identifier: MIT
// Messages: by type and address (RFC 6121 section 8.5).
#include "im/existence.h"
#include "im/handlers.h"
#include "im/visibility.h"

namespace rosterd::im {

namespace {

using xmpp::StanzaCondition;

constexpr std::string_view kNobodyThereText =
    "Nobody is there to read it now, and it has not been kept";
constexpr std::string_view kNoSuchUserText = "There is no such user";

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

// Nobody is there to read it. RFC 6120 sections 8.3.3.13 and 8.3.3.7 for who may know why,
// RFC 6121 sections 8.5.1 and 8.5.2.2.1 for all others.
void refuse_absent(const Delivery& delivery, const Target& target) {
  tell_existence(delivery.state, delivery.sender, target, [&](std::string& out, Told told) {
    StanzaCondition condition = StanzaCondition::kServiceUnavailable;
    std::string_view text;
    if (told == Told::kExists) {
      condition = StanzaCondition::kRecipientUnavailable;
      text = kNobodyThereText;
    } else if (told == Told::kMissing) {
      condition = StanzaCondition::kItemNotFound;
      text = kNoSuchUserText;
    }
    xmpp::write_stanza_error(out, delivery.stanza, condition, text, {}, delivery.sender.jid.text());
  });
}

void deliver_to_account(const Delivery& delivery, const Target& target, const User* user,
                        MessageType type) {
  const bool deliverable = type != MessageType::kGroupchat && type != MessageType::kError;
  if (deliverable && user && delivery.to_account(*user)) return;
  if (type == MessageType::kHeadline) return;  // section 8.5.2.2.1: silently ignored
  if (deliverable) return refuse_absent(delivery, target);
  refuse(delivery.state, delivery.sender, delivery.stanza, StanzaCondition::kServiceUnavailable);
}

void deliver_to_resource(const Delivery& delivery, const Target& target, MessageType type) {
  if (target.session) return delivery.to_session(*target.session);
  if (type == MessageType::kHeadline) return;
  // Section 8.5.3.2.1: the resource has gone, the account may still be there.
  deliver_to_account(delivery, target, target.user, type);
}

}  // namespace

void handle_message(State& state, Session& sender, xml::Element stanza, const Target& target) {
  const MessageType type = parse_type(stanza.attr("type"));
  switch (target.kind) {
    case Target::Kind::kNone: {
      // RFC 6120 section 10.3.1: a message without `to` is to the sender's account.
      const std::string_view own = sender.user->jid.text();
      return deliver_to_account({state, sender, stanza, own}, target, sender.user, type);
    }
    case Target::Kind::kAccount:
      return deliver_to_account({state, sender, stanza, target.address()}, target, target.user,
                                type);
    case Target::Kind::kResource:
      return deliver_to_resource({state, sender, stanza, target.address()}, target, type);
    case Target::Kind::kServer:
    case Target::Kind::kForeign:
    case Target::Kind::kMalformed:
      return refuse(state, sender, stanza, StanzaCondition::kServiceUnavailable);
  }
}

}  // namespace rosterd::im
