// SPDX-License-Identifier: MIT
#include "app/host_gate.h"

#include <utility>

#include "base/log.h"

namespace rosterd::app {

void HostGate::enter(Visitor& visitor) {
  if (queue_.empty() && free_places() > 0 && breaker_.state() == Breaker::State::kClosed) {
    take_place();
    return visitor.on_admitted();
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

HostGate::Visitor& HostGate::take_front() {
  --waiting_;
  return *queue_.pop_front();
}

void HostGate::leave(Outcome outcome, std::string_view why) {
  --taken_;
  if (outcome == Outcome::kFailed && breaker_.state() == Breaker::State::kHalfOpen) {
    probe_failed_ = waiting_ > 0;
  }
  if (outcome == Outcome::kUnknown) breaker_.abandon_probe();
  if (outcome == Outcome::kAnswered && breaker_.succeed()) {
    log::info("roster", "the web application answers again", {{"host", host_}});
  }
  if (outcome == Outcome::kFailed && breaker_.fail(clock_.now(), random_)) {
    log::warn("roster", "the web application fails, only probes are sent",
              {{"host", host_}, {"failures", Breaker::kFailures}, {"last", why}});
  }
  if (waiting_ > 0) pump_soon();
}

void HostGate::pump() {
  if (std::exchange(probe_failed_, false)) turn_away(Whom::kAll);
  while (waiting_ > 0 && free_places() > 0) {
    if (!may_send()) return turn_away(Whom::kUnlessInsisting);
    if (bulk_sender_.try_send(*this)) continue;
    take_place();
    take_front().on_admitted();
  }
  // Whoever waits for a place waits in vain where the app has begun to fail.
  if (waiting_ > 0 && breaker_.state() != Breaker::State::kClosed) {
    turn_away(Whom::kUnlessInsisting);
  }
}

bool HostGate::may_send() {
  if (breaker_.state() == Breaker::State::kClosed) return true;
  if (breaker_.state() == Breaker::State::kHalfOpen) return false;
  if (!breaker_.probe_is_due(clock_.now()) && !front().insists()) return false;
  breaker_.begin_probe();
  return true;
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
  if (waiting_ > 0 && breaker_.state() == Breaker::State::kOpen) pump_soon();
}

}  // namespace rosterd::app
