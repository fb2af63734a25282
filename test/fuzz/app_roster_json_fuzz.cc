// SPDX-License-Identifier: MIT
// The web app's JSON: whatever it is, the contacts that come out of it may stand in a stanza, are
// within the limits, each there once and never the owner; in parts, and against a roster that it
// may replace, it is read as it is by itself.
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

void check_item(const rosterd::Interner& names, const rosterd::im::RosterItem& item,
                const rosterd::xmpp::Jid& owner) {
  const auto contact = rosterd::xmpp::Jid::parse(names.text(item.contact));
  require(contact.has_value() && !contact->is_full() && *contact != owner);
  require(contact->text() == names.text(item.contact));
  check_text(names.text(item.name));
  const auto groups = rosterd::im::split_groups(names.text(item.groups));
  for (const std::string_view group : groups) {
    require(!group.empty());
    check_text(group);
  }
  const auto twice =
      std::adjacent_find(groups.begin(), groups.end(), std::greater_equal<std::string_view>());
  require(twice == groups.end());
}

// The place is left out: of a token that lies in several parts another byte may be told.
std::string_view cause_of(std::string_view error) {
  constexpr std::string_view kPlace = "JSON, byte ";
  return error.starts_with(kPlace) ? error.substr(error.find(':')) : error;
}

// The same body in parts, to be read as what may replace `base`.
void check_parts(std::string_view body, const rosterd::xmpp::Jid& owner, rosterd::Interner& names,
                 const rosterd::Result<rosterd::app::ParsedRoster>& whole,
                 const rosterd::im::SharedRoster& base) {
  rosterd::im::RosterDraft draft(names, base);
  rosterd::app::RosterPageParser parser(draft, owner, kLimits);
  const std::size_t size = 1 + body.size() % 17;
  for (; !body.empty(); body.remove_prefix(std::min(size, body.size()))) {
    parser.feed(body.substr(0, size));
  }
  const auto page = parser.finish();
  require(page.has_value() == whole.has_value());
  if (!page) return require(cause_of(page.error().text) == cause_of(whole.error().text));
  const auto [roster, unusable] = draft.take();
  require(page->skipped + unusable == whole->skipped && page->dropped == whole->dropped);
  require(roster.version() == whole->roster.version());
  require(roster.contacts() == whole->roster.contacts());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto owner = rosterd::xmpp::Jid::parse("john@example.com");
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  rosterd::Interner names;
  {
    const auto roster = rosterd::app::parse_roster(body, *owner, kLimits, names);
    check_parts(body, *owner, names, roster, nullptr);
    const auto half = rosterd::app::parse_roster(R"({"a@x": {"groups": ["F"]}, "b@x": "B"})",
                                                 *owner, kLimits, names);
    check_parts(body, *owner, names, roster, half->roster.base());
    if (!roster) {
      require(!roster.error().text.empty());
    } else {
      require(roster->roster.contacts() + roster->skipped <= kLimits.contacts);
      require(roster->skipped + roster->dropped == 0 || !roster->first_fault.empty());
      for (const auto& item : roster->roster.base()->items()) check_item(names, item, *owner);
      check_parts(body, *owner, names, roster, roster->roster.base());
    }
  }
  require(names.size() == 0);
  return 0;
}
