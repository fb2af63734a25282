// SPDX-License-Identifier: MIT
#include "app/bulk_json.h"

#include "base/json.h"

namespace rosterd::app {

std::string write_bulk_question(const std::vector<std::string_view>& usernames) {
  json::Writer out;
  out.array();
  for (const std::string_view name : usernames) out.string(name);
  return out.end().take();
}

Result<JsonMembers> parse_bulk_answer(std::string_view body) {
  return read_members(body, "a bulk answer");
}

}  // namespace rosterd::app
