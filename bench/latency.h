// SPDX-License-Identifier: MIT
// How long things took: all of them are kept, so that the slowest of a thousand can be named.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bench {

using Clock = std::chrono::steady_clock;

class Latencies {
 public:
  explicit Latencies(std::size_t expected) { nanoseconds_.reserve(expected); }

  void add(Clock::duration took) {
    nanoseconds_.push_back(std::chrono::duration_cast<std::chrono::nanoseconds>(took).count());
  }
  void clear() { nanoseconds_.clear(); }
  std::size_t size() const { return nanoseconds_.size(); }

  // In microseconds, the least that `part` of all did not exceed; gives up where there is none.
  double percentile(double part);
  // "p50_us=… p99_us=… p999_us=…"
  std::string text();

 private:
  std::vector<std::int64_t> nanoseconds_;
};

}  // namespace bench
