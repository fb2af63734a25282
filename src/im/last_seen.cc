// SPDX-License-Identifier: MIT
#include "im/last_seen.h"

#include <iterator>

namespace rosterd::im {

void LastSeen::note(std::string_view user, WallTime when, std::size_t limit) {
  forget(user);
  departures_.push_back({std::string(user), when});
  index_.emplace(departures_.back().user, std::prev(departures_.end()));
  while (index_.size() > limit) {
    index_.erase(departures_.front().user);
    departures_.pop_front();
  }
}

void LastSeen::forget(std::string_view user) {
  const auto found = index_.find(user);
  if (found == index_.end()) return;
  const auto departure = found->second;
  index_.erase(found);
  departures_.erase(departure);
}

std::optional<WallTime> LastSeen::find(std::string_view user) const {
  const auto found = index_.find(user);
  if (found == index_.end()) return std::nullopt;
  return found->second->when;
}

}  // namespace rosterd::im
