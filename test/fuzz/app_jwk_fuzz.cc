// SPDX-License-Identifier: MIT
// A key set from anywhere: as many keys as there may be, each with one algorithm, no secret where
// secrets do not count; and a file of keys or a secret.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "app/jwk.h"

using namespace rosterd::app;
using rosterd::crypto::is_hmac;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto keys = parse_jwks(text, {.secrets = false})) {
    require(!keys->list().empty() && keys->list().size() <= JwtKeys::kMax);
    for (const JwtKey& one : keys->list()) {
      require(!is_hmac(one.key.algorithm()));
      require(!one.key.verifies("message", std::string(64, '\0')));
      const auto found = keys->find(one.id);
      require(std::count(found.begin(), found.end(), &one) == 1);
    }
  }
  if (const auto keys = parse_key_file(text, {})) require(!keys->list().empty());
  if (const auto keys = parse_secret_file(text, {})) {
    require(is_hmac(keys->list().front().key.algorithm()));
  }
  return 0;
}
