// SPDX-License-Identifier: MIT
#include "im/presence.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/text.h"
#include "im/handlers.h"
#include "im/visibility.h"
#include "xmpp/namespaces.h"

namespace rosterd::im {

namespace {

using xmpp::StanzaCondition;

constexpr std::string_view kNoSubscriptionsText =
    "Contacts are managed by the web application, not by presence subscriptions";
constexpr std::string_view kNotAvailableText =
    "Who has not sent presence is not shown the presence of others";

// Presence goes to accounts: each available session gets it with the bare JID in `to`, as RFC 6121
// section 8.5.2.1 wants it left.
void send_presence(State& state, const xmpp::Forward& presence, Session& to) {
  state.send(to, [&](std::string& out) { presence.write(out, to.user->jid.text()); });
}

// visit(Session&) for every available session that sees `session`, itself included (section 4.2.2).
template <class Visit>
void for_each_viewer(const State& state, const Session& session, Visit visit) {
  for_each_available(*session.user, visit);
  for_each_watcher(state.directory, *session.user,
                   [&](User& watcher) { for_each_available(watcher, visit); });
}

// What takes the place of probes: all that a resource which has just become available may see.
void show_others(State& state, Session& to) {
  const auto show = [&](Session& other) {
    if (&other != &to) send_presence(state, *other.presence, to);
  };
  for_each_available(*to.user, show);
  for_each_watched(state.directory, *to.user,
                   [&](User& contact) { for_each_available(contact, show); });
}

// Section 4.7.2.3; nullopt when it is not a number from -128 to 127.
std::optional<int> parse_priority(xml::Element presence) {
  const xml::Element element = presence.child("priority", xmpp::ns::kClient);
  if (!element) return 0;
  const std::string whole = element.text();
  std::string_view digits = text::trim(whole);
  if (digits.starts_with('+') && !digits.starts_with("+-")) digits.remove_prefix(1);
  int priority = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), priority);
  const bool complete = error == std::errc() && end == digits.data() + digits.size();
  if (!complete || priority < -128 || priority > 127) return std::nullopt;
  return priority;
}

std::string text_of(xml::Element presence, std::string_view name) {
  const xml::Element child = presence.child(name, xmpp::ns::kClient);
  return child ? child.text() : std::string();
}

// What a client says of itself; nothing is made for nobody.
void observe(State& state, const Session& session, xml::Element stanza) {
  if (!state.observer) return;
  const bool available = session.available();
  const std::string show = available ? read_show(stanza) : "";
  const std::string status = read_status(stanza);
  state.observer->on_presence(session.jid, {available, show, status, session.priority});
}

void handle_available(State& state, Session& sender, xml::Element stanza) {
  const auto priority = parse_priority(stanza);
  if (!priority) {
    return refuse(state, sender, stanza, StanzaCondition::kBadRequest,
                  "priority is a number from -128 to 127");
  }
  const bool initial = !sender.available();
  sender.priority = *priority;
  sender.presence.emplace(stanza, sender.jid.text(), sender.lang);
  sender.presence->trim();
  for_each_viewer(state, sender,
                  [&](Session& viewer) { send_presence(state, *sender.presence, viewer); });
  if (initial) show_others(state, sender);
  observe(state, sender, stanza);
}

// --- directed presence (section 4.6) -------------------------------------------------------------

// visit(Session&) for those whom an address reaches with presence: that resource, or every
// available one of the account.
template <class Visit>
void for_each_addressed(const Target& target, Visit visit) {
  if (target.session) {
    visit(*target.session);
  } else if (target.kind == Target::Kind::kAccount && target.user) {
    for_each_available(*target.user, visit);
  }
}

bool reaches_anybody(const Target& target) {
  bool any = false;
  for_each_addressed(target, [&](Session&) { any = true; });
  return any;
}

void deliver(State& state, Session& sender, xml::Element stanza, const Target& target) {
  const xmpp::Forward forwarded(stanza, sender.jid.text(), sender.lang);
  for_each_addressed(target, [&](Session& to) {
    state.send(to, [&](std::string& out) { forwarded.write(out, target.address()); });
  });
}

void handle_directed(State& state, Session& sender, xml::Element stanza, const Target& target,
                     bool available) {
  if (!reaches_anybody(target)) return;
  const std::string_view address = target.address();
  const auto known = sender.directed.find(address);
  if (!available) {
    if (known != sender.directed.end()) sender.directed.erase(known);
  } else if (known == sender.directed.end()) {
    // Whom we cannot remember we could not tell of the end.
    if (sender.directed.size() >= state.options.directed_per_session) {
      return refuse(state, sender, stanza, StanzaCondition::kResourceConstraint,
                    "Too many addresses have directed presence of this resource");
    }
    sender.directed.emplace(address);
  }
  deliver(state, sender, stanza, target);
}

