// SPDX-License-Identifier: MIT
#include "app/failure_limit.h"

#include <algorithm>

namespace rosterd::app {

namespace {

net::Network range_of(const net::Address& address) { return net::Network::around(address, 32, 64); }

}  // namespace

Duration FailureLimit::wait(const net::Address& address, Instant now) const {
  const auto found = clear_at_.find(range_of(address));
  if (found == clear_at_.end() || per_minute_ == 0) return Duration(0);
  const auto burst = interval() * static_cast<Duration::rep>(per_minute_ - 1);
  return std::max(found->second - now - burst, Duration(0));
}

void FailureLimit::count(const net::Address& address, Instant now) {
  if (per_minute_ == 0) return;
  const net::Network range = range_of(address);
  Instant clear_at = now;
  if (const auto found = clear_at_.find(range); found != clear_at_.end()) {
    clear_at = std::max(found->second, now);
    forget(range, found->second);
  }
  while (!by_time_.empty() && (by_time_.begin()->first <= now || by_time_.size() >= limit_)) {
    const auto [time, oldest] = *by_time_.begin();
    forget(oldest, time);
  }
  clear_at += interval();
  clear_at_.emplace(range, clear_at);
  by_time_.emplace(clear_at, range);
}

void FailureLimit::forget(const net::Network& range, Instant clear_at) {
  clear_at_.erase(range);
  by_time_.erase({clear_at, range});
}

}  // namespace rosterd::app
