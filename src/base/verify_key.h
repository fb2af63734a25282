// SPDX-License-Identifier: MIT
// VerifyKey: a key that tells whether a JSON Web Signature is right (RFC 7518 section 3, RFC 8037),
// over OpenSSL's EVP. A key has one algorithm and checks by no other (RFC 8725 section 3.1).
//
// Why no library: of those in Debian 12, libjwt 1.10, libcjose, libjose and libcpp-jwt have no
// EdDSA, libjwt and libcpp-jwt no JWK, and librhonabwy brings GnuTLS, nettle, jansson and curl
// beside what is here already and fetches keys that a token names. What remains to be written over
// EVP is this file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

struct evp_pkey_st;

namespace rosterd::crypto {

enum class SignatureAlgorithm : std::uint8_t {
  kHs256,
  kHs384,
  kHs512,
  kRs256,
  kRs384,
  kRs512,
  kEs256,
  kEs384,
  kEs512,
  kEdDsa,  // Ed25519
};

// "HS256", …, "EdDSA".
const char* to_string(SignatureAlgorithm algorithm);
// Of these names; "Ed25519" is EdDSA, too (RFC 9864).
std::optional<SignatureAlgorithm> parse_signature_algorithm(std::string_view name);
bool is_hmac(SignatureAlgorithm algorithm);
bool is_rsa(SignatureAlgorithm algorithm);
bool is_ecdsa(SignatureAlgorithm algorithm);

// Immutable; copies share the key. kInvalid, with a text for the administrator, for whatever is no
// such key or too weak to be one.
class VerifyKey {
 public:
  // At least as long as the digest (RFC 7518 section 3.2).
  static Result<VerifyKey> from_secret(SignatureAlgorithm algorithm, std::string secret);
  // Big-endian numbers; the modulus has 2,048 to 8,192 bits.
  static Result<VerifyKey> from_rsa(SignatureAlgorithm algorithm, std::string_view modulus,
                                    std::string_view exponent);
  // Coordinates of a point of the algorithm's curve, each of the curve's size.
  static Result<VerifyKey> from_point(SignatureAlgorithm algorithm, std::string_view x,
                                      std::string_view y);
  static Result<VerifyKey> from_ed25519(std::string_view bytes);
  // "PUBLIC KEY" or "CERTIFICATE". `rsa` is the algorithm where the key is an RSA key: it is the
  // one kind that does not say it itself.
  static Result<VerifyKey> from_pem(const std::string& pem, SignatureAlgorithm rsa);

  SignatureAlgorithm algorithm() const { return algorithm_; }
  // `signature` in the form of JWS: of ECDSA, r and s beside each other.
  bool verifies(std::string_view message, std::string_view signature) const;

 private:
  using Key = std::shared_ptr<evp_pkey_st>;
  VerifyKey(SignatureAlgorithm algorithm, std::string secret, Key key)
      : algorithm_(algorithm), secret_(std::move(secret)), key_(std::move(key)) {}
  static Result<VerifyKey> check(SignatureAlgorithm algorithm, Key key);

  SignatureAlgorithm algorithm_;
  std::string secret_;  // of HMAC
  Key key_;             // of the others
};

}  // namespace rosterd::crypto
