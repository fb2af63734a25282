// SPDX-License-Identifier: MIT
// The answer to a bulk request: cut into rosters, each of which is read. A roster that is cut out
// must read as the same text by itself would.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "app/bulk_json.h"
#include "app/roster_json.h"

namespace {

void check(bool holds) {
  if (!holds) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rosterd;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  static const xmpp::Jid owner = *xmpp::Jid::parse("john@example.com");
  static const app::RosterLimits limits{.contacts = 50, .text_bytes = 40};
  Interner names;
  const auto answers = app::parse_bulk_answer(body);
  if (!answers) return 0;
  for (const auto& [name, roster] : *answers) {
    check(roster.complete());
    const auto parsed = app::parse_roster(roster, owner, limits, names);
    if (parsed) check(parsed->roster.contacts() <= limits.contacts);
  }
  return 0;
}
