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
  RosterChange* change;  // prepared; used up by it
  RosterState state;
  Instant confirmed;  // when it was last known to be the web app's word
};

// Each user at most once.
void put_into_force(State& state, const std::vector<RosterSwap>& swaps);

}  // namespace rosterd::im
