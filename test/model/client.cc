// SPDX-License-Identifier: MIT
#include "client.h"

#include <utility>

#include "xmpp/namespaces.h"

namespace rosterd::model {

namespace {

namespace ns = xmpp::ns;
using im::Subscription;

// Others are given longer versions, see push_roster_changes() in im.
constexpr std::size_t kHashLength = 32;

Item parse_item(xml::Element element) {
  Item item;
  item.name = element.attr("name");
  for (auto group = element.first_child(); group; group = group.next_sibling()) {
    item.groups.insert(group.text());
  }
  for (const auto value :
       {Subscription::kNone, Subscription::kTo, Subscription::kFrom, Subscription::kBoth}) {
    if (element.attr("subscription") == im::to_string(value)) item.subscription = value;
  }
  return item;
}

void parse_query(xml::Element query, Event& event) {
  event.version = query.attr("ver");
  for (auto item = query.first_child(); item; item = item.next_sibling()) {
    if (item.attr("subscription") == "remove") {
      event.removed = item.attr("jid");
    } else {
      event.items[std::string(item.attr("jid"))] = parse_item(item);
    }
  }
}

void parse_iq(xml::Element iq, Event& event) {
  event.id = iq.attr("id");
  const xml::Element query = iq.child("query", ns::kRoster);
  const std::string_view type = iq.attr("type");
  if (query && type != "error") parse_query(query, event);
  if (type == "set" && query) {
    event.kind = Event::Kind::kPush;
  } else if (type == "result") {
    event.kind = query ? Event::Kind::kRoster : Event::Kind::kSameRoster;
  } else if (type == "error") {
    const xml::Element error = iq.child("error", ns::kClient);
    const bool expected = error && error.child("remote-server-timeout", ns::kStanzaErrors);
    if (expected) event.kind = Event::Kind::kNoRoster;
  }
}

bool is_refusal(xml::Element presence) {
  if (presence.attr("type") != "error") return false;
  const xml::Element error = presence.child("error", ns::kClient);
  return error && error.child("unexpected-request", ns::kStanzaErrors);
}

}  // namespace

Event parse_event(xml::Element stanza) {
  Event event;
  if (stanza.name() == "iq") {
    parse_iq(stanza, event);
  } else if (stanza.name() == "presence") {
    event.from = stanza.attr("from");
    if (const auto status = stanza.child("status", ns::kClient)) event.status = status.text();
    if (stanza.attr("type").empty()) event.kind = Event::Kind::kAvailable;
    if (stanza.attr("type") == "unavailable") event.kind = Event::Kind::kUnavailable;
    if (is_refusal(stanza)) event.kind = Event::Kind::kRefusal;
  }
  return event;
}

bool is_about_presence(const Event& event) {
  return event.kind == Event::Kind::kAvailable || event.kind == Event::Kind::kUnavailable ||
         event.kind == Event::Kind::kRefusal;
}

void Client::on_roster_event(const Event& event, KeptRosters& kept, Verdict& verdict) {
  if (event.kind == Event::Kind::kPush) {
    on_push(event, verdict);
    return keep(event.version, kept, verdict);
  }
  const auto question = asked.find(event.id);
  if (question == asked.end()) {
    return verdict.broke("a roster get is answered once", full + " gets an answer " + event.id);
  }
  const std::string version = question->second;
  asked.erase(question);
  if (event.kind == Event::Kind::kNoRoster) {
    roster.emplace();
  } else if (event.kind == Event::Kind::kRoster) {
    roster = event.items;
    keep(event.version, kept, verdict);
  } else if (const auto same = kept.find(version); same != kept.end()) {
    roster = same->second;
  } else {
    verdict.broke("a get without a version is answered with the roster", full);
  }
}

void Client::on_push(const Event& event, Verdict& verdict) {
  if (!roster) {
    return verdict.broke("who has not asked for the roster gets no push", full);
  }
  if (!event.removed.empty() && roster->erase(event.removed) == 0) {
    verdict.broke("a push removes what the client has", full + " has no " + event.removed);
  }
  for (const auto& [jid, item] : event.items) {
    const auto known = roster->find(jid);
    if (known != roster->end() && known->second == item) {
      verdict.broke("a push says something new", full + " knows " + describe(jid, item));
    }
    (*roster)[jid] = item;
  }
}

void Client::keep(const std::string& version, KeptRosters& kept, Verdict& verdict) const {
  if (version.size() != kHashLength) return;
  const auto [known, added] = kept.emplace(version, *roster);
  if (added || known->second == *roster) return;
  verdict.broke("a version names one roster",
                full + " has " + describe(*roster) + ", which had been " + describe(known->second));
}

}  // namespace rosterd::model
