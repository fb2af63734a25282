// SPDX-License-Identifier: MIT
// JSON Web Tokens (RFC 7519) in the compact form of JWS (RFC 7515), read as RFC 8725 asks for: what
// a token says of itself decides nothing but which of our keys it is tried with. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "app/jwk.h"
#include "base/result.h"
#include "base/time.h"

namespace rosterd::app {

inline constexpr std::size_t kJwtSizeMax = 16 * 1024;

// A token taken apart; nothing of it has been proven. The token outlives it.
struct Jwt {
  crypto::SignatureAlgorithm algorithm{};  // "alg"
  std::string key_id;                      // "kid"; "" = names no key
  std::string_view signed_part;            // header "." claims, in the token itself
  std::string claims;                      // JSON
  std::string signature;
};

// What the claims must say.
struct JwtRules {
  std::string issuer{};                        // "iss"; "" = any
  std::string audience{};                      // among "aud"; "" = any
  std::string name = "jid";                    // the claim that says whose it is
  Duration leeway = std::chrono::seconds(30);  // by how much clocks may differ

  friend bool operator==(const JwtRules&, const JwtRules&) = default;
};

struct JwtClaims {
  std::string name;    // the claim that JwtRules name
  WallTime expires{};  // "exp" and the leeway
};

// All fail with kDenied and a text for the log that holds nothing of the token.
Result<Jwt> parse_jwt(std::string_view token);
// Those that may have signed it. kNotFound when it names a key that is none of `keys`.
Result<std::vector<crypto::VerifyKey>> find_signers(const Jwt& token, const JwtKeys& keys);
// Whether any of these has; they are all of the token's algorithm.
bool is_signed_by(const std::vector<crypto::VerifyKey>& signers, std::string_view signed_part,
                  std::string_view signature);
// Takes long enough, 0.7 ms and more, that others are not to wait for many of it.
bool is_slow(crypto::SignatureAlgorithm algorithm);
// Of a token whose signature is right.
Result<JwtClaims> check_claims(const Jwt& token, const JwtRules& rules, WallTime now);

}  // namespace rosterd::app
