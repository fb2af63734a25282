// SPDX-License-Identifier: MIT
// Timers: a heap of intrusive timers. A Timer is a member of the object it wakes and cancels itself
// when destroyed; one uv_timer_t in net::Loop (or a test's virtual clock) drives the heap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"

namespace rosterd {

class Timers;

class Timer {
 public:
  using Callback = void (*)(void* owner);

  Timer(Callback callback, void* owner) : callback_(callback), owner_(owner) {}
  ~Timer() { cancel(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Timer calling a member function: Timer timer_ = Timer::bind<&Stream::on_deadline>(this);
  template <auto Method, class T>
  static Timer bind(T* owner) {
    return Timer([](void* p) { (static_cast<T*>(p)->*Method)(); }, owner);
  }

  bool armed() const { return timers_ != nullptr; }
  void cancel();

 private:
  friend class Timers;
  Callback callback_;
  void* owner_;
  Timers* timers_ = nullptr;
  Instant due_{};
  std::uint64_t sequence_ = 0;  // of arming: equal due times fire in the order they were armed in
  std::size_t position_ = 0;    // in the heap
};

class Timers {
 public:
  Timers() = default;
  ~Timers();
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;

  // Arms, or re-arms, to fire once at or after `due`. A timer armed with `due` = now fires before
  // the turn's flush phases: it is how a completion is deferred out of the call that asked for it.
  void arm(Timer& timer, Instant due);

  // Fires what is due, earliest first, equal ones in the order of arming. Timers armed meanwhile
  // for
  // <= now fire too, in one second pass; what that pass arms waits for the next call, so that a
  // timer re-arming itself cannot hold the loop.
  void run_due(Instant now);

  std::optional<Instant> next_due() const;

 private:
  friend class Timer;
  static bool fires_before(const Timer& a, const Timer& b);
  void fire_pass(Instant now);
  void remove(Timer& timer);
  void sift_up(std::size_t i);
  void sift_down(std::size_t i);
  void place(std::size_t i, Timer* timer);
  std::vector<Timer*> heap_;
  std::uint64_t sequence_ = 0;
  Instant earliest_ = Instant::min();  // during run_due(): nothing is armed for before its `now`
};

}  // namespace rosterd
