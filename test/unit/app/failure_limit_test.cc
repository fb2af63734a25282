// SPDX-License-Identifier: MIT
#include "app/failure_limit.h"

#include "support/cmocka.h"

using rosterd::Duration;
using rosterd::Instant;
using rosterd::app::FailureLimit;
using rosterd::net::Address;
using std::chrono::seconds;

namespace {

constexpr Instant kNow{seconds(1000)};

Address address(std::string_view ip) { return *Address::parse(ip, 0); }

void fail_often(FailureLimit& limit, std::string_view ip, int times, Instant now = kNow) {
  for (int i = 0; i < times; ++i) limit.count(address(ip), now);
}

void address_may_fail_so_often_at_once_and_then_waits(void**) {
  FailureLimit limit;
  limit.set_per_minute(6);
  fail_often(limit, "192.0.2.1", 5);
  assert_true(limit.wait(address("192.0.2.1"), kNow) == Duration(0));
  fail_often(limit, "192.0.2.1", 1);
  assert_true(limit.wait(address("192.0.2.1"), kNow) == seconds(10));
  assert_true(limit.wait(address("192.0.2.1"), kNow + seconds(4)) == seconds(6));
  assert_true(limit.wait(address("192.0.2.1"), kNow + seconds(10)) == Duration(0));
}

void one_attempt_comes_back_after_each_interval(void**) {
  FailureLimit limit;
  limit.set_per_minute(6);
  fail_often(limit, "192.0.2.1", 6);
  fail_often(limit, "192.0.2.1", 1, kNow + seconds(10));
  assert_true(limit.wait(address("192.0.2.1"), kNow + seconds(10)) == seconds(10));
  fail_often(limit, "192.0.2.1", 5, kNow + seconds(70));
  assert_true(limit.wait(address("192.0.2.1"), kNow + seconds(70)) == Duration(0));
}

void addresses_do_not_answer_for_each_other(void**) {
  FailureLimit limit;
  limit.set_per_minute(1);
  fail_often(limit, "192.0.2.1", 1);
  fail_often(limit, "2001:db8::1", 1);
  assert_true(limit.wait(address("192.0.2.2"), kNow) == Duration(0));
  assert_true(limit.wait(address("2001:db8::ffff"), kNow) > Duration(0));
  assert_true(limit.wait(address("2001:db8:0:1::1"), kNow) == Duration(0));
}

void limit_of_zero_is_none(void**) {
  FailureLimit limit;
  limit.set_per_minute(0);
  fail_often(limit, "192.0.2.1", 1000);
  assert_true(limit.wait(address("192.0.2.1"), kNow) == Duration(0));
  assert_int_equal(limit.size(), 0);
}

void what_is_forgotten_takes_no_memory(void**) {
  FailureLimit limit;
  limit.set_per_minute(6);
  for (int i = 1; i < 100; ++i) fail_often(limit, "192.0.2." + std::to_string(i), 1);
  fail_often(limit, "192.0.2.100", 1, kNow + seconds(10));
  assert_int_equal(limit.size(), 1);
}

void full_table_forgets_who_failed_least(void**) {
  FailureLimit limit(3);
  limit.set_per_minute(2);
  fail_often(limit, "192.0.2.1", 2);
  fail_often(limit, "192.0.2.2", 1);
  fail_often(limit, "192.0.2.3", 2);
  fail_often(limit, "192.0.2.4", 2);
  assert_int_equal(limit.size(), 3);
  for (const char* blocked : {"192.0.2.1", "192.0.2.3", "192.0.2.4"}) {
    assert_true(limit.wait(address(blocked), kNow) > Duration(0));
  }
  assert_true(limit.wait(address("192.0.2.2"), kNow) == Duration(0));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(address_may_fail_so_often_at_once_and_then_waits),
      cmocka_unit_test(one_attempt_comes_back_after_each_interval),
      cmocka_unit_test(addresses_do_not_answer_for_each_other),
      cmocka_unit_test(limit_of_zero_is_none),
      cmocka_unit_test(what_is_forgotten_takes_no_memory),
      cmocka_unit_test(full_table_forgets_who_failed_least),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
