// SPDX-License-Identifier: MIT
#include "net/loop.h"

#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "support/cmocka.h"
#include "unit/net/scene.h"

using rosterd::Duration;
using rosterd::Instant;
using rosterd::Timer;
using rosterd::net::FlushHook;
using rosterd::net::FlushPhase;
using rosterd::net::Loop;
using rosterd::net::LoopOptions;
using rosterd::net::ReapHook;
using rosterd::net::SignalEvents;
using rosterd::net::Work;
using rosterd::net::test::Scene;
using rosterd::net::test::Side;

namespace {

// Keeps a loop open, as nothing but a handle does, and closes when told.
class Door final : public SignalEvents {
 public:
  explicit Door(Loop& loop) : loop_(loop) { loop.watch_signal(SIGUSR2, this); }
  void on_signal(int) override {}
  void close() { loop_.unwatch_signals(); }

 private:
  Loop& loop_;
};

class Writer final : public FlushHook, public ReapHook {
 public:
  Writer(std::string& log, std::string word) : log_(log), word_(std::move(word)) {}
  bool on_flush() override {
    log_ += word_;
    return false;
  }
  void on_reap() override { log_ += word_; }

 private:
  std::string& log_;
  std::string word_;
};

void loop_with_nothing_open_ends(void**) {
  Loop loop;
  Timer timer([](void*) {}, nullptr);
  loop.timers().arm(timer, loop.now() + std::chrono::hours(1));
  loop.run();
  assert_true(timer.armed());
}

void turn_ends_with_timers_then_c2s_then_web_then_reap(void**) {
  Loop loop;
  std::string log;
  Writer reap(log, "reap "), web(log, "web "), c2s(log, "c2s "), c2s_again(log, "c2s2 ");
  loop.add_reap_hook(&reap);
  loop.add_flush_hook(FlushPhase::kWeb, &web);
  loop.add_flush_hook(FlushPhase::kC2s, &c2s);
  loop.add_flush_hook(FlushPhase::kC2s, &c2s_again);
  Timer timer([](void* text) { *static_cast<std::string*>(text) += "timer "; }, &log);
  loop.timers().arm(timer, loop.now());
  loop.run();
  assert_text_equal(std::string_view(log).substr(0, 24), "timer c2s c2s2 web reap ");
}

void timers_wake_the_loop_in_order_and_never_early(void**) {
  Loop loop;
  Door door(loop);
  struct Ringer {
    void on_timer() {
      order += name;
      early = early || loop.now() < due;
      if (last) last->close();
    }
    Loop& loop;
    std::string& order;
    char name;
    Instant due;
    Door* last = nullptr;
    bool early = false;
    Timer timer = Timer::bind<&Ringer::on_timer>(this);
  };
  std::string order;
  const Instant now = loop.now();
  Ringer c{loop, order, 'c', now + Duration(9100), &door};
  Ringer a{loop, order, 'a', now + Duration(1300)};
  Ringer b{loop, order, 'b', now + Duration(4700)};
  for (Ringer* ringer : {&c, &a, &b}) loop.timers().arm(ringer->timer, ringer->due);
  loop.run();
  assert_text_equal(order, "abc");
  assert_false(a.early || b.early || c.early);
}

void timer_rearmed_for_an_earlier_time_wakes_the_loop_then(void**) {
  Loop loop;
  Door door(loop);
  Timer end([](void* p) { static_cast<Door*>(p)->close(); }, &door);
  loop.timers().arm(end, loop.now() + std::chrono::hours(1));
  struct Hurry {
    void on_timer() { loop.timers().arm(end, loop.now() + Duration(1000)); }
    Loop& loop;
    Timer& end;
    Timer timer = Timer::bind<&Hurry::on_timer>(this);
  } hurry{loop, end};
  loop.timers().arm(hurry.timer, loop.now() + Duration(2000));
  loop.run();
  assert_false(end.armed());
}

void time_stands_still_during_a_turn(void**) {
  Loop loop;
  Door door(loop);
  struct Look {
    void on_timer() {
      const Instant before = loop.now();
      const auto wall = loop.wall_now();
      const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(2);
      while (std::chrono::steady_clock::now() < end) continue;
      still = loop.now() == before && loop.wall_now() == wall;
      door.close();
    }
    Loop& loop;
    Door& door;
    bool still = false;
    Timer timer = Timer::bind<&Look::on_timer>(this);
  } look{loop, door};
  loop.timers().arm(look.timer, loop.now() + Duration(1000));
  const Instant start = loop.now();
  loop.run();
  assert_true(look.still);
  assert_true(loop.now() > start);
}

struct PoolWork final : Work {
  PoolWork(std::string& word_list, char letter) : words(word_list), name(letter) {}
  void run() override { thread = std::this_thread::get_id(); }
  void done(bool cancelled) override {
    if (!cancelled && thread != std::this_thread::get_id()) words += name;
  }
  std::string& words;
  char name;
  std::thread::id thread;
};

void work_runs_in_the_pool_and_ends_on_the_loop(void**) {
  Loop loop;
  std::string words;
  for (const char name : {'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'}) {
    loop.post_work(std::make_unique<PoolWork>(words, name));
  }
  assert_text_equal(words, "");
  loop.run();
  assert_int_equal(words.size(), 8);
}

void signal_is_delivered_on_the_loop(void**) {
  struct Watcher final : SignalEvents {
    explicit Watcher(Loop& watched) : loop(watched) {}
    void on_signal(int signum) override {
      seen += signum == SIGUSR1 ? "1" : "2";
      if (signum == SIGUSR1) ::raise(SIGUSR2);
      if (signum == SIGUSR2) loop.unwatch_signals();
    }
    Loop& loop;
    std::string seen;
  };
  Loop loop;
  Watcher watcher(loop);
  loop.watch_signal(SIGUSR1, &watcher);
  loop.watch_signal(SIGUSR2, &watcher);
  ::raise(SIGUSR1);
  assert_text_equal(watcher.seen, "");
  loop.run();
  assert_text_equal(watcher.seen, "12");
}

struct Lines {
  Lines() {
    rosterd::log::set_sink(
        [](void* lines, rosterd::log::Level, std::string_view line) {
          static_cast<Lines*>(lines)->all.emplace_back(line);
        },
        this);
  }
  ~Lines() { rosterd::log::set_sink(nullptr, nullptr); }
  std::vector<std::string> all;
};

void work_for(Loop& loop, Duration time) {
  struct Busy {
    void on_timer() {
      const auto end = std::chrono::steady_clock::now() + time;
      while (std::chrono::steady_clock::now() < end) continue;
      door.close();
    }
    Door& door;
    Duration time;
    Timer timer = Timer::bind<&Busy::on_timer>(this);
  };
  Door door(loop);
  Busy busy{door, time};
  loop.timers().arm(busy.timer, loop.now());
  loop.run();
}

void turn_over_the_bound_is_logged(void**) {
  LoopOptions options;
  options.turn_warn = std::chrono::milliseconds(2);
  Loop loop(options);
  Lines lines;
  work_for(loop, std::chrono::milliseconds(5));
  assert_int_equal(lines.all.size(), 1);
  const std::string phrase = "loop slow turn microseconds=";
  assert_true(lines.all[0].starts_with(phrase));
  assert_true(std::stol(lines.all[0].substr(phrase.size())) >= 5000);
}

void bound_of_zero_logs_no_turn(void**) {
  LoopOptions options;
  options.turn_warn = Duration(0);
  Loop loop(options);
  Lines lines;
  work_for(loop, std::chrono::milliseconds(5));
  assert_int_equal(lines.all.size(), 0);
}

// Sleeping in the poll is no work: only then may a bound be as low as it is.
void waiting_is_not_part_of_a_turn(void**) {
  constexpr Duration kWait = std::chrono::milliseconds(300);
  LoopOptions options;
  options.turn_warn = kWait - Duration(1);
  Loop loop(options);
  Lines lines;
  Door door(loop);
  Timer end([](void* p) { static_cast<Door*>(p)->close(); }, &door);
  loop.timers().arm(end, loop.now() + kWait);
  loop.run();
  assert_int_equal(lines.all.size(), 0);
}

void bytes_written_after_their_phase_go_out_with_the_next_turn(void**) {
  // The scene's server side is flushed in the c2s phase, which is before the web phase.
  struct Late final : FlushHook {
    explicit Late(Side& to) : side(to) {}
    bool on_flush() override {
      if (side.connection && !std::exchange(wrote, true)) side.write("late");
      return false;
    }
    Side& side;
    bool wrote = false;
  };
  Scene scene;
  Late late(scene.server);
  scene.loop.add_flush_hook(FlushPhase::kWeb, &late);
  scene.client.bytes_hook = [](Side& client) { client.close(); };
  scene.run();
  assert_false(scene.timed_out);
  assert_text_equal(scene.client.received, "late");
}

// Several clients, each flushed in a turn of its own, and a web connection that is told when all
// have been written to.
struct SlicedScene final : rosterd::net::ListenerEvents, rosterd::net::ConnectEvents, FlushHook {
  static constexpr std::size_t kClients = 5;

