// SPDX-License-Identifier: MIT
#include "scram.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>
#include <utility>

#include "process.h"

namespace bench {

namespace {

constexpr std::string_view kNonce = "fyko+d2lbbFgONRv9qkxdawL";

std::string sha256(std::string_view data) {
  std::string out(SHA256_DIGEST_LENGTH, '\0');
  ::SHA256(reinterpret_cast<const unsigned char*>(data.data()), data.size(),
           reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

std::string salt_password(const std::string& password, const std::string& salt, int rounds) {
  static std::mutex guard;
  static std::map<std::pair<std::string, int>, std::string> known;
  const std::lock_guard lock(guard);
  std::string& salted = known[{password + '\0' + salt, rounds}];
  if (salted.empty()) {
    salted.resize(SHA256_DIGEST_LENGTH);
    ::PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                        reinterpret_cast<const unsigned char*>(salt.data()),
                        static_cast<int>(salt.size()), rounds, EVP_sha256(), SHA256_DIGEST_LENGTH,
                        reinterpret_cast<unsigned char*>(salted.data()));
  }
  return salted;
}

// The value of `name=` in a comma-separated list.
std::string value_of(std::string_view message, char name) {
  for (std::size_t at = 0; at < message.size();) {
    const std::size_t end = std::min(message.find(',', at), message.size());
    if (message[at] == name) return std::string(message.substr(at + 2, end - at - 2));
    at = end + 1;
  }
  give_up("no such value in: " + std::string(message));
}

}  // namespace

std::string hmac(std::string_view key, std::string_view data) {
  std::string out(SHA256_DIGEST_LENGTH, '\0');
  ::HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(data.data()), data.size(),
         reinterpret_cast<unsigned char*>(out.data()), nullptr);
  return out;
}

std::string base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::string base64_decode(std::string_view text) {
  std::string out(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) give_up("no base64: " + std::string(text));
  const auto padding = static_cast<std::size_t>(text.ends_with("==") ? 2 : text.ends_with('='));
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

std::string Scram::first() const { return "n,,n=" + user_ + ",r=" + std::string(kNonce); }

std::string Scram::answer(std::string_view server_first) {
  int rounds = 0;
  const std::string count = value_of(server_first, 'i');
  std::from_chars(count.data(), count.data() + count.size(), rounds);
  const std::string salt = base64_decode(value_of(server_first, 's'));
  const std::string salted = salt_password(password_, salt, rounds);
  const std::string unproven = "c=biws,r=" + value_of(server_first, 'r');
  const std::string signed_text =
      first().substr(3) + ',' + std::string(server_first) + ',' + unproven;
  std::string proof = hmac(salted, "Client Key");
  const std::string signature = hmac(sha256(proof), signed_text);
  for (std::size_t i = 0; i < proof.size(); ++i) {
    proof[i] = static_cast<char>(proof[i] ^ signature[i]);
  }
  signature_ = hmac(hmac(salted, "Server Key"), signed_text);
  return unproven + ",p=" + base64(proof);
}

void Scram::check(std::string_view server_final) const {
  if (base64_decode(value_of(server_final, 'v')) != signature_) give_up("another server");
}

}  // namespace bench
