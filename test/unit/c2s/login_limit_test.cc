// SPDX-License-Identifier: MIT
#include "c2s/login_limit.h"

#include <vector>

#include "support/cmocka.h"

using namespace rosterd;
using namespace rosterd::c2s;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

const Instant kStart{std::chrono::hours(1)};

net::Address at(const char* ip) { return *net::Address::parse(ip, 5000); }

struct Door {
  explicit Door(LoginLimitOptions options, std::size_t records = 10'000)
      : limit(options, records) {}

  // The seconds that a login has to wait, -1 when it is refused; what it waited for is no concern
  // of ours.
  long wait(const char* ip, std::string_view account) {
    const auto wait = limit.begin(at(ip), account, now);
    return wait ? static_cast<long>(*wait / seconds(1)) : -1;
  }
  long fail(const char* ip, std::string_view account) {
    const long waited = wait(ip, account);
    if (waited >= 0) limit.fail(at(ip), account, now += seconds(waited));
    return waited;
  }
  long succeed(const char* ip, std::string_view account) {
    const long waited = wait(ip, account);
    if (waited >= 0) limit.succeed(at(ip), account, now += seconds(waited));
    return waited;
  }

  LoginLimit limit;
  Instant now = kStart;
};

void each_failure_over_the_free_ones_doubles_the_wait(void**) {
  Door door({.per_address = 3, .per_account = 0, .longest = seconds(30)});
  for (const long wait : {0, 0, 0, 1, 2, 4, 8, 16}) {
    assert_int_equal(door.fail("192.0.2.1", "romeo@h"), wait);
  }
  assert_int_equal(door.fail("192.0.2.1", "romeo@h"), 30);
  assert_int_equal(door.wait("192.0.2.2", "romeo@h"), 0);
}

void account_is_guarded_against_many_addresses(void**) {
  Door door({.per_address = 0, .per_account = 2, .longest = seconds(30)});
  assert_int_equal(door.fail("192.0.2.1", "romeo@h"), 0);
  assert_int_equal(door.fail("192.0.2.2", "romeo@h"), 0);
  assert_int_equal(door.fail("2001:db8::1", "romeo@h"), 1);
  assert_int_equal(door.fail("192.0.2.4", "romeo@h"), 2);
  assert_int_equal(door.wait("192.0.2.5", "juliet@h"), 0);
}

void guesses_at_once_wait_for_one_another(void**) {
  Door door({.per_address = 1, .per_account = 0, .longest = seconds(30)});
  assert_int_equal(door.fail("192.0.2.1", ""), 0);
  assert_int_equal(door.fail("192.0.2.1", ""), 1);
  std::vector<long> waits;
  for (int i = 0; i < 18; ++i) waits.push_back(door.wait("192.0.2.1", ""));
  assert_true(waits.front() == 2 && waits[1] == 4 && waits[14] == 30);
  for (std::size_t i = 15; i < waits.size(); ++i) assert_int_equal(waits[i], -1);
}

void many_logins_of_an_account_at_once_count_as_guesses(void**) {
  Door door({.per_address = 0, .per_account = 2, .longest = seconds(30)});
  for (std::size_t i = 0; i < LoginLimit::kAtOnce + 2; ++i) {
    assert_int_equal(door.wait("192.0.2.1", "romeo@h"), 0);
  }
  assert_int_equal(door.wait("192.0.2.2", "romeo@h"), 1);
}

void logins_that_came_to_nothing_do_not_count(void**) {
  Door door({.per_address = 1, .per_account = 1, .longest = seconds(30)});
  for (int i = 0; i < 100; ++i) {
    assert_int_equal(door.wait("192.0.2.1", "romeo@h"), 0);
    door.limit.abandon("romeo@h");
  }
}

void ipv6_addresses_of_a_customer_are_one(void**) {
  Door door({.per_address = 1, .per_account = 0, .longest = seconds(30)});
  assert_int_equal(door.fail("2001:db8:0:1::1", ""), 0);
  assert_int_equal(door.fail("2001:db8:0:1:ffff::2", ""), 1);
  assert_int_equal(door.fail("2001:db8:0:2::1", ""), 0);
}

void success_at_an_address_is_no_pardon_for_it(void**) {
  Door door({.per_address = 2, .per_account = 0, .longest = seconds(30)});
  door.fail("192.0.2.1", "a@h");
  door.fail("192.0.2.1", "b@h");
  assert_int_equal(door.succeed("192.0.2.1", "mine@h"), 1);
  assert_int_equal(door.fail("192.0.2.1", "c@h"), 1);
}

void owner_who_has_got_in_does_not_wait_for_attackers(void**) {
  Door door({.per_address = 0, .per_account = 1, .longest = seconds(30)});
  for (int i = 0; i < 3; ++i) door.fail("192.0.2.66", "romeo@h");
  assert_true(door.succeed("192.0.2.1", "romeo@h") > 0);
  door.fail("192.0.2.66", "romeo@h");
  assert_int_equal(door.succeed("192.0.2.1", "romeo@h"), 0);
  assert_true(door.wait("192.0.2.66", "romeo@h") > 0);
}

void failure_is_forgotten_every_minute(void**) {
  Door door({.per_address = 1, .per_account = 0, .longest = seconds(30)});
  door.fail("192.0.2.1", "");
  door.fail("192.0.2.1", "");
  door.fail("192.0.2.1", "");
  door.now += minutes(2);
  assert_int_equal(door.fail("192.0.2.1", ""), 0);  // the second that is remembered
  assert_int_equal(door.fail("192.0.2.1", ""), 2);
  door.now += minutes(60);
  assert_int_equal(door.fail("192.0.2.1", ""), 0);  // the first
  assert_int_equal(door.fail("192.0.2.1", ""), 1);
}

void zero_is_no_limit(void**) {
  Door door({.per_address = 0, .per_account = 0, .longest = seconds(30)});
  for (int i = 0; i < 1000; ++i) assert_int_equal(door.fail("192.0.2.1", "romeo@h"), 0);
}

void over_the_limit_the_one_left_alone_longest_is_forgotten(void**) {
  Door door({.per_address = 1, .per_account = 0, .longest = seconds(30)}, 2);
  door.fail("192.0.2.1", "");
  door.fail("192.0.2.2", "");
  door.fail("192.0.2.1", "");
  door.fail("192.0.2.3", "");  // 192.0.2.2 goes
  assert_int_equal(door.wait("192.0.2.2", ""), 0);
  assert_true(door.wait("192.0.2.1", "") > 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(each_failure_over_the_free_ones_doubles_the_wait),
      cmocka_unit_test(account_is_guarded_against_many_addresses),
      cmocka_unit_test(guesses_at_once_wait_for_one_another),
      cmocka_unit_test(many_logins_of_an_account_at_once_count_as_guesses),
      cmocka_unit_test(logins_that_came_to_nothing_do_not_count),
      cmocka_unit_test(ipv6_addresses_of_a_customer_are_one),
      cmocka_unit_test(success_at_an_address_is_no_pardon_for_it),
      cmocka_unit_test(owner_who_has_got_in_does_not_wait_for_attackers),
      cmocka_unit_test(failure_is_forgotten_every_minute),
      cmocka_unit_test(zero_is_no_limit),
      cmocka_unit_test(over_the_limit_the_one_left_alone_longest_is_forgotten),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
