// SPDX-License-Identifier: MIT
// What proxies and liars say of clients: an element is empty or made of an address's characters,
// and what a proxy appends is the last element, or nothing is believed.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "http/forwarded.h"

using namespace rosterd::http;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check(const ForwardedFor& nodes, bool may_be_malformed) {
  if (!nodes) return require(may_be_malformed);
  for (const std::string& node : *nodes) {
    require(node.find_first_not_of("0123456789abcdefABCDEF:.") == node.npos);
  }
  require(!nodes->empty() && nodes->back() == "2001:db8::1");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string value(reinterpret_cast<const char*>(data), size);
  Fields fields;
  fields.add("Forwarded", value + ", for=\"[2001:db8::1]\"");
  fields.add("X-Forwarded-For", value);
  fields.add("X-Forwarded-For", "2001:db8::1");
  check(parse_forwarded(fields), true);
  check(parse_x_forwarded_for(fields), false);
  return 0;
}
