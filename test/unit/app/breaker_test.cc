// SPDX-License-Identifier: MIT
#include "app/breaker.h"

#include "support/cmocka.h"

namespace rosterd::app {
namespace {

using std::chrono::seconds;
using State = Breaker::State;

Random random_source(1);
const Instant kStart = Instant() + std::chrono::hours(1);

Breaker make_open(Instant at) {
  Breaker breaker;
  for (int i = 0; i < Breaker::kFailures; ++i) breaker.fail(at, random_source);
  return breaker;
}

void it_opens_after_five_failures_in_a_row(void**) {
  Breaker breaker;
  for (int i = 0; i < Breaker::kFailures - 1; ++i) {
    assert_false(breaker.fail(kStart, random_source));
  }
  assert_false(breaker.succeed());
  for (int i = 0; i < Breaker::kFailures - 1; ++i) {
    assert_false(breaker.fail(kStart, random_source));
  }
  assert_true(breaker.state() == State::kClosed);
  assert_true(breaker.fail(kStart, random_source));
  assert_true(breaker.state() == State::kOpen);
}

void probe_is_due_after_two_seconds_or_so(void**) {
  const Breaker breaker = make_open(kStart);
  assert_false(breaker.probe_is_due(kStart + std::chrono::milliseconds(1499)));
  assert_true(breaker.probe_is_due(kStart + std::chrono::milliseconds(2501)));
}

void probe_that_succeeds_closes_it(void**) {
  Breaker breaker = make_open(kStart);
  breaker.begin_probe();
  assert_true(breaker.state() == State::kHalfOpen);
  assert_true(breaker.succeed());
  assert_true(breaker.state() == State::kClosed);
  assert_false(breaker.fail(kStart, random_source));
}

void probes_that_fail_come_more_seldom_but_not_for_ever(void**) {
  Breaker breaker = make_open(kStart);
  Instant now = kStart;
  for (int i = 0; i < 10; ++i) {
    now += std::chrono::minutes(1);
    breaker.begin_probe();
    assert_false(breaker.fail(now, random_source));  // it was open before
    assert_true(breaker.state() == State::kOpen);
  }
  assert_false(breaker.probe_is_due(now + seconds(22)));
  assert_true(breaker.probe_is_due(now + seconds(38)));
}

void failures_of_requests_sent_before_it_opened_change_nothing(void**) {
  Breaker breaker = make_open(kStart);
  breaker.fail(kStart + seconds(20), random_source);
  assert_true(breaker.probe_is_due(kStart + seconds(3)));
}

void probe_that_nobody_waits_for_gives_way_to_the_next(void**) {
  Breaker breaker = make_open(kStart);
  breaker.begin_probe();
  breaker.abandon_probe();
  assert_true(breaker.state() == State::kOpen);
  Breaker closed;
  closed.abandon_probe();
  assert_true(closed.state() == State::kClosed);
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      cmocka_unit_test(it_opens_after_five_failures_in_a_row),
      cmocka_unit_test(probe_is_due_after_two_seconds_or_so),
      cmocka_unit_test(probe_that_succeeds_closes_it),
      cmocka_unit_test(probes_that_fail_come_more_seldom_but_not_for_ever),
      cmocka_unit_test(failures_of_requests_sent_before_it_opened_change_nothing),
      cmocka_unit_test(probe_that_nobody_waits_for_gives_way_to_the_next),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
