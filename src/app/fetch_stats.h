// SPDX-License-Identifier: MIT
// FetchStats: what became of the roster fetches so far, for /metrics. RosterSource counts, asks for
// nothing in return, and hands out a copy when somebody looks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/histogram.h"

namespace rosterd::app {

enum class FetchOutcome : std::uint8_t {
  kOk,
  kUnchanged,  // 304, or a body equal to the last one
  kNotFound,   // 404
  kDenied,     // 401, 403
  kInvalid,    // another refusal, or an answer that is no roster
  kTooLarge,
  kTimeout,
  kUnavailable,  // no connection, 408, 425, 429, 5xx
  kCancelled,    // nobody waited for it any more
};
inline constexpr std::size_t kFetchOutcomes = 9;
// As it stands in /metrics: "ok", "not_found".
std::string_view to_string(FetchOutcome outcome);

// Why it was sent: Rosterd-Reason (the protocol's section 1), and bulk.
enum class FetchReason : std::uint8_t { kLogin, kRefresh, kRevalidate, kRetry, kBulk };
inline constexpr std::size_t kFetchReasons = 5;
std::string_view to_string(FetchReason reason);

class FetchCounters {
 public:
  // One request to the web app is over. `took` counts from its first byte to the end of the answer,
  // waiting for a free place left out; a cancelled one's time says nothing and is not observed.
  void count(FetchOutcome outcome, FetchReason reason, Duration took) {
    ++fetches_[static_cast<std::size_t>(outcome)][static_cast<std::size_t>(reason)];
    if (outcome != FetchOutcome::kCancelled) durations_.observe(took);
  }

  std::uint64_t fetches(FetchOutcome outcome, FetchReason reason) const {
    return fetches_[static_cast<std::size_t>(outcome)][static_cast<std::size_t>(reason)];
  }
  const Histogram& durations() const { return durations_; }

 private:
  static constexpr Duration kBounds[] = {
      std::chrono::milliseconds(1),    std::chrono::milliseconds(3),
      std::chrono::milliseconds(10),   std::chrono::milliseconds(30),
      std::chrono::milliseconds(100),  std::chrono::milliseconds(300),
      std::chrono::milliseconds(1000), std::chrono::milliseconds(3000),
      std::chrono::seconds(10),        std::chrono::seconds(30)};

  std::array<std::array<std::uint64_t, kFetchReasons>, kFetchOutcomes> fetches_{};
  Histogram durations_{kBounds};
};

// The circuit breaker of one web app (the protocol's section 1).
struct BreakerStats {
  enum class State : std::uint8_t { kClosed, kOpen, kHalfOpen };
  std::string origin;  // "https://app.example.org", without user and password
  State state = State::kClosed;
};

struct FetchStats {
  FetchCounters counters;
  std::size_t in_flight = 0;           // requests on the wire
  std::size_t queued = 0;              // waiting for a free place
  std::vector<BreakerStats> breakers;  // one per origin that has been asked
};

}  // namespace rosterd::app
