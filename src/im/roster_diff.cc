// SPDX-License-Identifier: MIT
#include "im/roster_diff.h"

#include <cstddef>
#include <span>

namespace rosterd::im {

namespace {

bool same(const RosterItem& a, const RosterItem& b) {
  return a.name == b.name && a.groups == b.groups && a.subscription == b.subscription;
}

}  // namespace

std::vector<ItemChange> diff_rosters(const Roster* before, const Roster& after) {
  const std::span<const RosterItem> old_items =
      before ? before->items() : std::span<const RosterItem>();
  const std::span<const RosterItem> new_items = after.items();
  std::vector<ItemChange> changes;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < old_items.size() || j < new_items.size()) {
    const RosterItem* was = i < old_items.size() ? &old_items[i] : nullptr;
    const RosterItem* is = j < new_items.size() ? &new_items[j] : nullptr;
    if (was && is && was->contact == is->contact) {
      if (!same(*was, *is)) changes.push_back({was, is});
      ++i;
      ++j;
    } else if (is && (!was || is->contact < was->contact)) {
      changes.push_back({nullptr, is});
      ++j;
    } else {
      changes.push_back({was, nullptr});
      ++i;
    }
  }
  changes.shrink_to_fit();
  return changes;
}

std::vector<ItemChange> find_changes(const NewRoster& after) {
  std::vector<ItemChange> changes;
  changes.reserve(after.changes().size());
  for (const RosterItem& item : after.changes()) {
    changes.push_back({after.base()->find(item.contact), item.gone ? nullptr : &item});
  }
  return changes;
}

}  // namespace rosterd::im
