// SPDX-License-Identifier: MIT
#include "app/breaker.h"

#include <utility>

namespace rosterd::app {

bool Breaker::succeed() {
  failures_ = 0;
  return std::exchange(state_, State::kClosed) != State::kClosed;
}

bool Breaker::fail(Instant now, Random& random) {
  ++failures_;
  if (state_ == State::kOpen) return false;  // sent before it opened
  if (state_ == State::kClosed && failures_ < kFailures) return false;
  const bool opened = std::exchange(state_, State::kOpen) == State::kClosed;
  if (opened) backoff_ = Backoff();
  probe_at_ = now + backoff_.next(random);
  return opened;
}

void Breaker::abandon_probe() {
  if (state_ == State::kHalfOpen) state_ = State::kOpen;
}

}  // namespace rosterd::app
