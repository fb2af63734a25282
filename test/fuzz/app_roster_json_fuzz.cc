// SPDX-License-Identifier: MIT
// The web app's JSON: whatever it is, the entries that come out of it may stand in a stanza, are
// within the limits, and name each contact once and never the owner.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "app/roster_json.h"
#include "base/text.h"

namespace {

constexpr rosterd::app::RosterLimits kLimits{.contacts = 100, .text_bytes = 64};

void require(bool condition) {
  if (!condition) std::abort();
}

void check_text(std::string_view text) {
  require(text.size() <= kLimits.text_bytes);
  require(rosterd::text::is_xml_text(text));
}

void check_entry(const rosterd::im::RosterEntry& entry, const rosterd::xmpp::Jid& owner) {
  require(!entry.contact.empty() && !entry.contact.is_full());
  require(entry.contact != owner);
  check_text(entry.name);
  for (const std::string& group : entry.groups) {
    require(!group.empty());
    check_text(group);
  }
  const auto twice = std::adjacent_find(entry.groups.begin(), entry.groups.end(),
                                        std::greater_equal<std::string>());
  require(twice == entry.groups.end());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto owner = rosterd::xmpp::Jid::parse("john@example.com");
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto roster = rosterd::app::parse_roster(body, *owner, kLimits);
  if (!roster) {
    require(!roster.error().text.empty());
    return 0;
  }
  require(roster->entries.size() + roster->skipped <= kLimits.contacts);
  require(roster->skipped + roster->dropped == 0 || !roster->first_fault.empty());
  for (std::size_t i = 0; i < roster->entries.size(); ++i) {
    check_entry(roster->entries[i], *owner);
    if (i > 0) require(roster->entries[i - 1].contact.text() < roster->entries[i].contact.text());
  }
  return 0;
}
