// SPDX-License-Identifier: MIT
// Crypto: the few primitives that SCRAM, stream ids and roster versions need, over OpenSSL's EVP.
// Failure of an EVP call is our own fault or out of memory and ends the process.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;  // OpenSSL's EVP_MD_CTX

namespace rosterd::crypto {

enum class Hash { kSha1, kSha256, kSha512 };

std::size_t digest_size(Hash hash);
std::string digest(Hash hash, std::string_view bytes);
// The same of bytes that come in parts.
class Digester {
 public:
  explicit Digester(Hash hash);
  void add(std::string_view bytes);
  // Once, after the last part.
  std::string finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

std::string hmac(Hash hash, std::string_view key, std::string_view bytes);

// PBKDF2 with HMAC (RFC 8018), one digest long: SCRAM's Hi(). Takes milliseconds: call it in
// net::Loop's thread pool, never on the loop.
std::string pbkdf2(Hash hash, std::string_view password, std::string_view salt, int iterations);

// Bytes from the system's CSPRNG.
std::string random_bytes(std::size_t count);
// A URL- and XML-safe token of at least `bits` bits of entropy.
std::string random_token(std::size_t bits = 128);

// Time depends on the lengths only. False when the lengths differ.
bool equal_constant_time(std::string_view a, std::string_view b);

std::string xor_bytes(std::string_view a, std::string_view b);

// Overwrites and empties a secret.
void wipe(std::string& secret);

}  // namespace rosterd::crypto
