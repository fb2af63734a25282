// SPDX-License-Identifier: MIT
#include "im/new_roster.h"

#include <utility>

namespace rosterd::im {

NewRoster::NewRoster(SharedRoster base, std::vector<RosterItem> changes)
    : base_(std::move(base)), changes_(std::move(changes)) {
  if (changes_.empty()) return;
  changes_.shrink_to_fit();
  names_ = &base_->interner();
  const std::vector<RosterItem> items = base_->changed_by(changes_);
  count_ = static_cast<std::uint32_t>(items.size());
  std::vector<const RosterItem*> order;
  order.reserve(items.size());
  for (const RosterItem& item : items) order.push_back(&item);
  version_ = hash_items(*names_, order);
}

NewRoster::NewRoster(const NewRoster& other)
    : base_(other.base_),
      names_(other.names_),
      count_(other.count_),
      version_(other.version_),
      changes_(other.changes_) {
  for (const RosterItem& item : changes_) retain(*names_, item);
}

NewRoster& NewRoster::operator=(NewRoster&& other) noexcept {
  if (this == &other) return *this;
  clear();
  base_ = std::move(other.base_);
  names_ = other.names_;
  count_ = other.count_;
  version_ = other.version_;
  changes_ = std::exchange(other.changes_, {});
  return *this;
}

void NewRoster::clear() {
  for (const RosterItem& item : changes_) release(*names_, item);
  std::vector<RosterItem>().swap(changes_);
  base_.reset();
}

std::string NewRoster::version() const {
  return changes_.empty() ? base_->version() : to_text(version_);
}

void NewRoster::make_whole() {
  if (changes_.empty()) return;
  const std::vector<RosterItem> items = base_->changed_by(changes_);
  for (const RosterItem& item : items) retain(*names_, item);
  auto whole = std::make_shared<Roster>(*names_, items, version_);
  clear();
  base_ = std::move(whole);
}

SharedRoster NewRoster::replace(SharedRoster replaced) {
  if (replaced == base_) replaced.reset();
  if (!changes_.empty() && !replaced && base_.use_count() == 1) {
    // Nobody has made a const one: see RosterDraft, and make_whole().
    const_cast<Roster&>(*base_).change(changes_, count_, version_);
    return std::exchange(base_, nullptr);
  }
  make_whole();
  return std::exchange(base_, std::move(replaced));
}

}  // namespace rosterd::im
