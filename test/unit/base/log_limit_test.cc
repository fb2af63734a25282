// SPDX-License-Identifier: MIT
#include "base/log_limit.h"

#include "support/cmocka.h"

using rosterd::Instant;
using rosterd::LogLimit;
namespace log = rosterd::log;

namespace {

constexpr Instant at(int ms) { return Instant(std::chrono::milliseconds(ms)); }

int restore_level(void**) {
  log::set_level(log::Level::kInfo);
  return 0;
}

void one_line_an_interval_tells_how_many_were_left_out(void**) {
  LogLimit limit;
  assert_int_equal(limit.admit(at(0)).value(), 0);
  assert_false(limit.admit(at(1)).has_value());
  assert_false(limit.admit(at(999)).has_value());
  assert_int_equal(limit.admit(at(1000)).value(), 2);
  assert_false(limit.admit(at(1001)).has_value());
}

void at_level_debug_every_line_is_let_through(void**) {
  log::set_level(log::Level::kDebug);
  LogLimit limit;
  assert_int_equal(limit.admit(at(0)).value(), 0);
  assert_int_equal(limit.admit(at(1)).value(), 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(one_line_an_interval_tells_how_many_were_left_out),
      cmocka_unit_test_teardown(at_level_debug_every_line_is_let_through, restore_level),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
