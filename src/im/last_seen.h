// SPDX-License-Identifier: MIT
// LastSeen: when those who are not here were last. Bounded: beyond the limit those who left first
// are forgotten; and a restart forgets all.
#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.h"

namespace rosterd::im {

class LastSeen {
 public:
  // The user with this bare JID has left.
  void note(std::string_view user, WallTime when, std::size_t limit);
  // He is back.
  void forget(std::string_view user);
  std::optional<WallTime> find(std::string_view user) const;
  std::size_t size() const { return index_.size(); }

 private:
  struct Departure {
    std::string user;
    WallTime when;
  };
  std::list<Departure> departures_;  // in the order in which they happened
  // Keys: Departure::user.
  std::unordered_map<std::string_view, std::list<Departure>::iterator> index_;
};

}  // namespace rosterd::im
