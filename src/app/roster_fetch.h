// SPDX-License-Identifier: MIT
// RosterFetch: one user's roster asked for once: redirects followed, faults of the moment retried,
// all inside one deadline. What is in the answer is not its business.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/credentials.h"
#include "app/file_reader.h"
#include "app/retry.h"
#include "app/roster_url.h"
#include "base/result.h"
#include "base/timers.h"
#include "web/http_client.h"

namespace rosterd::app {

// What all fetches of a source share; it outlives them.
struct FetchContext {
  web::Fetcher* fetcher = nullptr;
  FileReader* files = nullptr;
  const Clock& clock;
  Timers& timers;
  Random random;
  std::uint64_t last_sequence = 0;  // attempts are numbered in the order in which they are sent
};

struct FetchPlan {
  Result<RosterTarget> target;  // an error becomes the outcome
  http::Fields fields;
  std::vector<Credential> credentials;
  std::size_t file_limit = 0;  // bytes
  Duration timeout{};
};

class RosterFetch final : private web::FetchEvents {
 public:
  class Events {
   public:
    virtual ~Events() = default;
    // Exactly once, never from inside start(); may destroy the fetch. The body of the roster, or:
    // kNotFound (404), kDenied (401, 403), kInvalid (another refusal, a malformed answer, a
    // redirect that may not be followed), kTooLarge, or, after the retries, kTimeout, kUnavailable.
    virtual void on_fetch_finished(Result<std::string> body) = 0;
  };

  RosterFetch(FetchContext& context, FetchPlan plan, Events& events);
  ~RosterFetch() override;
  RosterFetch(const RosterFetch&) = delete;
  RosterFetch& operator=(const RosterFetch&) = delete;

  void start();
  // Somebody begins to wait for the present attempt: the timeout runs anew, so that he is not
  // failed by time that has passed before. Unless `now`, time in the queue does not count: the
  // timeout starts when the first request is sent.
  void restart_timeout(bool now);

  // The present attempt is on its way, or the next one's, while one is waiting to be sent again.
  bool sent() const { return sent_; }
  std::uint64_t sequence() const { return sequence_; }

 private:
  void on_fetch_sent(std::uint64_t ticket) override;
  void on_fetch_done(std::uint64_t ticket, Result<http::Response> response) override;
  void send();
  void send_request(http::Url url);
  void cancel_request();
  void start_timeout();
  void handle_response(http::Response response);
  void follow(const http::Response& response);
  void retry_or_finish(Error error, Duration at_least);
  void finish(Result<std::string> body);
  void on_retry();
  void on_deadline();

  FetchContext& context_;
  FetchPlan plan_;
  Events& events_;
  RetrySchedule schedule_;
  std::uint64_t ticket_ = 0;  // 0: no request is out
  std::uint64_t sequence_ = 0;
  bool sent_ = false;
  http::Url url_;      // of the request that is out: the target, or where it redirected to
  int redirects_ = 0;  // of the present attempt; the next one starts at the target again
  Error last_error_{Errc::kTimeout, "no answer in time"};
  Instant due_{};  // of deadline_, while that is armed
  Timer retry_ = Timer::bind<&RosterFetch::on_retry>(this);
  Timer deadline_ = Timer::bind<&RosterFetch::on_deadline>(this);
};

}  // namespace rosterd::app
