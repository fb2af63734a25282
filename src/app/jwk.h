// SPDX-License-Identifier: MIT
// The keys that tokens are checked with: JWK and JWKS (RFC 7517), PEM, and plain secrets. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/verify_key.h"

namespace rosterd::app {

struct JwtKey {
  std::string id;  // "kid"; "" = it has none and is good for a token of any
  crypto::VerifyKey key;
};

// The keys of a host. A value.
class JwtKeys {
 public:
  // One token may have to be tried with each of them.
  static constexpr std::size_t kMax = 32;

  // False when there are so many already.
  bool add(JwtKey key);
  const std::vector<JwtKey>& list() const { return list_; }
  // Those that a token with this "kid" may have been signed with; "" = it names none.
  std::vector<const JwtKey*> find(std::string_view id) const;

 private:
  std::vector<JwtKey> list_;
};

struct JwkOptions {
  // Of RSA and oct keys that do not say it themselves.
  crypto::SignatureAlgorithm rsa = crypto::SignatureAlgorithm::kRs256;
  crypto::SignatureAlgorithm secret = crypto::SignatureAlgorithm::kHs256;
  // Whether "oct" keys count. A set that anybody may fetch holds no secrets.
  bool secrets = true;
};

// A JWK, or a JWKS, of which keys that are for something else, of another kind, or malformed are
// left out (RFC 7517 section 5). kInvalid, with the first fault, when none is left, or over
// JwtKeys::kMax.
Result<JwtKeys> parse_jwks(std::string_view json, const JwkOptions& options);

// A file with a JWK, a JWKS or one PEM.
Result<JwtKeys> parse_key_file(const std::string& text, const JwkOptions& options);

// A file with the secret itself; one line end after it is not part of it. A PEM is refused: a
// public key taken for a secret would let everybody sign (RFC 8725 section 2.1).
Result<JwtKeys> parse_secret_file(std::string_view text, const JwkOptions& options);

}  // namespace rosterd::app
