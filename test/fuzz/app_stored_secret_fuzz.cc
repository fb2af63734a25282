// SPDX-License-Identifier: MIT
// What get_password answers with: a password or keys, of the right sizes, and never both.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "app/stored_secret.h"

namespace {

void check(bool holds) {
  if (!holds) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rosterd;
  const auto secret = app::parse_stored_secret({reinterpret_cast<const char*>(data), size});
  if (!secret) {
    check(!secret.error().text.empty());
    return 0;
  }
  check(secret->password.empty() != secret->keys.empty());
  for (const xmpp::ScramKeys& keys : secret->keys) {
    check(keys.iterations > 0 && !keys.salt.empty());
    check(keys.stored_key.size() == crypto::digest_size(keys.hash));
    check(keys.server_key.size() == crypto::digest_size(keys.hash));
    check(secret->find(keys.hash) != nullptr);
  }
  return 0;
}
