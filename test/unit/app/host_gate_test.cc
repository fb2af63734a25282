// SPDX-License-Identifier: MIT
#include "app/host_gate.h"

#include <string>
#include <vector>

#include "base/log.h"
#include "support/cmocka.h"
#include "unit/im/scene.h"

namespace rosterd::app {
namespace {

using Outcome = HostGate::Outcome;

struct Street;

struct Guest final : HostGate::Visitor {
  Guest(Street& where, std::string called, bool stubborn = false)
      : street(where), name(std::move(called)), insisting(stubborn) {}
  void on_admitted(HostGate::Place place) override;
  void on_admitted_to(BulkFetch&) override { tell("bulk"); }
  void on_turned_away() override { tell("away"); }
  bool insists() const override { return insisting; }
  bool goes_alone() const override { return false; }
  void tell(const char* what);

  Street& street;
  std::string name;
  bool insisting;
};

struct Street final : HostGate::BulkSender {
  Street() { gate.set_breaker(breaker); }
  bool try_send(HostGate&) override { return false; }
  void settle() { timers.run_due(clock.now()); }
  void pass(Duration time) {
    clock.passed += time;
    settle();
  }
  std::string take() { return std::exchange(told, {}); }
  // The first of those who are in.
  void leave(Outcome outcome) {
    gate.leave(places.front(), outcome, "refused");
    places.erase(places.begin());
  }
  // It opens.
  void fail_often() {
    Guest guest(*this, "x");
    for (int i = 0; i < Breaker::kFailures; ++i) {
      gate.enter(guest);
      leave(Outcome::kFailed);
    }
    take();
  }

