// SPDX-License-Identifier: MIT
// Bodies of refreshes and of edges: whatever they are, what comes out names each user once,
// accounts for every element, and may stand in a stanza and in the head of a request.
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "app/edges_request.h"
#include "app/refresh_request.h"
#include "base/text.h"

namespace app = rosterd::app;

namespace {

constexpr std::size_t kMaxElements = 20;
constexpr std::size_t kMaxTextBytes = 64;

void require(bool condition) {
  if (!condition) std::abort();
}

void check_text(const std::string& text) {
  require(text.size() <= kMaxTextBytes);
  require(rosterd::text::is_xml_text(text));
}

void check_etag(const std::string& etag) {
  for (const char c : etag) require(c > 0x20 && c < 0x7F);
}

void check_roster(const rosterd::im::Roster& roster, const rosterd::xmpp::Jid& owner) {
  const rosterd::Interner& names = roster.interner();
  for (const rosterd::im::RosterItem& item : roster.items()) {
    const auto contact = rosterd::xmpp::Jid::parse(names.text(item.contact));
    require(contact.has_value() && !contact->is_full() && *contact != owner);
    check_text(std::string(names.text(item.name)));
    for (const std::string_view group : rosterd::im::split_groups(names.text(item.groups))) {
      check_text(std::string(group));
    }
  }
}

void check_delta(const app::RosterDelta& delta, const rosterd::xmpp::Jid& owner) {
  require(delta.whole ? delta.edits.empty() : !delta.roster);
  check_etag(delta.etag);
  if (delta.if_etag) check_etag(*delta.if_etag);
  if (delta.whole) check_roster(*delta.roster, owner);
  for (const rosterd::im::RosterEdit& edit : delta.edits) {
    require(!edit.contact.empty() && !edit.contact.is_full() && edit.contact != owner);
    check_text(edit.name.value_or(""));
    for (const std::string& group : edit.groups.value_or(std::vector<std::string>())) {
      check_text(group);
    }
  }
}

void check(const rosterd::Result<app::RefreshRequest>& request,
           const std::vector<std::string>& hosts) {
  if (!request) return require(!request.error().text.empty());
  require(request->elements <= kMaxElements);
  const app::RosterFaults& faults = request->faults;
  require(faults.skipped + faults.dropped == 0 || !faults.first_fault.empty());
  std::set<std::string> users;
  std::set<std::uint32_t> elements;
  for (const app::RefreshUser& user : request->users) {
    require(!user.user.is_full() && !user.user.node().empty());
    require(user.user.domain() == hosts[0] || user.user.domain() == hosts[1]);
    require(users.emplace(user.user.text()).second);
    require(!user.elements.empty());
    elements.insert(user.elements.begin(), user.elements.end());
    for (const app::RosterDelta& delta : user.deltas) check_delta(delta, user.user);
  }
  require(elements.size() == request->elements);
  require(elements.empty() || *elements.rbegin() == request->elements - 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<std::string> hosts = {"example.com", "example.org"};
  app::RosterSourceOptions rosters;
  rosters.limits = {.contacts = 100, .text_bytes = kMaxTextBytes};
  const app::RefreshRequestLimits limits{kMaxElements, rosters};
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  rosterd::Interner names;
  check(app::parse_refresh_body(body, hosts, limits, names), hosts);
  check(app::parse_edges_body(body, hosts, limits), hosts);
  return 0;
}
