// SPDX-License-Identifier: MIT
#include "im/new_roster.h"

#include <algorithm>
#include <utility>

namespace rosterd::im {

namespace {

RosterVersion hash_changed(const Roster& base, const std::vector<RosterItem>& changes) {
  const std::vector<RosterItem> items = base.changed_by(changes);
  std::vector<const RosterItem*> order;
  order.reserve(items.size());
  for (const RosterItem& item : items) order.push_back(&item);
  return hash_items(base.interner(), order);
}

}  // namespace

NewRoster::NewRoster(SharedRoster base, std::vector<RosterItem> changes)
    : base_(std::move(base)), changes_(std::move(changes)) {
  if (changes_.empty()) return;
  changes_.shrink_to_fit();
  version_ = hash_changed(*base_, changes_);
}

NewRoster::NewRoster(const NewRoster& other)
    : base_(other.base_), changes_(other.changes_), version_(other.version_) {
  for (const RosterItem& item : changes_) retain(base_->interner(), item);
}

NewRoster& NewRoster::operator=(NewRoster&& other) noexcept {
  if (this == &other) return *this;
  clear();
  base_ = std::move(other.base_);
  changes_ = std::exchange(other.changes_, {});
  version_ = other.version_;
  return *this;
}

void NewRoster::clear() {
  for (const RosterItem& item : changes_) release(base_->interner(), item);
  std::vector<RosterItem>().swap(changes_);
  base_.reset();
}

std::size_t NewRoster::contacts() const {
  std::size_t count = base_->items().size();
  for (const RosterItem& item : changes_) {
    if (item.gone)
      --count;
    else if (!base_->find(item.contact))
      ++count;
  }
  return count;
}

std::string NewRoster::version() const {
  return changes_.empty() ? base_->version() : to_text(version_);
}

void NewRoster::make_whole() {
  if (changes_.empty()) return;
  Interner& names = base_->interner();
  const std::vector<RosterItem> items = base_->changed_by(changes_);
  for (const RosterItem& item : items) retain(names, item);
  auto whole = std::make_shared<Roster>(names, items, version_);
  clear();
  base_ = std::move(whole);
}

SharedRoster NewRoster::take(SharedRoster& replaced) {
  if (replaced == base_) replaced.reset();
  if (changes_.empty() || replaced || base_.use_count() > 1) {
    make_whole();
  } else {
    // Nobody has made a const one: see RosterDraft, and make_whole().
    const_cast<Roster&>(*base_).change(changes_, version_);
    std::vector<RosterItem>().swap(changes_);
  }
  return std::move(base_);
}

}  // namespace rosterd::im
