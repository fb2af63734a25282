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
constexpr std::size_t kVersionBytes = 16;

std::string join_groups(std::vector<std::string> groups) {
  std::sort(groups.begin(), groups.end());
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  std::string joined;
  for (const std::string& group : groups) {
    if (group.empty()) continue;
    if (!joined.empty()) joined += kGroupSeparator;
    joined += group;
  }
  return joined;
}

bool before(const RosterItem& a, const RosterItem& b) { return a.contact < b.contact; }

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
  items_.reserve(entries.size());
  for (const RosterEntry& entry : entries) {
    items_.push_back({interner.acquire(entry.contact.bare_text()), interner.acquire(entry.name),
                      interner.acquire(join_groups(entry.groups)), entry.subscription});
  }
  std::stable_sort(items_.begin(), items_.end(), before);
  // Of each run of one contact the last stays.
  std::size_t kept = 0;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    if (i + 1 < items_.size() && items_[i + 1].contact == items_[i].contact) {
      release(items_[i]);
    } else {
      items_[kept++] = items_[i];
    }
  }
  items_.resize(kept);
  interner_.add_holder(kept);
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

  items_.reserve(base.items_.size() + edits.size());
  auto old = base.items_.begin();
  const auto copy_until = [&](Atom contact) {
    for (; old != base.items_.end() && old->contact < contact; ++old) {
      retain(*old);
      items_.push_back(*old);
    }
  };
  for (std::size_t i = 0; i < steps.size();) {
    const Atom contact = steps[i].contact;
    copy_until(contact);
    RosterItem item;  // contact is kNoAtom while there is none
    if (old != base.items_.end() && old->contact == contact) {
      item = *old++;
      retain(item);
    }
    for (; i < steps.size() && steps[i].contact == contact; ++i) {
      item = edited(item, *steps[i].edit);
    }
    if (item.contact != kNoAtom) items_.push_back(item);
  }
  copy_until(std::numeric_limits<Atom>::max());
  for (const Step& step : steps) interner_.release(step.contact);
}

// The item, which this roster holds already, as it is after the edit.
RosterItem Roster::edited(RosterItem item, const RosterEdit& edit) {
  RosterItem after;
  if (!edit.remove) {
    after.contact = interner_.acquire(edit.contact.bare_text());
    after.name = interner_.acquire(edit.name ? *edit.name : interner_.text(item.name));
    after.groups = edit.groups ? interner_.acquire(join_groups(*edit.groups))
                               : interner_.acquire(interner_.text(item.groups));
    after.subscription = edit.subscription;
  }
  release(item);
  return after;
}

Roster::~Roster() {
  interner_.remove_holder(items_.size());
  for (const RosterItem& item : items_) release(item);
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
  const auto at = std::lower_bound(items_.begin(), items_.end(), contact,
                                   [](const RosterItem& item, Atom a) { return item.contact < a; });
  return at != items_.end() && at->contact == contact ? &*at : nullptr;
}

const std::string& Roster::version() const {
  if (!version_.empty()) return version_;
  // Atoms differ from run to run, so the order of the hash is that of the addresses' bytes.
  std::vector<const RosterItem*> order;
  order.reserve(items_.size());
  for (const RosterItem& item : items_) order.push_back(&item);
  std::sort(order.begin(), order.end(), [this](const RosterItem* a, const RosterItem* b) {
    return interner_.text(a->contact) < interner_.text(b->contact);
  });
  std::string canonical;
  for (const RosterItem* item : order) {
    for (const Atom part : {item->contact, item->name, item->groups}) {
      canonical.append(interner_.text(part)).push_back('\0');  // NUL cannot stand in XML either
    }
    canonical.append(to_string(item->subscription)).push_back('\0');
  }
  const std::string hash = crypto::digest(crypto::Hash::kSha256, canonical);
  version_ = text::hex_encode(std::string_view(hash).substr(0, kVersionBytes));
  return version_;
}

}  // namespace rosterd::im
