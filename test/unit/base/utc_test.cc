// SPDX-License-Identifier: MIT
#include "base/utc.h"

#include "support/cmocka.h"

using rosterd::format_utc_millis;
using rosterd::format_utc_seconds;
using rosterd::WallTime;

namespace {

WallTime at(long long milliseconds) { return WallTime(std::chrono::milliseconds(milliseconds)); }

void a_time_is_written_in_utc(void**) {
  assert_text_equal(format_utc_seconds(at(0)), "1970-01-01T00:00:00Z");
  assert_text_equal(format_utc_seconds(at(1795441200999)), "2026-11-23T13:40:00Z");
  assert_text_equal(format_utc_millis(at(1795441200123)), "2026-11-23T13:40:00.123Z");
  assert_text_equal(format_utc_millis(at(1795441200007)), "2026-11-23T13:40:00.007Z");
}

void leap_days_and_times_before_1970_are_right(void**) {
  assert_text_equal(format_utc_seconds(at(951782400000)), "2000-02-29T00:00:00Z");
  assert_text_equal(format_utc_millis(at(-1)), "1969-12-31T23:59:59.999Z");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_time_is_written_in_utc),
      cmocka_unit_test(leap_days_and_times_before_1970_are_right),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
