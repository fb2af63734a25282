// SPDX-License-Identifier: MIT
// When a failed request is sent again. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <random>
#include <string_view>

#include "base/time.h"

namespace rosterd::app {

using Random = std::minstd_rand;

// With a seed of its own.
Random make_random();

// `delay` by up to a quarter longer or shorter, so that clients of one failed server do not come
// back in step.
Duration jitter(Duration delay, Random& random);

// 0.25 s, 1 s, 4 s, each with jitter, then no more: the attempts within one fetch.
class RetrySchedule {
 public:
  std::optional<Duration> next(Random& random);

 private:
  std::size_t used_ = 0;
};

// 2 s, 4 s, 8 s, … 30 s (or between other bounds), each with jitter: whole fetches in the
// background.
class Backoff {
 public:
  explicit Backoff(Duration first = std::chrono::seconds(2),
                   Duration longest = std::chrono::seconds(30))
      : delay_(first), longest_(longest) {}
  Duration next(Random& random);

 private:
  Duration delay_;
  Duration longest_;
};

// An HTTP status by which a server says that it cannot answer now: 408, 425, 429, 5xx.
bool is_passing_status(int status);

// Retry-After (RFC 9110 section 10.2.3): seconds, or an HTTP date. nullopt when absent or
// malformed; never negative, at most a day.
std::optional<Duration> parse_retry_after(std::string_view value, WallTime now);

}  // namespace rosterd::app
