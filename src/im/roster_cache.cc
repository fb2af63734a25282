// SPDX-License-Identifier: MIT
#include "im/roster_cache.h"

#include <utility>

namespace rosterd::im {

void RosterCache::keep(std::string_view user, HeldRoster held, Instant now, std::size_t limit) {
  take(user);
  kept_.push_back({std::string(user), std::move(held), now});
  index_.emplace(kept_.back().user, std::prev(kept_.end()));
  while (index_.size() > limit) drop_first();
}

std::optional<HeldRoster> RosterCache::take(std::string_view user) {
  const auto found = index_.find(user);
  if (found == index_.end()) return std::nullopt;
  const auto kept = found->second;
  HeldRoster held = std::move(kept->held);
  index_.erase(found);
  kept_.erase(kept);
  return held;
}

const HeldRoster* RosterCache::find(std::string_view user) const {
  const auto found = index_.find(user);
  return found == index_.end() ? nullptr : &found->second->held;
}

HeldRoster* RosterCache::find(std::string_view user) {
  return const_cast<HeldRoster*>(std::as_const(*this).find(user));
}

void RosterCache::expire(Instant now, Duration age) {
  while (!kept_.empty() && now - kept_.front().since >= age) drop_first();
}

void RosterCache::drop_first() {
  index_.erase(kept_.front().user);
  kept_.pop_front();
}

}  // namespace rosterd::im