  im::ManualClock clock;
  Timers timers;
  std::string told;
  std::vector<HostGate::Place> places;
  std::shared_ptr<OriginBreaker> breaker = std::make_shared<OriginBreaker>("h", Random(1));
  HostGate gate{clock, timers, *this};
};

void Guest::tell(const char* what) {
  street.told += (street.told.empty() ? "" : " ") + name + ":" + what;
}

void Guest::on_admitted(HostGate::Place place) {
  street.places.push_back(std::move(place));
  tell("in");
}

void as_many_as_there_are_places_come_in_and_the_rest_in_order(void**) {
  Street street;
  street.gate.set_places(2);
  Guest a(street, "a"), b(street, "b"), c(street, "c"), d(street, "d");
  for (Guest* guest : {&a, &b, &c, &d}) street.gate.enter(*guest);
  street.settle();
  assert_text_equal(street.take(), "a:in b:in");
  assert_int_equal(street.gate.waiting(), 2);
  street.leave(Outcome::kAnswered);
  assert_text_equal(street.take(), "");  // never from inside a call
  street.settle();
  assert_text_equal(street.take(), "c:in");
  street.leave(Outcome::kUnknown);
  street.settle();
  assert_text_equal(street.take(), "d:in");
}

void who_withdraws_is_passed_over(void**) {
  Street street;
  street.gate.set_places(1);
  Guest a(street, "a"), b(street, "b"), c(street, "c");
  for (Guest* guest : {&a, &b, &c}) street.gate.enter(*guest);
  street.gate.withdraw(b);
  street.gate.withdraw(b);
  street.leave(Outcome::kAnswered);
  street.settle();
  assert_text_equal(street.take(), "a:in c:in");
  assert_int_equal(street.gate.waiting(), 0);
}

void who_comes_to_a_failing_app_is_turned_away_until_a_probe_is_due(void**) {
  Street street;
  street.fail_often();
  Guest a(street, "a"), b(street, "b"), c(street, "c");
  street.gate.enter(a);
  assert_text_equal(street.take(), "");
  street.settle();
  assert_text_equal(street.take(), "a:away");
  street.clock.passed += std::chrono::seconds(3);
  street.gate.enter(b);
  street.gate.enter(c);
  street.settle();
  assert_text_equal(street.take(), "b:in c:away");
  assert_true(street.gate.state() == Breaker::State::kHalfOpen);
  street.leave(Outcome::kAnswered);
  street.gate.enter(a);
  street.settle();
  assert_text_equal(street.take(), "a:in");
}

void who_insists_is_the_probe_at_once_and_the_others_hear_of_its_outcome(void**) {
  for (const bool works : {true, false}) {
    Street street;
    street.fail_often();
    Guest login(street, "login"), one(street, "one", true), two(street, "two", true),
        three(street, "three", true);
    for (Guest* guest : {&login, &one, &two, &three}) street.gate.enter(*guest);
    street.settle();
    street.settle();
    assert_text_equal(street.take(), "login:away one:in");
    street.leave(works ? Outcome::kAnswered : Outcome::kFailed);
    street.settle();
    street.settle();
    assert_text_equal(street.take(), works ? "two:in three:in" : "two:away three:away");
    assert_int_equal(street.gate.waiting(), 0);
  }
}

void who_comes_after_a_failed_probe_does_not_hear_of_it(void**) {
  Street street;
  street.fail_often();
  Guest one(street, "one", true), two(street, "two", true);
  street.gate.enter(one);
  street.settle();
  street.leave(Outcome::kFailed);
  street.settle();
  street.gate.enter(two);
  street.settle();
  assert_text_equal(street.take(), "one:in two:in");
}

void who_waits_for_a_place_is_turned_away_when_the_app_begins_to_fail(void**) {
  Street street;
  street.gate.set_places(Breaker::kFailures + 1);
  std::vector<std::unique_ptr<Guest>> guests;
  for (int i = 0; i < Breaker::kFailures + 2; ++i) {
    guests.push_back(std::make_unique<Guest>(street, std::to_string(i)));
    street.gate.enter(*guests.back());
  }
  street.take();
  for (int i = 0; i < Breaker::kFailures; ++i) street.leave(Outcome::kFailed);
  street.settle();
  assert_text_equal(street.take(), "6:away");
  assert_int_equal(street.gate.taken(), 1);
}

void abandoned_probe_is_followed_by_another(void**) {
  Street street;
  street.fail_often();
  Guest one(street, "one", true), two(street, "two", true);
  street.gate.enter(one);
  street.gate.enter(two);
  street.settle();
  street.leave(Outcome::kUnknown);
  street.settle();
  assert_text_equal(street.take(), "one:in two:in");
  assert_true(street.gate.state() == Breaker::State::kHalfOpen);
}

void probe_of_somebody_else_decides_for_those_who_wait(void**) {
  for (const bool works : {true, false}) {
    Street street;
    street.fail_often();
    assert_true(street.breaker->admit(street.clock.now(), true));
    Guest login(street, "login"), one(street, "one", true);
    street.gate.enter(login);
    street.gate.enter(one);
    street.settle();
    assert_text_equal(street.take(), "login:away");
    street.breaker->settle(works ? Outcome::kAnswered : Outcome::kFailed, "", street.clock.now());
    street.settle();
    assert_text_equal(street.take(), works ? "one:in" : "one:away");
  }
}

void who_has_come_before_the_web_app_changed_says_nothing_of_the_new_one(void**) {
  Street street;
  Guest guest(street, "guest");
  for (int i = 0; i < Breaker::kFailures; ++i) street.gate.enter(guest);
  const auto other = std::make_shared<OriginBreaker>("h", Random(1));
  street.gate.set_breaker(other);
  for (int i = 0; i < Breaker::kFailures; ++i) street.leave(Outcome::kFailed);
  assert_true(street.breaker->state() == Breaker::State::kOpen);
  assert_true(street.gate.state() == Breaker::State::kClosed);
  assert_int_equal(street.gate.taken(), 0);
}

int silence(void**) {
  log::set_sink([](void*, log::Level, std::string_view) {}, nullptr);
  return 0;
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      cmocka_unit_test(as_many_as_there_are_places_come_in_and_the_rest_in_order),
      cmocka_unit_test(who_withdraws_is_passed_over),
      cmocka_unit_test(who_comes_to_a_failing_app_is_turned_away_until_a_probe_is_due),
      cmocka_unit_test(who_insists_is_the_probe_at_once_and_the_others_hear_of_its_outcome),
      cmocka_unit_test(who_comes_after_a_failed_probe_does_not_hear_of_it),
      cmocka_unit_test(who_waits_for_a_place_is_turned_away_when_the_app_begins_to_fail),
      cmocka_unit_test(abandoned_probe_is_followed_by_another),
      cmocka_unit_test(probe_of_somebody_else_decides_for_those_who_wait),
      cmocka_unit_test(who_has_come_before_the_web_app_changed_says_nothing_of_the_new_one),
  };
  return cmocka_run_group_tests(tests, silence, nullptr);
}
