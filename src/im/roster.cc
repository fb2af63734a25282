// SPDX-License-Identifier: MIT
#include "im/roster.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/text.h"

namespace rosterd::im {

namespace {

// Of an item in the canonical form, with a name and a group.
constexpr std::size_t kUsualBytes = 64;

// An item and the first bytes of its contact's address, as a number that is less where those are:
// items are sorted without looking at the rest, as long as they differ.
struct Key {
  std::uint64_t first_bytes;
  const RosterItem* item;
};

std::uint64_t first_bytes(std::string_view text) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) {
    number = number << 8 | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0u);
  }
  return number;
}

// Atoms differ from run to run, so the order of the hash is that of the addresses' bytes.
void sort_by_address(const Interner& names, std::vector<const RosterItem*>& items) {
  std::vector<Key> keys;
  keys.reserve(items.size());
  for (const RosterItem* item : items)
    keys.push_back({first_bytes(names.text(item->contact)), item});
  std::sort(keys.begin(), keys.end(), [&](const Key& a, const Key& b) {
    if (a.first_bytes != b.first_bytes) return a.first_bytes < b.first_bytes;
    return names.text(a.item->contact) < names.text(b.item->contact);
  });
  std::transform(keys.begin(), keys.end(), items.begin(), [](const Key& key) { return key.item; });
}

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

void retain(Interner& names, const RosterItem& item) {
  names.retain(item.contact);
  names.retain(item.name);
  names.retain(item.groups);
}

void release(Interner& names, const RosterItem& item) {
  names.release(item.contact);
  names.release(item.name);
  names.release(item.groups);
}

std::string to_text(const RosterVersion& version) {
  return text::hex_encode({version.data(), version.size()});
}

// Nothing in XML holds a NUL, so no two rosters look alike.
RosterVersion hash_items(const Interner& names, std::vector<const RosterItem*>& items) {
  sort_by_address(names, items);
  std::string canonical;
  canonical.reserve(items.size() * kUsualBytes);
  for (const RosterItem* item : items) {
    for (const std::string_view part : {names.text(item->contact), names.text(item->name),
                                        names.text(item->groups), to_string(item->subscription)}) {
      canonical.append(part).push_back('\0');
    }
  }
  const std::string hash = crypto::digest(crypto::Hash::kSha256, canonical);
  RosterVersion version;
  std::copy_n(hash.begin(), version.size(), version.begin());
  return version;
}

Roster::Roster(Interner& interner, const std::vector<RosterItem>& items,
               const RosterVersion& version)
    : interner_(interner),
      items_(new RosterItem[items.size()]),
      count_(static_cast<std::uint32_t>(items.size())),
      version_(version) {
  std::copy(items.begin(), items.end(), items_.get());
  interner_.add_holder(count_);
}

Roster::~Roster() {
  interner_.remove_holder(count_);
  for (const RosterItem& item : items()) release(interner_, item);
}

std::vector<RosterItem> Roster::changed_by(const std::vector<RosterItem>& changes) const {
  std::vector<RosterItem> after;
  after.reserve(count_ + changes.size());
  const std::span<const RosterItem> before = items();
  auto old = before.begin();
  for (const RosterItem& change : changes) {
    for (; old != before.end() && old->contact < change.contact; ++old) after.push_back(*old);
    if (old != before.end() && old->contact == change.contact) ++old;
    if (!change.gone) after.push_back(change);
  }
  after.insert(after.end(), old, before.end());
  return after;
}

void Roster::change(std::vector<RosterItem>& changes, std::size_t count,
                    const RosterVersion& version) {
  std::unique_ptr<RosterItem[]> after(new RosterItem[count]);
  RosterItem* next = after.get();
  const RosterItem* old = items_.get();
  const RosterItem* const end = old + count_;
  for (RosterItem& change : changes) {
    while (old != end && old->contact < change.contact) *next++ = *old++;
    const bool was = old != end && old->contact == change.contact;
    RosterItem replaced = was ? *old++ : RosterItem();
    if (change.gone) {
      interner_.release(change.contact);
    } else {
      *next++ = change;
    }
    change = replaced;
  }
  std::copy(old, end, next);
  interner_.remove_holder(count_);
  interner_.add_holder(count);
  items_ = std::move(after);
  count_ = static_cast<std::uint32_t>(count);
  version_ = version;
}

const RosterItem* Roster::find(Atom contact) const {
  const std::span<const RosterItem> all = items();
  const auto at = std::lower_bound(all.begin(), all.end(), contact,
                                   [](const RosterItem& item, Atom a) { return item.contact < a; });
  return at != all.end() && at->contact == contact ? &*at : nullptr;
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

void sort_groups(std::string& joined) {
  if (joined.find(kGroupSeparator) == joined.npos) return;
  std::vector<std::string_view> order = split_groups(joined);
  std::sort(order.begin(), order.end());
  order.erase(std::unique(order.begin(), order.end()), order.end());
  std::string sorted;
  for (const std::string_view group : order) {
    if (group.empty()) continue;
    if (!sorted.empty()) sorted += kGroupSeparator;
    sorted += group;
  }
  joined = std::move(sorted);
}

}  // namespace rosterd::im
