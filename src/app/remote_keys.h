// SPDX-License-Identifier: MIT
// RemoteKeys: the keys of a JWKS URL, fetched when they are first there to be had, every hour, and
// when a token names one that is not among them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "app/jwk.h"
#include "app/retry.h"
#include "base/time.h"
#include "base/timers.h"
#include "http/url.h"
#include "web/http_client.h"

namespace rosterd::app {

class RemoteKeys final : public web::FetchEvents {
 public:
  static constexpr Duration kLifetime = std::chrono::hours(1);
  // Unknown keys are for strangers to name, so they cause no more fetches than this.
  static constexpr Duration kPause = std::chrono::minutes(1);
  static constexpr std::size_t kSizeMax = 256 * 1024;

  class Owner {
   public:
    virtual ~Owner() = default;
    // A fetch has ended, well or not.
    virtual void on_keys_fetched() = 0;
  };
  struct Options {
    std::string url;   // http:// or https://
    std::string host;  // whose tokens they are for; for log lines
    JwkOptions keys;   // without secrets
    std::string user_agent = "rosterd/1.0";
  };

  // All outlive it. The first fetch begins at the end of the turn.
  RemoteKeys(web::Fetcher& fetcher, const Clock& clock, Timers& timers, Options options,
             Owner& owner);
  ~RemoteKeys() override;
  RemoteKeys(const RemoteKeys&) = delete;
  RemoteKeys& operator=(const RemoteKeys&) = delete;

  // Null before the first success. A fetch that fails changes nothing.
  const JwtKeys* keys() const { return keys_ ? &*keys_ : nullptr; }
  // The last fetch failed, so what is not among the keys may be one all the same.
  bool failing() const { return failing_; }
  // Have them fetched. True: on_keys_fetched() will come. False: that was done within kPause.
  bool ask_again();

  void on_fetch_done(std::uint64_t ticket, Result<http::Response> response) override;

 private:
  void begin();
  Result<JwtKeys> read(const Result<http::Response>& response) const;
  void on_failure(const Error& error);

  web::Fetcher& fetcher_;
  const Clock& clock_;
  Timers& timers_;
  const Options options_;
  const http::Url url_;
  Owner& owner_;
  Random random_;
  std::optional<JwtKeys> keys_;
  bool failing_ = false;
  std::uint64_t ticket_ = 0;      // of the fetch on its way
  std::optional<Instant> asked_;  // again, the last time
  Backoff backoff_{std::chrono::seconds(2), kPause};
  Timer due_ = Timer::bind<&RemoteKeys::begin>(this);
};

// Checks jwt_jwks_url: kInvalid with a text for the administrator.
Status check_jwks_url(std::string_view url);

}  // namespace rosterd::app
