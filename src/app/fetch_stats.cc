// SPDX-License-Identifier: MIT
#include "app/fetch_stats.h"

namespace rosterd::app {

std::string_view to_string(FetchOutcome outcome) {
  static constexpr std::string_view kNames[kFetchOutcomes] = {
      "ok",        "unchanged", "not_found",   "denied",   "invalid",
      "too_large", "timeout",   "unavailable", "cancelled"};
  return kNames[static_cast<std::size_t>(outcome)];
}

std::string_view to_string(FetchReason reason) {
  static constexpr std::string_view kNames[kFetchReasons] = {"login", "refresh", "revalidate",
                                                             "retry", "bulk"};
  return kNames[static_cast<std::size_t>(reason)];
}

}  // namespace rosterd::app
