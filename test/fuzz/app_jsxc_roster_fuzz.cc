// SPDX-License-Identifier: MIT
// JSXC's answer to "sharedroster": whatever it is, who comes out of it is no more than the limit
// allows, never the owner, and of the owner's host unless the answer itself names another.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "app/jsxc.h"
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
  {
    const auto shared = app::parse_jsxc_roster(body);
    if (!shared) {
      check(!shared.error().text.empty());
      return 0;
    }
    check(shared->complete());
    im::RosterDraft draft(names, nullptr);
    const auto page = app::parse_page(*shared, draft, owner, limits, app::RosterKeys::kUserIds);
    if (!page) return 0;
    auto [roster, unusable] = draft.take();
    check(roster.contacts() + unusable + page->skipped <= limits.contacts);
    for (const auto& item : roster.base()->items()) {
      const auto contact = xmpp::Jid::parse(names.text(item.contact));
      check(contact && !contact->is_full() && *contact != owner && !contact->node().empty());
    }
  }
  check(names.size() == 0);
  return 0;
}
