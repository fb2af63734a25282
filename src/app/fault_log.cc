// SPDX-License-Identifier: MIT
#include "app/fault_log.h"

#include "base/log.h"

namespace rosterd::app {

void log_faults(std::string_view area, std::string_view user, const RosterFaults& faults,
                LogLimit& limit, Instant now) {
  if (faults.none()) return;
  const auto not_logged = limit.admit(now);
  if (!not_logged) return;
  log::warn(area, "what cannot be used is skipped",
            {{"user", user},
             {"contacts", faults.skipped},
             {"texts", faults.dropped},
             {"first", faults.first_fault},
             {"not_logged", *not_logged}});
}

}  // namespace rosterd::app
