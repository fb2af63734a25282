// SPDX-License-Identifier: MIT
// Breaker: whether a web app that has been failing is asked at all (the protocol's section 1).
// Pure.
#pragma once

#include "app/retry.h"
#include "base/time.h"

namespace rosterd::app {

// Closed until kFailures requests in a row have failed. Then open: nobody is sent but, from time to
// time, one probe (half open), whose fate decides.
class Breaker {
 public:
  enum class State : std::uint8_t { kClosed, kOpen, kHalfOpen };
  static constexpr int kFailures = 5;

  State state() const { return state_; }
  // While open: is it time for a probe?
  bool probe_is_due(Instant now) const { return now >= probe_at_; }
  // The next request is the probe.
  void begin_probe() { state_ = State::kHalfOpen; }

  // A request that was sent was answered, whatever the answer. True when that closed it.
  bool succeed();
  // It was not, or by a server error. True when that opened it; after a probe it is open again, for
  // 2 s, 4 s, … 30 s with jitter.
  bool fail(Instant now, Random& random);
  // Nobody waited for the probe any more: the next request takes its place.
  void abandon_probe();

 private:
  State state_ = State::kClosed;
  int failures_ = 0;  // in a row
  Instant probe_at_{};
  Backoff backoff_;
};

}  // namespace rosterd::app
