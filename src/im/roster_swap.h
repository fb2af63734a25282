// SPDX-License-Identifier: MIT
// Roster swap: rosters that come into force together, and all that follows from it.
#pragma once

#include <vector>

#include "im/held_roster.h"
#include "im/roster_diff.h"
#include "im/state.h"
#include "im/user.h"

namespace rosterd::im {

// One user's roster on its way into force.
struct RosterSwap {
  User* user;
  HeldRoster incoming;  // after the swap: what it replaced
  RosterState state;
  std::vector<ItemChange> changes;  // to the roster in force; points into both
};

// Each user at most once. What was in force is in `swaps` afterwards, and dies with it.
void put_into_force(State& state, std::vector<RosterSwap>& swaps);

}  // namespace rosterd::im
