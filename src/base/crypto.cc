// SPDX-License-Identifier: MIT
#include "base/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cassert>
#include <cstdlib>

#include "base/log.h"

namespace rosterd::crypto {

namespace {

const EVP_MD* evp(Hash hash) {
  switch (hash) {
    case Hash::kSha1:
      return EVP_sha1();
    case Hash::kSha256:
      return EVP_sha256();
    case Hash::kSha512:
      return EVP_sha512();
  }
  std::abort();
}

// Out of memory, no entropy, or a call that is wrong: none of them can be survived in safety.
void require(bool success, const char* what) {
  if (success) return;
  log::error("crypto", "primitive failed", {{"primitive", what}});
  std::abort();
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

std::size_t digest_size(Hash hash) { return static_cast<std::size_t>(EVP_MD_get_size(evp(hash))); }

std::string digest(Hash hash, std::string_view bytes) {
  std::string out(digest_size(hash), '\0');
  require(EVP_Digest(bytes.data(), bytes.size(), bytes_of(out), nullptr, evp(hash), nullptr) == 1,
          "digest");
  return out;
}

Digester::Digester(Hash hash) : context_(EVP_MD_CTX_new()) {
  require(context_ && EVP_DigestInit_ex(context_.get(), evp(hash), nullptr) == 1, "digest");
}

void Digester::add(std::string_view bytes) {
  require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1, "digest");
}

std::string Digester::finish() {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  require(EVP_DigestFinal_ex(context_.get(), bytes_of(out), &size) == 1, "digest");
  out.resize(size);
  return out;
}

void Digester::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

std::string hmac(Hash hash, std::string_view key, std::string_view bytes) {
  std::string out(digest_size(hash), '\0');
  require(HMAC(evp(hash), key.data(), static_cast<int>(key.size()), bytes_of(bytes), bytes.size(),
               bytes_of(out), nullptr) != nullptr,
          "hmac");
  return out;
}

std::string pbkdf2(Hash hash, std::string_view password, std::string_view salt, int iterations) {
  std::string out(digest_size(hash), '\0');
  require(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes_of(salt),
                            static_cast<int>(salt.size()), iterations, evp(hash),
                            static_cast<int>(out.size()), bytes_of(out)) == 1,
          "pbkdf2");
  return out;
}

std::string random_bytes(std::size_t count) {
  std::string out(count, '\0');
  require(RAND_bytes(bytes_of(out), static_cast<int>(count)) == 1, "random");
  return out;
}

std::string random_token(std::size_t bits) {
  // 32 characters, so that five bits of each random byte choose one without bias; lower case, so
  // that no preparation of a JID changes it.
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
  std::string out = random_bytes((bits + 4) / 5);
  for (char& c : out) c = kAlphabet[static_cast<unsigned char>(c) & 31];
  return out;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string xor_bytes(std::string_view a, std::string_view b) {
  assert(a.size() == b.size());
  std::string out(std::min(a.size(), b.size()), '\0');
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<char>(a[i] ^ b[i]);
  return out;
}

void wipe(std::string& secret) {
  secret.resize(secret.capacity());  // what was there before it was shortened counts too
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

}  // namespace rosterd::crypto
