// SPDX-License-Identifier: MIT
// Rosterd-Signature: t=<unix time>[,k=<key id>],v1=<hex>, where v1 is HMAC-SHA256 over
// t "." METHOD "." path?query "." body (the protocol's section 6). Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "base/time.h"

namespace rosterd::app {

inline constexpr std::string_view kSignatureField = "Rosterd-Signature";

// What a signature covers.
struct SignedParts {
  std::string_view method;  // as it is sent
  std::string_view target;  // path and query, still percent-encoded
  std::string_view body;
};

struct Signature {
  std::int64_t time = 0;  // seconds since 1970
  std::string key_id;     // "" when it names none
  std::string mac;        // 64 lower-case hexadecimal digits
};

// Up to 64 of the characters that need no quoting in the field.
bool is_key_id(std::string_view text);

// The value of the field; `key_id` may be "".
std::string make_signature(std::string_view key_id, std::string_view secret, WallTime now,
                           const SignedParts& parts);
// kInvalid with the cause. Parameters of other names are left to versions to come.
Result<Signature> parse_signature(std::string_view field);
// Whether `secret` made it, in constant time. Says nothing of its age.
bool is_signed_by(const Signature& signature, std::string_view secret, const SignedParts& parts);

// X-Hub-Signature-256: sha256=<hex of HMAC-SHA256 over the body>, as GitHub signs: without a time,
// so it can be replayed for ever. False for a malformed field, too.
bool is_hub_signed_by(std::string_view field, std::string_view secret, std::string_view body);

// Each signature counts once, and only for five minutes. Holds what was signed by secrets that are
// in the configuration alone, so a stranger cannot fill it.
class ReplayWindow {
 public:
  static constexpr std::chrono::seconds kTolerance{300};  // either way

  // Over `limit` signatures the oldest are forgotten, and whatever is as old as they counts as
  // stale from then on: no replay gets through, and fresh requests do.
  explicit ReplayWindow(std::size_t limit = 100'000) : limit_(limit) {}

  // Seconds by which the time is off, beyond what is tolerated or was forgotten; 0 = it is good.
  std::int64_t off_by(std::int64_t time, WallTime now) const;
  // Remembers a signature that has been verified; false when it was seen before or off_by() is
  // not 0.
  bool admit(const Signature& signature, WallTime now);

  std::size_t size() const { return seen_.size(); }

 private:
  using Mac = std::array<char, 16>;  // its first 64 bits, which nobody can choose

  const std::size_t limit_;
  std::set<std::pair<std::int64_t, Mac>> seen_;
  std::int64_t forgotten_ = 0;  // the latest time of one that fell out over the limit
};

}  // namespace rosterd::app
