// SPDX-License-Identifier: MIT
// Roster diff: what changed between two rosters of one user.
#pragma once

#include <vector>

#include "im/new_roster.h"

namespace rosterd::im {

// One contact that is not as it was. Points into the two rosters.
struct ItemChange {
  const RosterItem* before = nullptr;  // null: added
  const RosterItem* after = nullptr;   // null: removed

  Atom contact() const { return before ? before->contact : after->contact; }
};

// Sorted by contact. Both rosters come from one Interner; a null `before` is an empty roster.
std::vector<ItemChange> diff_rosters(const Roster* before, const Roster& after);
// The same of the base of a new roster and what it becomes. Points into the two.
std::vector<ItemChange> find_changes(const NewRoster& after);

}  // namespace rosterd::im
