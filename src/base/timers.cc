// SPDX-License-Identifier: MIT
#include "base/timers.h"

#include <algorithm>
#include <tuple>

namespace rosterd {

void Timer::cancel() {
  if (timers_) timers_->remove(*this);
}

Timers::~Timers() {
  for (Timer* timer : heap_) timer->timers_ = nullptr;
}

bool Timers::fires_before(const Timer& a, const Timer& b) {
  return std::tie(a.due_, a.sequence_) < std::tie(b.due_, b.sequence_);
}

void Timers::arm(Timer& timer, Instant due) {
  timer.cancel();
  timer.due_ = std::max(due, earliest_);
  timer.sequence_ = ++sequence_;
  timer.timers_ = this;
  heap_.push_back(&timer);
  timer.position_ = heap_.size() - 1;
  sift_up(timer.position_);
}

void Timers::run_due(Instant now) {
  earliest_ = now;
  fire_pass(now);
  fire_pass(now);
  earliest_ = Instant::min();
}

void Timers::fire_pass(Instant now) {
  // What is armed from here on sorts behind all that is due already: it is not before `now`, and
  // its sequence is higher.
  const std::uint64_t last = sequence_;
  while (!heap_.empty() && heap_[0]->due_ <= now && heap_[0]->sequence_ <= last) {
    Timer& timer = *heap_[0];
    remove(timer);
    timer.callback_(timer.owner_);  // may destroy the timer
  }
}

std::optional<Instant> Timers::next_due() const {
  if (heap_.empty()) return std::nullopt;
  return heap_[0]->due_;
}

void Timers::remove(Timer& timer) {
  const std::size_t i = timer.position_;
  Timer* const last = heap_.back();
  heap_.pop_back();
  timer.timers_ = nullptr;
  if (last == &timer) return;
  place(i, last);
  sift_up(i);
  sift_down(last->position_);
}

void Timers::place(std::size_t i, Timer* timer) {
  heap_[i] = timer;
  timer->position_ = i;
}

void Timers::sift_up(std::size_t i) {
  Timer* const timer = heap_[i];
  while (i > 0) {
    const std::size_t parent = (i - 1) / 2;
    if (!fires_before(*timer, *heap_[parent])) break;
    place(i, heap_[parent]);
    i = parent;
  }
  place(i, timer);
}

void Timers::sift_down(std::size_t i) {
  Timer* const timer = heap_[i];
  for (;;) {
    std::size_t child = 2 * i + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && fires_before(*heap_[child + 1], *heap_[child])) ++child;
    if (!fires_before(*heap_[child], *timer)) break;
    place(i, heap_[child]);
    i = child;
  }
  place(i, timer);
}

}  // namespace rosterd
