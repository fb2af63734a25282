// SPDX-License-Identifier: MIT
// Histogram: how long things took, counted into fixed buckets. Observing allocates nothing and is
// cheap enough for every turn of the loop.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/time.h"

namespace rosterd {

class Histogram {
 public:
  static constexpr std::size_t kMaxBounds = 16;

  // `bounds`: the longest durations that belong into each bucket, ascending; what is longer than
  // all of them goes into one bucket more. They must live for ever: a constexpr array.
  explicit Histogram(std::span<const Duration> bounds) : bounds_(bounds) {
    assert(bounds.size() <= kMaxBounds);
  }

  void observe(Duration took) {
    std::size_t i = 0;
    while (i < bounds_.size() && took > bounds_[i]) ++i;
    ++buckets_[i];
    ++count_;
    sum_ += took;
  }

  std::span<const Duration> bounds() const { return bounds_; }
  // Of bucket `i` alone; i == bounds().size() is the one for all that is longer.
  std::uint64_t bucket(std::size_t i) const { return buckets_[i]; }
  std::uint64_t count() const { return count_; }
  Duration sum() const { return sum_; }

 private:
  std::span<const Duration> bounds_;
  std::array<std::uint64_t, kMaxBounds + 1> buckets_{};
  std::uint64_t count_ = 0;
  Duration sum_{};
};

}  // namespace rosterd
