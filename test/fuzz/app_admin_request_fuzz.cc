// SPDX-License-Identifier: MIT
// What the windows into rosterd are asked: the first byte chooses which.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "app/admin_request.h"

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rosterd::app;
  static const std::vector<std::string> hosts = {"example.com", "example.org"};
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      if (const auto page = parse_page_request(rest)) {
        check(page->limit >= 1 && page->limit <= kOnlinePage);
      }
      break;
    case 1:
      if (const auto names = parse_names(rest, hosts, 10)) check(names->size() <= 10);
      break;
    default:
      if (const auto kick = parse_kick(rest, hosts, 10)) {
        check(kick->users.size() <= 10 && kick->reason.size() <= kKickReason);
      }
  }
  return 0;
}
