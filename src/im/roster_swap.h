// SPDX-License-Identifier: MIT
// Roster swap: rosters that come into force together, and all that follows from it.
#pragma once

#include <vector>

#include "im/core.h"
#include "im/held_roster.h"
#include "im/state.h"
#include "im/user.h"

namespace rosterd::im {

// One user's roster on its way into force.
struct RosterSwap {
  User* user;
  HeldRoster incoming;  // after the swap: what it replaced
  RosterState state;
  RosterComparison comparison;  // of the roster in force with the incoming one
};

// Each user at most once. What was in force is in `swaps` afterwards, and dies with it.
void put_into_force(State& state, std::vector<RosterSwap>& swaps);

}  // namespace rosterd::im
