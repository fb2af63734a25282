// SPDX-License-Identifier: MIT
#include "app/host_gate.h"

#include <utility>

namespace rosterd::app {

void HostGate::set_breaker(std::shared_ptr<OriginBreaker> breaker) {
  if (breaker == breaker_) return;
  breaker_ = std::move(breaker);
  breaker_->add_watcher(*this);
}

void HostGate::enter(Visitor& visitor) {
  if (queue_.empty() && free_places() > 0 && state() == Breaker::State::kClosed) {
    return visitor.on_admitted(take_place());
  }
  queue_.push_back(visitor);
  ++waiting_;
  pump_soon();
}

void HostGate::withdraw(Visitor& visitor) {
  if (!visitor.waiting.linked()) return;
  visitor.waiting.unlink();
  --waiting_;
}

HostGate::Place HostGate::take_place() {
  ++taken_;
  return breaker_;
}

HostGate::Visitor& HostGate::take_front() {
  --waiting_;
  return *queue_.pop_front();
}

void HostGate::leave(const Place& place, Outcome outcome, std::string_view why) {
  --taken_;
  place->settle(outcome, why, clock_.now());
  if (waiting_ > 0) pump_soon();
}

void HostGate::on_probe_over(bool failed) {
  if (waiting_ == 0) return;
  probe_failed_ = failed;
  pump_soon();
}

void HostGate::pump() {
  if (std::exchange(probe_failed_, false)) turn_away(Whom::kAll);
  while (waiting_ > 0 && free_places() > 0) {
    if (!breaker_->admit(clock_.now(), front().insists())) {
      return turn_away(Whom::kUnlessInsisting);
    }
    if (bulk_sender_.try_send(*this)) continue;
    Place place = take_place();
    take_front().on_admitted(std::move(place));
  }
  // Whoever waits for a place waits in vain where the app has begun to fail.
  if (waiting_ > 0 && state() != Breaker::State::kClosed) {
    turn_away(Whom::kUnlessInsisting);
  }
}

// One pass over those who wait now: what they do when they are turned away may bring new ones.
void HostGate::turn_away(Whom whom) {
  for (std::size_t left = waiting_; left > 0 && waiting_ > 0; --left) {
    Visitor& visitor = take_front();
    if (whom == Whom::kUnlessInsisting && visitor.insists()) {
      queue_.push_back(visitor);
      ++waiting_;
    } else {
      visitor.on_turned_away();
    }
  }
  // The first one that insists is the probe, and its outcome decides for the others.
  if (waiting_ > 0 && state() == Breaker::State::kOpen) pump_soon();
}

}  // namespace rosterd::app