// Section 4.3.2. Who is not in the asker's roster as one whom he sees is as good as nobody. Who is,
// but grants nothing to the asker, is as good as one who is not here. A resource that is not
// available is refused: presence that it were shown would seem to last for ever, since only
// available ones are told of its end (sections 4.4.3 and 4.5.3).
void handle_probe(State& state, Session& sender, xml::Element stanza, const Target& target) {
  if (!sender.available()) {
    return refuse(state, sender, stanza, StanzaCondition::kUnexpectedRequest, kNotAvailableText);
  }
  const bool own = target.user == sender.user;
  const RosterItem* const wanted = find_item(state.directory, *sender.user, target);
  if (!own && !(wanted && has_to(wanted->subscription))) return;
  bool any = false;
  const auto show = [&](Session& session) {
    if (target.kind == Target::Kind::kResource && target.session != &session) return;
    send_presence(state, *session.presence, sender);
    any = true;
  };
  const bool granted = target.user && (own || sees(*sender.user, *target.user));
  if (granted) for_each_available(*target.user, show);
  if (any) return;
  state.send(sender, [&](std::string& out) {
    xmpp::write_unavailable(out, target.address(), sender.user->jid.text());
  });
}

void handle_error(State& state, Session& sender, xml::Element stanza, const Target& target) {
  if (target.session) deliver(state, sender, stanza, target);
}

// --- the kinds -----------------------------------------------------------------------------------

bool is_subscription(std::string_view type) {
  return type == "subscribe" || type == "subscribed" || type == "unsubscribe" ||
         type == "unsubscribed";
}

// The web app alone decides who is whose contact. Only the asking is answered: there a user waits.
void handle_subscription(State& state, Session& sender, xml::Element stanza) {
  const std::string_view type = stanza.attr("type");
  ROSTERD_DEBUG("im", "subscription stanza refused", {{"jid", sender.jid.text()}, {"type", type}});
  if (type != "subscribe") return;
  refuse(state, sender, stanza, StanzaCondition::kNotAllowed, kNoSubscriptionsText);
}

void handle_unavailable(State& state, Session& sender, xml::Element stanza) {
  const xmpp::Forward words(stanza, sender.jid.text(), sender.lang);
  const bool was_available = sender.available();
  withdraw_presence(state, sender, &words);
  if (was_available) observe(state, sender, stanza);
}

}  // namespace

void handle_presence(State& state, Session& sender, xml::Element stanza, const Target& target) {
  const std::optional<std::string_view> type = stanza.find_attr("type");
  const bool undirected = target.kind == Target::Kind::kNone;
  if (type && is_subscription(*type)) return handle_subscription(state, sender, stanza);
  const bool plain = !type || *type == "unavailable";
  if (!plain && *type != "probe" && *type != "error") {
    return refuse(state, sender, stanza, StanzaCondition::kBadRequest, "unknown presence type");
  }
  if (target.kind == Target::Kind::kForeign) {
    return refuse(state, sender, stanza, StanzaCondition::kRemoteServerNotFound);
  }
  if (plain && !undirected) return handle_directed(state, sender, stanza, target, !type);
  if (!type) return handle_available(state, sender, stanza);
  if (*type == "unavailable") return handle_unavailable(state, sender, stanza);
  if (*type == "probe") return handle_probe(state, sender, stanza, target);
  handle_error(state, sender, stanza, target);
}

std::string read_show(xml::Element presence) {
  std::string show = text_of(presence, "show");
  for (const std::string_view known : {"away", "chat", "dnd", "xa"}) {
    if (show == known) return show;
  }
  return {};
}

std::string read_status(xml::Element presence) { return text_of(presence, "status"); }

void withdraw_presence(State& state, Session& session, const xmpp::Forward* words) {
  std::vector<Session*> viewers;
  const auto add = [&](Session& viewer) {
    if (words || &viewer != &session) viewers.push_back(&viewer);
  };
  if (session.available()) for_each_viewer(state, session, add);
  for (const std::string& address : session.directed) {
    Target target;
    if (state.directory.find_address(address, target)) for_each_addressed(target, add);
  }
  std::sort(viewers.begin(), viewers.end());
  viewers.erase(std::unique(viewers.begin(), viewers.end()), viewers.end());
  for (Session* viewer : viewers) {
    state.send(*viewer, [&](std::string& out) {
      const std::string_view to = viewer->user->jid.text();
      words ? words->write(out, to) : xmpp::write_unavailable(out, session.jid.text(), to);
    });
  }
  session.presence.reset();
  session.priority = 0;
  session.directed.clear();
}

}  // namespace rosterd::im
