// SPDX-License-Identifier: MIT
// RosterCache: rosters of users without a stream, kept so that a login while the web app is down
// still finds one. What is in here grants nothing to anybody.
#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.h"
#include "im/held_roster.h"

namespace rosterd::im {

class RosterCache {
 public:
  // Keeps a roster from `now` on. Beyond `limit` those that came first go.
  void keep(std::string_view user, HeldRoster held, Instant now, std::size_t limit);
  // Out of the cache, whatever its age; nullopt when there is none.
  std::optional<HeldRoster> take(std::string_view user);
  // Null when there is none.
  HeldRoster* find(std::string_view user);
  const HeldRoster* find(std::string_view user) const;
  // Drops what has been here for `age` or longer.
  void expire(Instant now, Duration age);
  std::size_t size() const { return index_.size(); }

 private:
  struct Kept {
    std::string user;
    HeldRoster held;
    Instant since;
  };
  void drop_first();

  std::list<Kept> kept_;  // in the order of arrival
  std::unordered_map<std::string_view, std::list<Kept>::iterator> index_;  // keys: Kept::user
};

}  // namespace rosterd::im
