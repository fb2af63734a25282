// SPDX-License-Identifier: MIT
// Census: who is here and what is known of them, for those who ask from outside. It reads the
// domain and changes nothing. Owned by Core.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/interner.h"
#include "base/time.h"
#include "im/user.h"
#include "xml/parser.h"
#include "xmpp/jid.h"

namespace rosterd::im {

struct State;

struct SessionInfo {
  std::string resource;
  bool available = false;  // the three below are of its last undirected presence
  std::string show;        // "away", "chat", "dnd", "xa", or "" (also for anything else)
  std::string status;      // as the client wrote it
  int priority = 0;
  WallTime since{};  // when it was bound
};

struct UserInfo {
  xmpp::Jid user;                     // bare
  std::vector<SessionInfo> sessions;  // in the order of binding; none: he is offline
  std::optional<WallTime> last;       // when an offline user's last session ended, if that is known
};

struct RosterInfo {
  // Null: a copy of a user without a stream, kept for his next login.
  std::optional<RosterState> state;
  // Of the roster in force, or of the copy that waits for being confirmed; absent while there is
  // neither, and then the rest means nothing.
  std::optional<std::size_t> contacts;
  Duration age{};       // since the web app last stood by it
  std::string version;  // as clients are told, see Roster::version()
  std::string etag;     // as the web app sent it, "" where it sent none
};

struct CensusPage {
  std::vector<UserInfo> users;  // online
  Atom next = kNoAtom;          // list_online(next, …) goes on; kNoAtom: that was the end
};

class Census {
 public:
  // `state` outlives it.
  explicit Census(const State& state) : state_(state) {}

  // At most `limit` users of `host` ("" = of all) who are online, those after the place `after`
  // (kNoAtom: from the start). The places are those of the interned addresses, which do not move
  // while a user is here: whoever stays online through a walk of all pages is met exactly once,
  // whoever comes or goes meanwhile at most once per stay. A page may be short, even empty, and yet
  // not be the last: it looks at a bounded number of places and gives a bounded amount of text.
  CensusPage list_online(Atom after, std::size_t limit, std::string_view host = {});

  UserInfo find_user(const xmpp::Jid& bare);

  // Nothing when the user is offline and no copy is kept.
  std::optional<RosterInfo> find_roster(const xmpp::Jid& bare) const;

 private:
  SessionInfo describe(const Session& session);

  const State& state_;
  xml::Parser parser_;  // presence is kept as the bytes that contacts get
};

}  // namespace rosterd::im
