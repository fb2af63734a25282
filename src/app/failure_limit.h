// SPDX-License-Identifier: MIT
// FailureLimit: how often an address may fail to prove who it is. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <utility>

#include "base/time.h"
#include "net/network.h"

namespace rosterd::app {

// A token bucket per address, of IPv6 per /64, because whoever has one address there has them all.
class FailureLimit {
 public:
  // Over `addresses` that have failed lately, the one that has least to answer for is forgotten.
  explicit FailureLimit(std::size_t addresses = 10'000) : limit_(addresses) {}

  // So many at once, and so many a minute in the long run; 0 = no limit.
  void set_per_minute(std::size_t failures) { per_minute_ = failures; }

  // How long the address must wait before it may try again; zero = it may now.
  Duration wait(const net::Address& address, Instant now) const;
  void count(const net::Address& address, Instant now);

  std::size_t size() const { return clear_at_.size(); }

 private:
  Duration interval() const {
    return Duration(std::chrono::minutes(1)) / static_cast<Duration::rep>(per_minute_);
  }
  void forget(const net::Network& range, Instant clear_at);

  const std::size_t limit_;
  std::size_t per_minute_ = 20;
  // When all failures of a range will be forgotten: each adds an interval.
  std::map<net::Network, Instant> clear_at_;
  std::set<std::pair<Instant, net::Network>> by_time_;
};

}  // namespace rosterd::app
