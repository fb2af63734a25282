// SPDX-License-Identifier: MIT
#include "im/census.h"

#include <algorithm>
#include <utility>

#include "im/presence.h"
#include "im/state.h"

namespace rosterd::im {

namespace {

// Of one page, whatever was asked for: what a turn can afford.
constexpr std::size_t kMaxPlaces = 100'000;
constexpr std::size_t kMaxText = 512 * 1024;  // bytes of statuses and resources

RosterInfo describe_held(const HeldRoster& held, Instant now) {
  RosterInfo info;
  info.contacts = held.roster->items().size();
  info.age = now - held.confirmed;
  info.version = held.roster->version();
  info.etag = held.tag.etag;
  return info;
}

}  // namespace

SessionInfo Census::describe(const Session& session) {
  SessionInfo info;
  info.resource = session.jid.resource();
  info.priority = session.priority;
  info.since = session.since;
  info.available = session.available();
  if (!info.available) return info;
  std::string bytes;
  session.presence->write(bytes, "");
  const auto presence = parser_.parse_stanza(bytes);
  if (!presence) return info;
  info.status = read_status(*presence);
  info.show = read_show(*presence);
  return info;
}

CensusPage Census::list_online(Atom after, std::size_t limit, std::string_view host) {
  CensusPage page;
  const Atom end = state_.directory.end_of_places();
  std::size_t places = 0;
  std::size_t text = 0;
  for (Atom place = std::min(after, end); ++place < end;) {
    const bool is_full = page.users.size() >= limit || text >= kMaxText;
    const User* user = state_.directory.find_user(place);
    const bool is_wanted =
        user && !user->sessions.empty() && (host.empty() || user->jid.domain() == host);
    if (++places > kMaxPlaces || (is_full && is_wanted)) {
      page.next = place - 1;
      break;
    }
    if (!is_wanted) continue;
    page.users.push_back(find_user(user->jid));
    for (const SessionInfo& session : page.users.back().sessions) {
      text += session.status.size() + session.resource.size();
    }
  }
  return page;
}

UserInfo Census::find_user(const xmpp::Jid& bare) {
  UserInfo info;
  info.user = bare;
  if (const User* user = state_.directory.find_user(bare.text())) {
    for (const Session* session : user->sessions) info.sessions.push_back(describe(*session));
  }
  if (info.sessions.empty()) info.last = state_.last_seen.find(bare.text());
  return info;
}

std::optional<RosterInfo> Census::find_roster(const xmpp::Jid& bare) const {
  const Instant now = state_.clock.now();
  const User* user = state_.directory.find_user(bare.text());
  if (!user) {
    const HeldRoster* kept = state_.kept_rosters.find(bare.text());
    if (!kept) return std::nullopt;
    return describe_held(*kept, now);
  }
  RosterInfo info = user->held ? describe_held(*user->held, now) : RosterInfo{};
  info.state = user->roster_state;
  return info;
}

}  // namespace rosterd::im
