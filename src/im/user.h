// SPDX-License-Identifier: MIT
// User: an account that has at least one authenticated stream, its sessions and its roster.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/handle.h"
#include "base/interner.h"
#include "im/held_roster.h"
#include "im/session.h"
#include "xmpp/jid.h"

namespace rosterd::im {

// How far the roster of an online user may be relied on.
enum class RosterState : std::uint8_t {
  kLoading,  // asked for, not answered yet
  kFailed,   // the web app did not answer; asked again in the background
  kStale,    // as kFailed, but the copy kept from an earlier login serves meanwhile
  kCurrent,  // the web app's word
};

// A roster get that came before the roster.
struct WaitingGet {
  Handle<Session> session;
  std::string id;
  std::optional<std::string> version;  // RFC 6121 section 2.6.2, absent: the client has no cache
  bool addressed = false;              // it named the account in `to`: the answer's `from`
};

// Owned by Directory, from the first stream's begin_user() to the last one's end_user().
class User {
 public:
  User(Interner& names, const xmpp::Jid& bare)
      : jid(bare), atom(names.acquire(bare.text())), interner_(names) {}
  ~User() { interner_.release(atom); }
  User(const User&) = delete;
  User& operator=(const User&) = delete;

  const xmpp::Jid jid;  // bare
  const Atom atom;      // of jid.text()
  std::size_t streams = 0;
  std::uint64_t last_kicked = 0;   // the newest login that must not bind any more
  std::vector<Session*> sessions;  // bound, in the order of binding; owned by Directory
  bool observed_online = false;    // what the PresenceObserver was told last

  // Of the fetches that may still answer, the first that is new enough for this login.
  std::uint64_t oldest_usable = 0;
  // The web app has said that what is older has changed since.
  std::uint64_t changed_at = 0;
  RosterState roster_state = RosterState::kLoading;
  // While the state is kLoading or kFailed: a copy from an earlier login, which grants nothing.
  std::optional<HeldRoster> held;
  std::vector<WaitingGet> waiting;

  // The roster that counts now, or null.
  const Roster* roster() const { return has_roster() ? held->roster.get() : nullptr; }
  SharedRoster shared_roster() const { return has_roster() ? held->roster : nullptr; }
  const RosterItem* find_item(Atom contact) const {
    const Roster* usable = roster();
    return usable ? usable->find(contact) : nullptr;
  }
  Session* find_session(std::string_view resource) const {
    for (Session* session : sessions) {
      if (session->jid.resource() == resource) return session;
    }
    return nullptr;
  }

 private:
  bool has_roster() const {
    return roster_state == RosterState::kCurrent || roster_state == RosterState::kStale;
  }

  Interner& interner_;
};

}  // namespace rosterd::im
