// SPDX-License-Identifier: MIT
// EventStream: brings one host's events to its web app: batches, one request in flight, retries
// until taken (the protocol's section 3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/credentials.h"
#include "app/event_json.h"
#include "app/event_queue.h"
#include "app/retry.h"
#include "base/log_limit.h"
#include "base/timers.h"
#include "http/url.h"
#include "web/http_client.h"

namespace rosterd::app {

enum class EventFormat : std::uint8_t {
  kRosterd,  // batches of everything
  kModRest,  // one presence per request, as Prosody's mod_rest sends it; nothing else
};

// Where one host's events go.
struct EventTarget {
  std::string host;
  std::string url;  // http:// or https://
  EventFormat format = EventFormat::kRosterd;
  std::vector<Credential> credentials;
};

struct EventStats {
  std::size_t queued = 0;     // events that wait or are on their way
  std::uint64_t sent = 0;     // events that were taken
  std::uint64_t retries = 0;  // requests that were a repetition
  std::uint64_t lost = 0;     // events that nobody will hear of
  std::optional<WallTime> last_success;

  EventStats& operator+=(const EventStats& other);
};

// What the streams of one daemon share.
struct EventContext {
  web::Fetcher& fetcher;
  const Clock& clock;
  Timers& timers;
  Random random;
  std::string node;
  std::string user_agent;
  std::size_t queue_limit = 10'000;
};

class EventStream final : public web::FetchEvents {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    // After finish(): nothing is left. May be called from inside it.
    virtual void on_stream_finished() = 0;
  };

  // Both outlive it.
  EventStream(EventContext& context, EventTarget target, Owner& owner);
  ~EventStream() override;
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  void push(Event event);
  // What waits for another try is tried at once. Takes the context's limit over as well. The format
  // is the same.
  void set_target(EventTarget target);
  EventFormat format() const { return target_.format; }
  // One more try of all that is left, now, without any delay; what then fails is lost.
  void finish();
  // What is left is lost, with a line in the log that says why.
  void abandon(std::string_view why);
  EventStats stats() const;

  void on_fetch_done(std::uint64_t ticket, Result<http::Response> response) override;

 private:
  static constexpr Duration kLogInterval = std::chrono::seconds(10);
  enum class Verdict : std::uint8_t;
  EventQueueOptions queue_options() const;
  static Verdict judge(const Result<http::Response>& response);
  void on_due();
  void wait();
  void send();
  web::FetchRequest make_request() const;
  void on_taken();
  void on_failure(Verdict verdict, const Result<http::Response>& response);
  void go_on();
  void report(Verdict verdict, const std::string& why);
  void report_overflow();
  void log_lost(std::size_t count, std::string_view why);

  EventContext& context_;
  EventTarget target_;
  http::Url url_;
  Owner& owner_;
  EventOrigin origin_;
  EventQueue queue_;
  Timer due_ = Timer::bind<&EventStream::on_due>(this);  // of a new batch, or of another try
  std::uint64_t ticket_ = 0;                             // of the request on its way
  Backoff backoff_;
  std::size_t failures_ = 0;  // of the batch, in a row
  std::size_t refusals_ = 0;  // likewise, of those that mean the batch itself
  bool alarmed_ = false;      // about a receiver that is not set up right
  bool finishing_ = false;    // finish() was called
  bool last_try_ = false;     // the request on its way began after finish()
  LogLimit failure_log_{kLogInterval};
  LogLimit overflow_log_{kLogInterval};
  EventStats stats_;
};

// Checks webhook_url: "", or http:// or https:// without fragment. kInvalid with a text for the
// administrator.
Status check_webhook_url(std::string_view url);

}  // namespace rosterd::app
