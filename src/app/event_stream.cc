// SPDX-License-Identifier: MIT
#include "app/event_stream.h"

#include <algorithm>
#include <utility>

#include "base/crypto.h"
#include "base/log.h"

namespace rosterd::app {

namespace {

constexpr Duration kFirstDelay = std::chrono::seconds(1);
constexpr Duration kLongestDelay = std::chrono::seconds(60);
constexpr std::size_t kBootBits = 64;
// A batch that the web app refuses for what it is will be refused for ever; this often, as the
// fault may be one of a release that is being rolled back.
constexpr std::size_t kRefusals = 5;

Backoff make_backoff() { return Backoff(kFirstDelay, kLongestDelay); }

std::string describe(const Result<http::Response>& response) {
  return response ? "status " + std::to_string(response->status) : response.error().text;
}

}  // namespace

enum class EventStream::Verdict : std::uint8_t {
  kTaken,
  kLater,    // the web app is down or busy
  kAlarm,    // wrong address or credentials: the administrator's to mend
  kRefused,  // it will not have this batch
};

Status check_webhook_url(std::string_view url) {
  if (url.empty()) return {};
  const auto parsed = http::parse_url(url);
  if (!parsed) return tl::unexpected<Error>(parsed.error());
  return {};
}

EventStats& EventStats::operator+=(const EventStats& other) {
  queued += other.queued;
  sent += other.sent;
  retries += other.retries;
  lost += other.lost;
  // An empty one compares as the earliest.
  last_success = std::max(last_success, other.last_success);
  return *this;
}

EventStream::EventStream(EventContext& context, EventTarget target, Owner& owner)
    : context_(context),
      target_(std::move(target)),
      url_(http::parse_url(target_.url).value()),
      owner_(owner),
      origin_{context.node, crypto::random_token(kBootBits), target_.host},
      queue_(queue_options()),
      backoff_(make_backoff()) {}

EventStream::~EventStream() {
  if (ticket_ != 0) context_.fetcher.cancel(ticket_);
}

EventQueueOptions EventStream::queue_options() const {
  EventQueueOptions options;
  options.limit = context_.queue_limit;
  if (target_.format == EventFormat::kModRest) {
    options.batch = 1;
    options.gaps = false;
  }
  return options;
}

void EventStream::push(Event event) {
  if (target_.format == EventFormat::kModRest && event.kind != Event::Kind::kPresence) return;
  event.queued = context_.clock.now();
  const std::uint64_t lost = queue_.lost();
  queue_.push(std::move(event));
  if (queue_.lost() > lost) report_overflow();
  wait();
}

// A batch in hand has the timer for its next try.
void EventStream::wait() {
  const auto due = queue_.due();
  if (due) context_.timers.arm(due_, std::max(*due, context_.clock.now()));
}

void EventStream::on_due() { send(); }

void EventStream::send() {
  if (!queue_.batch()) {
    queue_.make_batch();
  } else {
    ++stats_.retries;
  }
  last_try_ = finishing_;
  ticket_ = context_.fetcher.fetch(make_request(), this);
}

web::FetchRequest EventStream::make_request() const {
  web::FetchRequest request;
  request.method = "POST";
  request.url = url_;
  request.fields.add("Content-Type", "application/json");
  request.fields.add("User-Agent", context_.user_agent);
  const EventBatch& batch = *queue_.batch();
  request.body = target_.format == EventFormat::kModRest ? write_mod_rest(batch.events.front())
                                                         : write_batch(origin_, batch);
  authorize(target_.credentials, request, context_.clock.wall_now());
  return request;
}

EventStream::Verdict EventStream::judge(const Result<http::Response>& response) {
  if (!response) return Verdict::kLater;
  const int status = response->status;
  if (status >= 200 && status < 300) return Verdict::kTaken;
  if (is_passing_status(status)) return Verdict::kLater;
  if (status < 400) return Verdict::kAlarm;
  switch (status) {
    case 401:
    case 403:
    case 404:
    case 405:
    case 407:
    case 410:
      return Verdict::kAlarm;
    default:
      return Verdict::kRefused;
  }
}

void EventStream::on_fetch_done(std::uint64_t, Result<http::Response> response) {
  ticket_ = 0;
  const Verdict verdict = judge(response);
  verdict == Verdict::kTaken ? on_taken() : on_failure(verdict, response);
}

void EventStream::on_taken() {
  if (failures_ > 0) {
    log::info("events", "delivered again", {{"host", target_.host}, {"failures", failures_}});
  }
  stats_.sent += queue_.batch()->events.size();
  stats_.last_success = context_.clock.wall_now();
  queue_.take_batch();
  alarmed_ = false;
  go_on();
}

// To the next batch.
void EventStream::go_on() {
  failures_ = 0;
  refusals_ = 0;
  backoff_ = make_backoff();
  if (!finishing_) return wait();
  if (queue_.due()) return send();
  owner_.on_stream_finished();
}

void EventStream::on_failure(Verdict verdict, const Result<http::Response>& response) {
  const std::string why = describe(response);
  ++failures_;
  if (verdict == Verdict::kRefused && ++refusals_ >= kRefusals) {
    log_lost(queue_.batch()->events.size(), "refused again and again: " + why);
    queue_.lose_batch();
    return go_on();
  }
  if (last_try_) {
    abandon(why);
    return owner_.on_stream_finished();
  }
  report(verdict, why);
  if (finishing_) return send();
  Duration delay = std::max(backoff_.next(context_.random), kFirstDelay);
  if (response) {
    const auto asked =
        parse_retry_after(response->fields.get("Retry-After"), context_.clock.wall_now());
    delay = std::max(delay, asked.value_or(Duration(0)));
  }
  context_.timers.arm(due_, context_.clock.now() + delay);
}

// What the administrator must mend is said once; all else may pass.
void EventStream::report(Verdict verdict, const std::string& why) {
  const bool alarm = verdict == Verdict::kAlarm;
  if (alarm && std::exchange(alarmed_, true)) return;
  const auto not_logged = alarm ? 0 : failure_log_.admit(context_.clock.now());
  if (!not_logged) return;
  log::write(alarm ? log::Level::kError : log::Level::kWarn, "events", "not taken",
             {{"host", target_.host},
              {"to", url_.origin()},
              {"why", why},
              {"queued", queue_.size()},
              {"not_logged", *not_logged}});
}

void EventStream::report_overflow() {
  const auto not_logged = overflow_log_.admit(context_.clock.now());
  if (!not_logged) return;
  log::warn("events", "queue is full, the oldest is lost",
            {{"host", target_.host}, {"lost_so_far", queue_.lost()}});
}

void EventStream::log_lost(std::size_t count, std::string_view why) {
  log::error("events", "lost", {{"host", target_.host}, {"events", count}, {"why", why}});
}

void EventStream::set_target(EventTarget target) {
  const bool changed = target.url != target_.url || target.credentials != target_.credentials;
  target_ = std::move(target);
  url_ = http::parse_url(target_.url).value();
  origin_.node = context_.node;
  queue_.set_options(queue_options());
  if (changed) alarmed_ = false;
  if (queue_.batch() && ticket_ == 0) context_.timers.arm(due_, context_.clock.now());
}

void EventStream::finish() {
  finishing_ = true;
  if (ticket_ != 0) return;
  due_.cancel();
  if (queue_.batch() || queue_.due()) return send();
  owner_.on_stream_finished();
}

void EventStream::abandon(std::string_view why) {
  due_.cancel();
  if (ticket_ != 0) context_.fetcher.cancel(std::exchange(ticket_, 0));
  if (const std::size_t lost = queue_.clear(); lost > 0) log_lost(lost, why);
}

EventStats EventStream::stats() const {
  EventStats stats = stats_;
  stats.queued = queue_.size();
  stats.lost = queue_.lost();
  return stats;
}

}  // namespace rosterd::app
