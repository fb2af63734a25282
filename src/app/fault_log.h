// SPDX-License-Identifier: MIT
// The log line about what of a roster could not be used.
#pragma once

#include <string_view>

#include "app/roster_json.h"
#include "base/log_limit.h"
#include "base/time.h"

namespace rosterd::app {

// Says nothing where there is nothing to say, or when `limit` forbids. `user` is the one whose
// first_fault it is: where several rosters came at once, the counts are of all of them.
void log_faults(std::string_view area, std::string_view user, const RosterFaults& faults,
                LogLimit& limit, Instant now);

}  // namespace rosterd::app
