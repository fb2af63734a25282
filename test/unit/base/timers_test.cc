// SPDX-License-Identifier: MIT
#include "base/timers.h"

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "support/cmocka.h"

using rosterd::Duration;
using rosterd::Instant;
using rosterd::Timer;
using rosterd::Timers;

namespace {

Instant at(int microseconds) { return Instant(Duration(microseconds)); }

// Writes its name into a shared log when it fires.
struct Ringer {
  Ringer(std::string& log_, char name_) : log(log_), name(name_) {}
  void on_fire() {
    log += name;
    if (rearm_on) rearm_on->arm(timer, rearm_due);
  }
  std::string& log;
  char name;
  Timers* rearm_on = nullptr;
  Instant rearm_due{};
  Timer timer = Timer::bind<&Ringer::on_fire>(this);
};

void due_timers_fire_earliest_first(void**) {
  std::string log;
  Timers timers;
  Ringer a(log, 'a'), b(log, 'b'), c(log, 'c');
  timers.arm(c.timer, at(30));
  timers.arm(a.timer, at(10));
  timers.arm(b.timer, at(20));
  assert_true(timers.next_due() == at(10));
  timers.run_due(at(20));
  assert_text_equal(log, "ab");
  assert_false(a.timer.armed());
  assert_true(c.timer.armed());
  assert_true(timers.next_due() == at(30));
}

void timer_does_not_fire_before_its_time(void**) {
  std::string log;
  Timers timers;
  Ringer a(log, 'a');
  timers.arm(a.timer, at(10));
  timers.run_due(at(9));
  assert_text_equal(log, "");
  timers.run_due(at(10));
  assert_text_equal(log, "a");
  timers.run_due(at(11));
  assert_text_equal(log, "a");
}

void equal_times_fire_in_the_order_of_arming(void**) {
  std::string log;
  Timers timers;
  Ringer a(log, 'a'), b(log, 'b'), c(log, 'c'), d(log, 'd');
  for (Ringer* ringer : {&d, &b, &a, &c}) timers.arm(ringer->timer, at(5));
  timers.arm(d.timer, at(5));  // armed anew: last
  timers.run_due(at(5));
  assert_text_equal(log, "bacd");
}

void cancelled_timer_does_not_fire(void**) {
  std::string log;
  Timers timers;
  Ringer a(log, 'a'), b(log, 'b');
  timers.arm(a.timer, at(1));
  timers.arm(b.timer, at(2));
  a.timer.cancel();
  a.timer.cancel();
  timers.run_due(at(9));
  assert_text_equal(log, "b");
  assert_false(timers.next_due().has_value());
}

void destroyed_timer_does_not_fire(void**) {
  std::string log;
  Timers timers;
  auto a = std::make_unique<Ringer>(log, 'a');
  timers.arm(a->timer, at(1));
  a.reset();
  timers.run_due(at(9));
  assert_text_equal(log, "");
}

void timer_that_destroys_itself_while_firing_is_harmless(void**) {
  struct Suicidal {
    explicit Suicidal(std::unique_ptr<Suicidal>& owner_) : owner(owner_) {}
    void on_fire() { owner.reset(); }
    std::unique_ptr<Suicidal>& owner;
    Timer timer = Timer::bind<&Suicidal::on_fire>(this);
  };
  std::unique_ptr<Suicidal> owner;
  owner = std::make_unique<Suicidal>(owner);
  Timers timers;
  timers.arm(owner->timer, at(1));
  timers.run_due(at(1));
  assert_null(owner.get());
}

void timer_that_destroys_another_due_one_prevents_it(void**) {
  struct Killer {
    void on_fire() { victim.reset(); }
    std::unique_ptr<Ringer> victim;
    Timer timer = Timer::bind<&Killer::on_fire>(this);
  };
  std::string log;
  Killer killer;
  killer.victim = std::make_unique<Ringer>(log, 'v');
  Timers timers;
  timers.arm(killer.timer, at(1));
  timers.arm(killer.victim->timer, at(1));
  timers.run_due(at(1));
  assert_text_equal(log, "");
}

void timer_armed_for_now_while_firing_fires_in_the_same_call(void**) {
  struct Asker {
    void on_fire() { timers->arm(*answer, at(0)); }  // in the past: the same as now
    Timers* timers = nullptr;
    Timer* answer = nullptr;
    Timer timer = Timer::bind<&Asker::on_fire>(this);
  };
  std::string log;
  Timers timers;
  Ringer other(log, 'o'), answer(log, 'a');
  Asker asker;
  asker.timers = &timers;
  asker.answer = &answer.timer;
  timers.arm(asker.timer, at(5));
  timers.arm(other.timer, at(5));
  timers.run_due(at(5));
  assert_text_equal(log, "oa");
}

void timer_that_always_rearms_itself_cannot_hold_the_loop(void**) {
  std::string log;
  Timers timers;
  Ringer a(log, 'a'), b(log, 'b');
  a.rearm_on = b.rearm_on = &timers;
  timers.arm(a.timer, at(1));
  timers.arm(b.timer, at(1));
  timers.run_due(at(1));
  assert_text_equal(log, "abab");
  timers.run_due(at(1));
  assert_text_equal(log, "abababab");
}

void heap_of_many_random_timers_stays_in_order(void**) {
  struct Stamp {
    void on_fire() { fired->push_back(due); }
    std::vector<int>* fired = nullptr;
    int due = 0;
    Timer timer = Timer::bind<&Stamp::on_fire>(this);
  };
  std::mt19937 random(7);
  std::vector<int> fired;
  std::vector<Stamp> stamps(500);
  Timers timers;
  for (int round = 0; round < 4; ++round) {
    for (Stamp& stamp : stamps) {
      stamp.fired = &fired;
      stamp.due = static_cast<int>(random() % 1000);
      if (random() % 5 == 0) {
        stamp.timer.cancel();
      } else {
        timers.arm(stamp.timer, at(stamp.due));
      }
    }
  }
  std::size_t armed = 0;
  for (const Stamp& stamp : stamps) armed += stamp.timer.armed() ? 1 : 0;
  for (int now = 0; now <= 1000; now += 50) {
    timers.run_due(at(now));
    if (!fired.empty()) assert_true(fired.back() <= now);
  }
  assert_int_equal(fired.size(), armed);
  assert_true(std::is_sorted(fired.begin(), fired.end()));
}

void timers_destroyed_first_leave_their_timers_unarmed(void**) {
  std::string log;
  Ringer a(log, 'a');
  {
    Timers timers;
    timers.arm(a.timer, at(1));
  }
  assert_false(a.timer.armed());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(due_timers_fire_earliest_first),
      cmocka_unit_test(timer_does_not_fire_before_its_time),
      cmocka_unit_test(equal_times_fire_in_the_order_of_arming),
      cmocka_unit_test(cancelled_timer_does_not_fire),
      cmocka_unit_test(destroyed_timer_does_not_fire),
      cmocka_unit_test(timer_that_destroys_itself_while_firing_is_harmless),
      cmocka_unit_test(timer_that_destroys_another_due_one_prevents_it),
      cmocka_unit_test(timer_armed_for_now_while_firing_fires_in_the_same_call),
      cmocka_unit_test(timer_that_always_rearms_itself_cannot_hold_the_loop),
      cmocka_unit_test(heap_of_many_random_timers_stays_in_order),
      cmocka_unit_test(timers_destroyed_first_leave_their_timers_unarmed),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
