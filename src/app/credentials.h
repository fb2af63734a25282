// SPDX-License-Identifier: MIT
// Credential: one way to prove who is asking, in either direction between rosterd and the web
// application (the protocol's section 6). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "web/http_client.h"

namespace rosterd::app {

struct Credential {
  enum class Kind : std::uint8_t { kBearer, kBasic, kHmac };
  Kind kind = Kind::kBearer;
  std::string name;  // the user of kBasic, the key id of kHmac (may be "": the only key)
  std::string secret;

  friend bool operator==(const Credential&, const Credential&) = default;
};

// `bearer:<token>`, `basic:<user>:<password>` (which may hold colons) or `hmac:<key id>:<secret>`.
// kInvalid with what is wrong; the text holds no part of the secret.
Result<Credential> parse_credential(std::string_view text);

// The text that parse_credential() reads.
std::string write_credential(const Credential& credential);

// The same with stars for the secret, for `-p`.
std::string mask_credential(const Credential& credential);

// Whether the two are equal, in a time that tells nothing of `secret`, not even its length.
bool is_same_secret(std::string_view given, std::string_view secret);

// Makes an outgoing request prove who sends it: Authorization by the first bearer or basic of
// `credentials`, Rosterd-Signature by the first hmac. Called once per request, when all else of
// it is final, and anew for a repetition: `now` is part of a signature and ages.
void authorize(const std::vector<Credential>& credentials, web::FetchRequest& request,
               WallTime now);

}  // namespace rosterd::app
