// SPDX-License-Identifier: MIT
#include "app/roster_fetch.h"

#include <algorithm>
#include <utility>

namespace rosterd::app {

namespace {

constexpr int kMaxRedirects = 3;

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// Faults that another attempt may not meet.
bool is_passing(int status) { return status == 429 || status >= 500; }
bool is_passing(Errc code) { return code == Errc::kTimeout || code == Errc::kUnavailable; }

Error refusal_of(int status) {
  const std::string text = "HTTP status " + std::to_string(status);
  if (status == 404) return {Errc::kNotFound, text};
  if (status == 401 || status == 403) return {Errc::kDenied, text};
  return {is_passing(status) ? Errc::kUnavailable : Errc::kInvalid, text};
}

}  // namespace

RosterFetch::RosterFetch(FetchContext& context, FetchPlan plan, Events& events)
    : context_(context),
      plan_(std::move(plan)),
      events_(events),
      sequence_(++context.last_sequence) {}

RosterFetch::~RosterFetch() { cancel_request(); }

void RosterFetch::start() {
  if (plan_.target) {
    send();
  } else {
    context_.timers.arm(retry_, context_.clock.now());
  }
}

void RosterFetch::restart_timeout(bool now) {
  if (now || deadline_.armed()) start_timeout();
}

void RosterFetch::start_timeout() {
  due_ = context_.clock.now() + plan_.timeout;
  context_.timers.arm(deadline_, due_);
}

void RosterFetch::send() {
  if (const auto* file = std::get_if<FilePath>(&*plan_.target)) {
    sent_ = true;
    ticket_ = context_.files->read(file->path, plan_.file_limit, this);
    if (!deadline_.armed()) start_timeout();
    return;
  }
  send_request(std::get<http::Url>(*plan_.target));
}

void RosterFetch::send_request(http::Url url) {
  url_ = std::move(url);
  web::FetchRequest request;
  request.url = url_;
  request.fields = plan_.fields;
  authorize(plan_.credentials, request, context_.clock.wall_now());
  ticket_ = context_.fetcher->fetch(std::move(request), this);
}

void RosterFetch::cancel_request() {
  const std::uint64_t ticket = std::exchange(ticket_, 0);
  if (ticket == 0) return;
  if (std::holds_alternative<FilePath>(*plan_.target)) {
    context_.files->cancel(ticket);
  } else {
    context_.fetcher->cancel(ticket);
  }
}

void RosterFetch::on_fetch_sent(std::uint64_t) {
  sent_ = true;
  if (!deadline_.armed()) start_timeout();
}

void RosterFetch::on_fetch_done(std::uint64_t, Result<http::Response> response) {
  ticket_ = 0;
  if (response) return handle_response(std::move(*response));
  if (is_passing(response.error().code)) {
    return retry_or_finish(std::move(response.error()), Duration(0));
  }
  finish(tl::unexpected<Error>(std::move(response.error())));
}

void RosterFetch::handle_response(http::Response response) {
  if (response.status == 200) return finish(std::move(response.body));
  if (is_redirect(response.status)) return follow(response);
  Error error = refusal_of(response.status);
  if (!is_passing(response.status)) return finish(tl::unexpected<Error>(std::move(error)));
  const auto at_least =
      parse_retry_after(response.fields.get("Retry-After"), context_.clock.wall_now());
  retry_or_finish(std::move(error), at_least.value_or(Duration(0)));
}

void RosterFetch::follow(const http::Response& response) {
  auto to = http::resolve_url(url_, response.fields.get("Location"));
  if (!response.fields.has("Location") || !to) {
    return finish(make_error(Errc::kInvalid, "a redirect without a usable Location"));
  }
  // Another origin would get the usernames, and whatever authorizes us, without having been named
  // in the configuration.
  if (to->origin() != url_.origin()) {
    return finish(make_error(Errc::kInvalid, "a redirect to another origin: " + to->origin()));
  }
  if (++redirects_ > kMaxRedirects) {
    return finish(make_error(Errc::kInvalid, "too many redirects"));
  }
  to->userinfo = url_.userinfo;
  send_request(std::move(*to));
}

void RosterFetch::retry_or_finish(Error error, Duration at_least) {
  if (!deadline_.armed()) start_timeout();  // it failed before anything could be sent
  last_error_ = error;
  const auto delay = schedule_.next(context_.random);
  const Instant when = context_.clock.now() + std::max(delay.value_or(Duration(0)), at_least);
  if (!delay || when >= due_) return finish(tl::unexpected<Error>(std::move(error)));
  // From here on the answer will be newer than anybody who asks meanwhile.
  sent_ = false;
  sequence_ = ++context_.last_sequence;
  context_.timers.arm(retry_, when);
}

void RosterFetch::finish(Result<std::string> body) {
  retry_.cancel();
  deadline_.cancel();
  events_.on_fetch_finished(std::move(body));
}

void RosterFetch::on_retry() {
  if (!plan_.target) return finish(tl::unexpected<Error>(plan_.target.error()));
  redirects_ = 0;
  send();
}

void RosterFetch::on_deadline() {
  cancel_request();
  finish(tl::unexpected<Error>(last_error_));
}

}  // namespace rosterd::app
