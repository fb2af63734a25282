// SPDX-License-Identifier: MIT
#include "app/fetch_stats.h"

#include "support/cmocka.h"

using rosterd::Duration;
using rosterd::app::FetchCounters;
using rosterd::app::FetchOutcome;
using rosterd::app::FetchReason;
using rosterd::app::to_string;

namespace {

void a_fetch_is_counted_under_its_outcome_and_its_reason(void**) {
  FetchCounters counters;
  counters.count(FetchOutcome::kOk, FetchReason::kLogin, Duration(1000));
  counters.count(FetchOutcome::kTimeout, FetchReason::kRefresh, Duration(2000));
  assert_int_equal(counters.fetches(FetchOutcome::kOk, FetchReason::kLogin), 1);
  assert_int_equal(counters.fetches(FetchOutcome::kTimeout, FetchReason::kRefresh), 1);
  assert_int_equal(counters.fetches(FetchOutcome::kOk, FetchReason::kRefresh), 0);
  assert_int_equal(counters.durations().count(), 2);
}

void a_cancelled_fetch_has_no_duration(void**) {
  FetchCounters counters;
  counters.count(FetchOutcome::kCancelled, FetchReason::kRetry, Duration(1000));
  assert_int_equal(counters.fetches(FetchOutcome::kCancelled, FetchReason::kRetry), 1);
  assert_int_equal(counters.durations().count(), 0);
}

void every_outcome_and_reason_has_its_name(void**) {
  assert_true(to_string(FetchOutcome::kOk) == "ok");
  assert_true(to_string(FetchOutcome::kNotFound) == "not_found");
  assert_true(to_string(FetchOutcome::kCancelled) == "cancelled");
  assert_true(to_string(FetchReason::kLogin) == "login");
  assert_true(to_string(FetchReason::kBulk) == "bulk");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_fetch_is_counted_under_its_outcome_and_its_reason),
      cmocka_unit_test(a_cancelled_fetch_has_no_duration),
      cmocka_unit_test(every_outcome_and_reason_has_its_name),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
