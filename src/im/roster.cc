// SPDX-License-Identifier: MIT
#include "im/roster.h"

#include <algorithm>
#include <limits>

#include "base/crypto.h"
#include "base/text.h"

namespace rosterd::im {

namespace {

// U+001F cannot stand in XML, so no group name holds it.
constexpr char kGroupSeparator = '\x1f';
// Into `joined`, so that one string serves all contacts.
void join_groups(const std::vector<std::string>& groups, std::string& joined) {
  joined.clear();
  if (groups.size() == 1) joined = groups.front();
  if (groups.size() < 2) return;
  std::vector<std::string_view> order(groups.begin(), groups.end());
  std::sort(order.begin(), order.end());
  order.erase(std::unique(order.begin(), order.end()), order.end());
  for (const std::string_view group : order) {
    if (group.empty()) continue;
    if (!joined.empty()) joined += kGroupSeparator;
    joined += group;
  }
}

// Nothing in XML holds a NUL, so no two rosters look alike.
void append_canonical(std::string& out, std::string_view contact, std::string_view name,
                      std::string_view groups, Subscription subscription) {
  for (const std::string_view part : {contact, name, groups, to_string(subscription)}) {
    out.append(part).push_back('\0');
  }
}

bool comes_before(const RosterItem& a, const RosterItem& b) { return a.contact < b.contact; }

}  // namespace

std::string_view to_string(Subscription subscription) {
  switch (subscription) {
    case Subscription::kNone:
      return "none";
    case Subscription::kTo:
      return "to";
    case Subscription::kFrom:
      return "from";
    case Subscription::kBoth:
      return "both";
  }
  return "none";
}

std::vector<std::string_view> split_groups(std::string_view joined) {
  std::vector<std::string_view> groups;
  while (!joined.empty()) {
    const std::size_t end = std::min(joined.find(kGroupSeparator), joined.size());
    groups.push_back(joined.substr(0, end));
    joined.remove_prefix(std::min(end + 1, joined.size()));
  }
  return groups;
}

Roster::Roster(Interner& interner, const std::vector<RosterEntry>& entries) : interner_(interner) {
  std::vector<RosterItem> items;
  items.reserve(entries.size());
  std::string canonical;
  std::string groups;
  std::string_view previous;
  bool in_order = true;
  for (const RosterEntry& entry : entries) {
    const std::string_view contact = entry.contact.bare_text();
    join_groups(entry.groups, groups);
    items.push_back({interner.acquire(contact), interner.acquire(entry.name),
                     interner.acquire(groups), entry.subscription});
    append_canonical(canonical, contact, entry.name, groups, entry.subscription);
    in_order = in_order && previous < contact;
    previous = contact;
  }
  std::stable_sort(items.begin(), items.end(), comes_before);
  // Of each run of one contact the last stays.
  std::size_t kept = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i + 1 < items.size() && items[i + 1].contact == items[i].contact) {
      release(items[i]);
    } else {
      items[kept++] = items[i];
    }
  }
  items.resize(kept);
  set_items(items);
  set_version(in_order ? canonical : write_canonical());
}

void Roster::set_items(const std::vector<RosterItem>& items) {
  count_ = static_cast<std::uint32_t>(items.size());
  items_.reset(new RosterItem[items.size()]);
  std::copy(items.begin(), items.end(), items_.get());
  interner_.add_holder(items.size());
}

Roster::Roster(const Roster& base, const std::vector<RosterEdit>& edits)
    : interner_(base.interner_) {
  struct Step {
    Atom contact;
    const RosterEdit* edit;
  };
  std::vector<Step> steps;
  steps.reserve(edits.size());
  for (const RosterEdit& edit : edits) {
    steps.push_back({interner_.acquire(edit.contact.bare_text()), &edit});
  }
  std::stable_sort(steps.begin(), steps.end(),
                   [](const Step& a, const Step& b) { return a.contact < b.contact; });

  const std::span<const RosterItem> before = base.items();
  std::vector<RosterItem> items;
  items.reserve(before.size() + edits.size());
  auto old = before.begin();
  const auto copy_until = [&](Atom contact) {
    for (; old != before.end() && old->contact < contact; ++old) {
      retain(*old);
      items.push_back(*old);
    }
  };
  for (std::size_t i = 0; i < steps.size();) {
    const Atom contact = steps[i].contact;
    copy_until(contact);
    RosterItem item;  // contact is kNoAtom while there is none
    if (old != before.end() && old->contact == contact) {
      item = *old++;
      retain(item);
    }
    for (; i < steps.size() && steps[i].contact == contact; ++i) {
      item = edited(item, *steps[i].edit);
    }
    if (item.contact != kNoAtom) items.push_back(item);
  }
  copy_until(std::numeric_limits<Atom>::max());
  for (const Step& step : steps) interner_.release(step.contact);
  set_items(items);
  set_version(write_canonical());
}

// The item, which this roster holds already, as it is after the edit.
RosterItem Roster::edited(RosterItem item, const RosterEdit& edit) {
  RosterItem after;
  if (!edit.remove) {
    after.contact = interner_.acquire(edit.contact.bare_text());
    after.name = interner_.acquire(edit.name ? *edit.name : interner_.text(item.name));
    std::string groups(interner_.text(item.groups));
    if (edit.groups) join_groups(*edit.groups, groups);
    after.groups = interner_.acquire(groups);
    after.subscription = edit.subscription;
  }
  release(item);
  return after;
}

Roster::~Roster() {
  interner_.remove_holder(count_);
  for (const RosterItem& item : items()) release(item);
}

void Roster::retain(const RosterItem& item) {
  interner_.retain(item.contact);
  interner_.retain(item.name);
  interner_.retain(item.groups);
}

void Roster::release(const RosterItem& item) {
  interner_.release(item.contact);
  interner_.release(item.name);
  interner_.release(item.groups);
}

const RosterItem* Roster::find(Atom contact) const {
  const std::span<const RosterItem> all = items();
  const auto at = std::lower_bound(all.begin(), all.end(), contact,
                                   [](const RosterItem& item, Atom a) { return item.contact < a; });
  return at != all.end() && at->contact == contact ? &*at : nullptr;
}

// Atoms differ from run to run, so the order of the hash is that of the addresses' bytes.
std::string Roster::write_canonical() const {
  std::vector<const RosterItem*> order;
  order.reserve(count_);
  for (const RosterItem& item : items()) order.push_back(&item);
  std::sort(order.begin(), order.end(), [this](const RosterItem* a, const RosterItem* b) {
    return interner_.text(a->contact) < interner_.text(b->contact);
  });
  std::string canonical;
  for (const RosterItem* item : order) {
    append_canonical(canonical, interner_.text(item->contact), interner_.text(item->name),
                     interner_.text(item->groups), item->subscription);
  }
  return canonical;
}

void Roster::set_version(std::string_view canonical) {
  const std::string hash = crypto::digest(crypto::Hash::kSha256, canonical);
  std::copy_n(hash.begin(), version_.size(), version_.begin());
}

std::string Roster::version() const { return text::hex_encode({version_.data(), version_.size()}); }

}  // namespace rosterd::im
