// SPDX-License-Identifier: MIT
// The Rosterd-Signature of a stranger: what is read is within its bounds, means the same when it is
// written again, and convinces nobody.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "app/signature.h"

using namespace rosterd::app;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view field(reinterpret_cast<const char*>(data), size);
  require(!is_hub_signed_by(field, "a secret nobody knows", "body"));
  const auto signature = parse_signature(field);
  if (!signature) return 0;
  require(signature->time > 0 && signature->mac.size() == 64);
  require(signature->key_id.empty() || is_key_id(signature->key_id));
  const std::string key = signature->key_id.empty() ? "" : ",k=" + signature->key_id;
  const auto again =
      parse_signature("t=" + std::to_string(signature->time) + key + ",v1=" + signature->mac);
  require(again && again->time == signature->time && again->key_id == signature->key_id &&
          again->mac == signature->mac);
  require(!is_signed_by(*signature, "a secret nobody knows", {"GET", "/", ""}));
  return 0;
}
