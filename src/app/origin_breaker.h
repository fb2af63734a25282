// SPDX-License-Identifier: MIT
// OriginBreaker: the breaker before one host's web app at one origin, shared by all who ask it
// about that host: what a roster fetch has met saves a login the wait, and the other way round.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/breaker.h"
#include "app/fetch_stats.h"
#include "base/intrusive_list.h"

namespace rosterd::app {

class OriginBreaker {
 public:
  enum class Outcome : std::uint8_t {
    kAnswered,
    kFailed,   // no connection, no answer in time, a server error
    kUnknown,  // nobody waited for the answer
  };

  // Who has others wait for the fate of a probe.
  class Watcher {
   public:
    virtual ~Watcher() = default;
    // Somebody's probe has its outcome. Called from inside settle(); must not call the breaker.
    virtual void on_probe_over(bool failed) = 0;

    ListNode watching;
  };

  // `host` is for log lines.
  OriginBreaker(std::string host, Random random) : host_(std::move(host)), random_(random) {}

  // Until the watcher goes.
  void add_watcher(Watcher& watcher) { watchers_.push_back(watcher); }

  Breaker::State state() const { return breaker_.state(); }
  // Whether a request may be sent now; who sends it owes its outcome to settle(). While the web app
  // fails that is one probe at its time, or at once for who insists.
  bool admit(Instant now, bool insists);
  // One line in the log when the web app begins to fail, and one when it answers again.
  void settle(Outcome outcome, std::string_view why, Instant now);

 private:
  const std::string host_;
  Random random_;
  Breaker breaker_;
  IntrusiveList<Watcher, &Watcher::watching> watchers_;
};

// Those in use.
class Breakers {
 public:
  std::shared_ptr<OriginBreaker> of(const std::string& host, const std::string& origin);
  // One for each origin, the worst of those of its hosts: the one that has met the failure knows
  // best.
  std::vector<BreakerStats> stats() const;

 private:
  std::map<std::pair<std::string, std::string>, std::weak_ptr<OriginBreaker>> breakers_;
};

}  // namespace rosterd::app
