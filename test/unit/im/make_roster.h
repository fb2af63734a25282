// SPDX-License-Identifier: MIT
// Rosters from their contacts, and back.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "im/roster_draft.h"
#include "support/cmocka.h"

namespace rosterd::im {

struct Entry {
  std::string contact;
  std::string name = {};
  std::vector<std::string> groups = {};
  Subscription subscription = Subscription::kBoth;
};

inline NewRoster make_roster(Interner& names, const std::vector<Entry>& entries,
                             SharedRoster base = nullptr) {
  RosterDraft draft(names, std::move(base));
  for (const Entry& entry : entries) {
    const auto contact = draft.acquire_contact(entry.contact);
    assert_true(contact.has_value());
    std::string groups;
    for (const std::string& group : entry.groups) {
      if (!groups.empty()) groups += kGroupSeparator;
      groups += group;
    }
    sort_groups(groups);
    draft.add(*contact, entry.name, groups, entry.subscription);
  }
  return draft.take().roster;
}

inline SharedRoster make_whole_roster(Interner& names, const std::vector<Entry>& entries) {
  return make_roster(names, entries).replace(nullptr);
}

// In the order of their addresses.
inline std::vector<Entry> list_entries(const Roster& roster) {
  const Interner& names = roster.interner();
  std::vector<Entry> entries;
  for (const RosterItem& item : roster.items()) {
    const auto groups = split_groups(names.text(item.groups));
    entries.push_back({std::string(names.text(item.contact)),
                       std::string(names.text(item.name)),
                       {groups.begin(), groups.end()},
                       item.subscription});
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.contact < b.contact; });
  return entries;
}

inline std::vector<Entry> list_entries(NewRoster roster) {
  return list_entries(*roster.replace(nullptr));
}

}  // namespace rosterd::im
