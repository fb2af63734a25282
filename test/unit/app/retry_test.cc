// SPDX-License-Identifier: MIT
#include "app/retry.h"

#include "support/cmocka.h"

using rosterd::Duration;
using rosterd::WallTime;
using rosterd::app::Backoff;
using rosterd::app::jitter;
using rosterd::app::parse_retry_after;
using rosterd::app::Random;
using rosterd::app::RetrySchedule;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr WallTime kNow{seconds(784111777)};  // Sun, 06 Nov 1994 08:49:37 GMT

void assert_near(Duration actual, Duration middle) {
  assert_true(actual >= middle * 3 / 4);
  assert_true(actual <= middle * 5 / 4);
}

void jitter_stays_within_a_quarter_and_differs(void**) {
  Random random(7);
  Duration shortest = seconds(100);
  Duration longest{0};
  for (int i = 0; i < 1000; ++i) {
    const Duration delay = jitter(seconds(4), random);
    assert_near(delay, seconds(4));
    shortest = std::min(shortest, delay);
    longest = std::max(longest, delay);
  }
  assert_true(shortest < milliseconds(3200));
  assert_true(longest > milliseconds(4800));
}

void schedule_has_three_retries(void**) {
  Random random(7);
  RetrySchedule schedule;
  assert_near(schedule.next(random).value(), milliseconds(250));
  assert_near(schedule.next(random).value(), seconds(1));
  assert_near(schedule.next(random).value(), seconds(4));
  assert_false(schedule.next(random).has_value());
  assert_false(schedule.next(random).has_value());
}

void backoff_doubles_up_to_half_a_minute(void**) {
  Random random(7);
  Backoff backoff;
  for (const int expected : {2, 4, 8, 16, 30, 30, 30}) {
    assert_near(backoff.next(random), seconds(expected));
  }
}

void backoff_may_have_other_bounds(void**) {
  Random random(7);
  Backoff backoff(seconds(1), seconds(3));
  for (const int expected : {1, 2, 3, 3}) {
    assert_near(backoff.next(random), seconds(expected));
  }
}

void retry_after_is_seconds_or_a_date(void**) {
  assert_true(parse_retry_after("120", kNow) == seconds(120));
  assert_true(parse_retry_after(" 0 ", kNow) == seconds(0));
  assert_true(parse_retry_after("Sun, 06 Nov 1994 08:49:47 GMT", kNow) == seconds(10));
}

void retry_after_in_the_past_is_now_and_never_over_a_day(void**) {
  assert_true(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", kNow) == seconds(0));
  assert_true(parse_retry_after("Sun, 06 Nov 2094 08:00:00 GMT", kNow) == hours(24));
  assert_true(parse_retry_after("9223372036854775807", kNow) == hours(24));
}

void malformed_retry_after_is_none(void**) {
  for (const char* value : {"", "-1", "1.5", "1s", "soon", "Sun, 06 Nov 1994",
                            "99999999999999999999", "Sun, 06 Nov 1994 08:49:37 GMT x"}) {
    assert_false(parse_retry_after(value, kNow).has_value());
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(jitter_stays_within_a_quarter_and_differs),
      cmocka_unit_test(schedule_has_three_retries),
      cmocka_unit_test(backoff_doubles_up_to_half_a_minute),
      cmocka_unit_test(backoff_may_have_other_bounds),
      cmocka_unit_test(retry_after_is_seconds_or_a_date),
      cmocka_unit_test(retry_after_in_the_past_is_now_and_never_over_a_day),
      cmocka_unit_test(malformed_retry_after_is_none),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
