// SPDX-License-Identifier: MIT
// Cache-Control, Age, Link and ETag of a web app's answer: lines "name:value".
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "app/response_fields.h"

namespace {

void check(bool holds) {
  if (!holds) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rosterd;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  http::Fields fields;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::size_t colon = std::min(line.find(':'), line.size());
    fields.add(std::string(line.substr(0, colon)),
               std::string(line.substr(std::min(colon + 1, line.size()))));
  }
  const Duration age = app::read_max_age(fields);
  check(age >= Duration(0) && age <= std::chrono::hours(24));
  check(app::read_etag(fields).size() <= 256);
  if (const auto next = app::read_next_link(fields)) check(next->size() <= size);
  return 0;
}