  SlicedScene() : loop(make_options()) {
    rosterd::net::ListenerOptions options;
    options.address = *rosterd::net::Address::parse("127.0.0.1", 0);
    listener = std::move(*rosterd::net::Listener::open(loop, options, this));
    loop.add_flush_hook(FlushPhase::kWeb, this);
    for (Side& side : accepted) side.end_hook = [](Side& ended) { ended.close(); };
    for (std::size_t i = 0; i < kClients; ++i) {
      connector.connect("127.0.0.1", listener->address().port(), this);
    }
  }
  static LoopOptions make_options() {
    LoopOptions options;
    options.flush_slice = Duration(0);
    return options;
  }

  void on_accept(rosterd::net::Connection& connection) override {
    accepted[accepts++].attach(connection);
    begin_when_all_are_there();
  }
  void on_connected(std::uint64_t, rosterd::net::Connection& connection) override {
    connected[connects++].attach(connection);
    begin_when_all_are_there();
  }
  void on_connect_failed(std::uint64_t, const rosterd::Error&) override { listener.reset(); }

  void begin_when_all_are_there() {
    if (accepts != kClients || connects != kClients) return;
    listener.reset();
    if (!is_fed) {
      for (Side& side : accepted) side.write("push");
    }
    begun_in = loop.turns();
  }
  bool on_flush() override {
    if (begun_in == 0 || flushed_in != 0) return false;
    flushed_in = loop.turns();
    for (Side& side : accepted) {
      left += side.connection->queued_bytes();
      side.close();
    }
    return false;
  }

