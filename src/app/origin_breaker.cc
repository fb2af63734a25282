// SPDX-License-Identifier: MIT
#include "app/origin_breaker.h"

#include <algorithm>

#include "base/log.h"

namespace rosterd::app {

namespace {

BreakerStats::State to_stats(Breaker::State state) {
  switch (state) {
    case Breaker::State::kClosed:
      return BreakerStats::State::kClosed;
    case Breaker::State::kOpen:
      return BreakerStats::State::kOpen;
    case Breaker::State::kHalfOpen:
      return BreakerStats::State::kHalfOpen;
  }
  return BreakerStats::State::kClosed;
}

}  // namespace

bool OriginBreaker::admit(Instant now, bool insists) {
  if (breaker_.state() == Breaker::State::kClosed) return true;
  if (breaker_.state() == Breaker::State::kHalfOpen) return false;
  if (!breaker_.probe_is_due(now) && !insists) return false;
  breaker_.begin_probe();
  return true;
}

void OriginBreaker::settle(Outcome outcome, std::string_view why, Instant now) {
  const bool probing = breaker_.state() == Breaker::State::kHalfOpen;
  if (outcome == Outcome::kUnknown) breaker_.abandon_probe();
  if (outcome == Outcome::kAnswered && breaker_.succeed()) {
    log::info("roster", "the web application answers again", {{"host", host_}});
  }
  if (outcome == Outcome::kFailed && breaker_.fail(now, random_)) {
    log::warn("roster", "the web application fails, only probes are sent",
              {{"host", host_}, {"failures", Breaker::kFailures}, {"last", why}});
  }
  if (!probing) return;
  for (Watcher* one = watchers_.front(); one; one = watchers_.next(*one)) {
    one->on_probe_over(outcome == Outcome::kFailed);
  }
}

std::shared_ptr<OriginBreaker> Breakers::of(const std::string& host, const std::string& origin) {
  std::weak_ptr<OriginBreaker>& known = breakers_[{host, origin}];
  if (auto breaker = known.lock()) return breaker;
  auto made = std::make_shared<OriginBreaker>(host, make_random());
  known = made;
  std::erase_if(breakers_, [](const auto& entry) { return entry.second.expired(); });
  return made;
}

std::vector<BreakerStats> Breakers::stats() const {
  std::map<std::string, BreakerStats::State> worst;
  for (const auto& [key, weak] : breakers_) {
    const auto breaker = weak.lock();
    if (!breaker) continue;
    BreakerStats::State& of_origin = worst[key.second];
    of_origin = std::max(of_origin, to_stats(breaker->state()));
  }
  std::vector<BreakerStats> stats;
  for (const auto& [origin, state] : worst) stats.push_back({origin, state});
  return stats;
}

}  // namespace rosterd::app
