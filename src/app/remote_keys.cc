// SPDX-License-Identifier: MIT
#include "app/remote_keys.h"

#include <utility>

#include "base/log.h"

namespace rosterd::app {

RemoteKeys::RemoteKeys(web::Fetcher& fetcher, const Clock& clock, Timers& timers, Options options,
                       Owner& owner)
    : fetcher_(fetcher),
      clock_(clock),
      timers_(timers),
      options_(std::move(options)),
      url_(http::parse_url(options_.url).value_or(http::Url())),
      owner_(owner),
      random_(make_random()) {
  timers_.arm(due_, clock_.now());
}

RemoteKeys::~RemoteKeys() {
  if (ticket_ != 0) fetcher_.cancel(ticket_);
}

bool RemoteKeys::ask_again() {
  if (ticket_ != 0) return true;
  if (asked_ && clock_.now() - *asked_ < kPause) return false;
  asked_ = clock_.now();
  begin();
  return true;
}

void RemoteKeys::begin() {
  due_.cancel();
  web::FetchRequest request;
  request.url = url_;
  request.fields.add("Accept", "application/jwk-set+json, application/json");
  request.fields.add("User-Agent", options_.user_agent);
  ticket_ = fetcher_.fetch(std::move(request), this);
}

Result<JwtKeys> RemoteKeys::read(const Result<http::Response>& response) const {
  if (!response) return tl::unexpected<Error>(response.error());
  if (response->status != 200) {
    return make_error(Errc::kUnavailable, "HTTP status " + std::to_string(response->status));
  }
  if (response->body.size() > kSizeMax) {
    return make_error(Errc::kTooLarge, "over " + std::to_string(kSizeMax) + " bytes");
  }
  return parse_jwks(response->body, options_.keys);
}

void RemoteKeys::on_fetch_done(std::uint64_t, Result<http::Response> response) {
  ticket_ = 0;
  auto keys = read(response);
  if (!keys) {
    on_failure(keys.error());
    return owner_.on_keys_fetched();
  }
  if (std::exchange(failing_, false) || !keys_) {
    log::info("auth", "keys for tokens fetched",
              {{"host", options_.host}, {"keys", keys->list().size()}});
  }
  keys_ = std::move(*keys);
  backoff_ = Backoff(std::chrono::seconds(2), kPause);
  timers_.arm(due_, clock_.now() + kLifetime);
  owner_.on_keys_fetched();
}

// One line per outage.
void RemoteKeys::on_failure(const Error& error) {
  const bool was_failing = std::exchange(failing_, true);
  if (error.code == Errc::kCancelled) return;  // the program stops
  timers_.arm(due_, clock_.now() + backoff_.next(random_));
  if (was_failing) return;
  log::warn("auth", "keys for tokens cannot be fetched",
            {{"host", options_.host},
             {"from", url_.origin()},
             {"reason", error.text},
             {"until_then", keys_ ? "the ones before" : "nobody can log in"}});
}

Status check_jwks_url(std::string_view url) {
  if (auto parsed = http::parse_url(url); !parsed) return tl::unexpected<Error>(parsed.error());
  return {};
}

}  // namespace rosterd::app
