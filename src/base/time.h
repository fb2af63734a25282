// SPDX-License-Identifier: MIT
// Strong time types and the clock that is handed in. Pure rooms read no clock: they get a Clock,
// and tests own it. Time is sampled once per turn, so all of a turn happens at the same Instant.
#pragma once

#include <chrono>

namespace rosterd {

using Duration = std::chrono::microseconds;

// Monotonic; its epoch is arbitrary. Only differences mean something.
struct MonotonicEpoch {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<MonotonicEpoch, Duration>;
  static constexpr bool is_steady = true;
};
using Instant = MonotonicEpoch::time_point;

// UTC, for timestamps that leave the process (XEP-0082).
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
  virtual WallTime wall_now() const = 0;
};

}  // namespace rosterd