  Loop loop;
  std::unique_ptr<rosterd::net::Listener> listener;
  rosterd::net::Connector connector{loop, FlushPhase::kWeb};
  Side accepted[kClients], connected[kClients];
  bool is_fed = false;  // by a hook, one after the other, and not all at once
  std::size_t accepts = 0, connects = 0;
  std::uint64_t begun_in = 0, flushed_in = 0;
  std::size_t left = 0;
};

void web_flush_waits_for_all_slices_of_the_c2s_flush(void**) {
  SlicedScene scene;
  scene.loop.run();
  assert_int_equal(scene.connects, SlicedScene::kClients);
  assert_int_equal(scene.left, 0);
  assert_int_equal(scene.flushed_in - scene.begun_in, SlicedScene::kClients - 1);
  for (const Side& side : scene.connected) assert_text_equal(side.received, "push");
}

// What a hook moves piece by piece counts as one flush: in one turn where there is time …
void hook_that_has_more_is_called_again_before_the_web_flush(void**) {
  struct Pieces final : FlushHook {
    explicit Pieces(std::string& to) : log(to) {}
    bool on_flush() override {
      if (left == 0) return false;
      log += "piece ";
      return --left > 0;
    }
    std::string& log;
    int left = 3;
  };
  Loop loop;
  std::string log;
  Pieces c2s(log);
  Writer web(log, "web ");
  loop.add_flush_hook(FlushPhase::kWeb, &web);
  loop.add_flush_hook(FlushPhase::kC2s, &c2s);
  loop.run();
  assert_text_equal(std::string_view(log).substr(0, 22), "piece piece piece web ");
}

// … and over several where there is none.
void web_flush_waits_for_what_a_hook_has_left(void**) {
  struct Feeder final : FlushHook {
    explicit Feeder(SlicedScene& of) : scene(of) {}
    bool on_flush() override {
      if (scene.begun_in == 0 || fed == SlicedScene::kClients) return false;
      scene.accepted[fed++].write("push");
      return fed < SlicedScene::kClients;
    }
    SlicedScene& scene;
    std::size_t fed = 0;
  };
  SlicedScene scene;
  scene.is_fed = true;
  Feeder feeder(scene);
  scene.loop.add_flush_hook(FlushPhase::kC2s, &feeder);
  scene.loop.run();
  assert_int_equal(feeder.fed, SlicedScene::kClients);
  assert_int_equal(scene.left, 0);
  assert_true(scene.flushed_in > scene.begun_in);
  for (const Side& side : scene.connected) assert_text_equal(side.received, "push");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(loop_with_nothing_open_ends),
      cmocka_unit_test(turn_ends_with_timers_then_c2s_then_web_then_reap),
      cmocka_unit_test(timers_wake_the_loop_in_order_and_never_early),
      cmocka_unit_test(timer_rearmed_for_an_earlier_time_wakes_the_loop_then),
      cmocka_unit_test(time_stands_still_during_a_turn),
      cmocka_unit_test(work_runs_in_the_pool_and_ends_on_the_loop),
      cmocka_unit_test(signal_is_delivered_on_the_loop),
      cmocka_unit_test(turn_over_the_bound_is_logged),
      cmocka_unit_test(bound_of_zero_logs_no_turn),
      cmocka_unit_test(waiting_is_not_part_of_a_turn),
      cmocka_unit_test(bytes_written_after_their_phase_go_out_with_the_next_turn),
      cmocka_unit_test(web_flush_waits_for_all_slices_of_the_c2s_flush),
      cmocka_unit_test(hook_that_has_more_is_called_again_before_the_web_flush),
      cmocka_unit_test(web_flush_waits_for_what_a_hook_has_left),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
