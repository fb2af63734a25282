// SPDX-License-Identifier: MIT
#include "c2s/brake.h"

#include <algorithm>

namespace rosterd::c2s {

namespace {

Duration time_for(std::size_t bytes, std::size_t bytes_per_second) {
  constexpr std::size_t kMicroseconds = 1'000'000;
  return Duration(bytes * kMicroseconds / bytes_per_second);
}

}  // namespace

void Brake::count(std::size_t bytes, const RateOptions& rate, Instant now) {
  if (rate.bytes_per_second == 0) {
    may_send_ = now;
    return;
  }
  in_time_ = std::max(in_time_, now) + time_for(bytes, rate.bytes_per_second);
  may_send_ = in_time_ - time_for(rate.burst, rate.bytes_per_second);
}

void Brake::rest(Instant now) { may_send_ = std::max(may_send_, now + kRest); }

void Brake::wait_for(Handle<im::Session> reader, Instant now) {
  reader_ = reader;
  patience_end_ = now + kPatience;
}

bool Brake::hold(bool reader_is_congested, Instant now) {
  Instant next = may_send_;
  if (reader_is_congested && now < patience_end_) {
    next = std::max(next, std::min(now + kLookAgain, patience_end_));
  }
  if (next <= now) return false;
  timers_.arm(timer_, next);
  return true;
}

}  // namespace rosterd::c2s
