// SPDX-License-Identifier: MIT
// What a proxy says first: however it is cut, the same comes of it, and no more than the longest
// header is ever waited for.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/proxy_header.h"

using namespace rosterd;
using namespace rosterd::net;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = parse_proxy_header(bytes);
  if (whole && !*whole) require(bytes.size() < kMaxProxyHeader);
  if (whole && *whole) {
    require((*whole)->size > 0 && (*whole)->size <= bytes.size());
    require((*whole)->size <= kMaxProxyHeader);
    require((*whole)->client.to_string().size() < 64);
  }
  for (std::size_t cut = 0; cut < bytes.size() && cut <= kMaxProxyHeader; ++cut) {
    const auto part = parse_proxy_header(bytes.substr(0, cut));
    if (!part) {
      require(!whole);
      break;
    }
    if (!*part) continue;
    require(whole && *whole && (*whole)->size == (*part)->size && (*part)->size <= cut);
    require((*whole)->client.to_string() == (*part)->client.to_string());
  }
  return 0;
}
