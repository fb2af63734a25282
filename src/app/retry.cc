// SPDX-License-Identifier: MIT
#include "app/retry.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <ctime>
#include <string>

#include "base/crypto.h"
#include "base/text.h"

namespace rosterd::app {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array<Duration, 3> kDelays = {milliseconds(250), seconds(1), seconds(4)};
constexpr seconds kDay = std::chrono::hours(24);

std::optional<WallTime> parse_http_date(std::string_view value) {
  const std::string text(value);
  std::tm utc{};
  const char* const end = strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  if (!end || *end != '\0') return std::nullopt;
  return WallTime(seconds(timegm(&utc)));
}

}  // namespace

Random make_random() {
  Random::result_type seed = 0;
  const std::string bytes = crypto::random_bytes(sizeof seed);
  std::memcpy(&seed, bytes.data(), sizeof seed);
  return Random(seed);
}

Duration jitter(Duration delay, Random& random) {
  const Duration::rep quarter = delay.count() / 4;
  std::uniform_int_distribution<Duration::rep> distribution(-quarter, quarter);
  return delay + Duration(distribution(random));
}

std::optional<Duration> RetrySchedule::next(Random& random) {
  if (used_ == kDelays.size()) return std::nullopt;
  return jitter(kDelays[used_++], random);
}

Duration Backoff::next(Random& random) {
  const Duration delay = delay_;
  delay_ = std::min(delay_ * 2, longest_);
  return jitter(delay, random);
}

bool is_passing_status(int status) {
  return status == 408 || status == 425 || status == 429 || status >= 500;
}

std::optional<Duration> parse_retry_after(std::string_view value, WallTime now) {
  value = text::trim(value);
  std::int64_t number = 0;
  const char* const last = value.data() + value.size();
  const auto [end, error] = std::from_chars(value.data(), last, number);
  if (error == std::errc() && end == last && number >= 0) {
    return std::min(kDay, seconds(std::min<std::int64_t>(number, kDay.count())));
  }
  const auto date = parse_http_date(value);
  if (!date) return std::nullopt;
  return std::clamp<Duration>(*date - now, Duration(0), kDay);
}

}  // namespace rosterd::app
