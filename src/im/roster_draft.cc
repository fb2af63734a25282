// SPDX-License-Identifier: MIT
#include "im/roster_draft.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace rosterd::im {

namespace {

bool comes_before(const RosterItem& a, const RosterItem& b) { return a.contact < b.contact; }

// Lets go of those that are not to stay. `stays` gets each while what comes after it stands there.
template <class Stays>
void keep_if(Interner& names, std::vector<RosterItem>& items, Stays stays) {
  std::size_t kept = 0;
  for (const RosterItem& item : items) {
    if (stays(item)) {
      items[kept++] = item;
    } else {
      release(names, item);
    }
  }
  items.resize(kept);
}

// Of what is named, what differs from the base, which may be null.
bool is_change(const Roster* base, const RosterItem& item) {
  const RosterItem* const old = base ? base->find(item.contact) : nullptr;
  return old ? *old != item : !item.gone;
}

SharedRoster make_whole(Interner& names, const std::vector<RosterItem>& items) {
  std::vector<const RosterItem*> order;
  order.reserve(items.size());
  for (const RosterItem& item : items) order.push_back(&item);
  return std::make_shared<Roster>(names, items, hash_items(names, order));
}

}  // namespace

RosterDraft::RosterDraft(Interner& names, SharedRoster base)
    : names_(names), base_(std::move(base)) {
  if (base_) named_.resize(base_->items().size());
}

RosterDraft::~RosterDraft() {
  for (const RosterItem& item : items_) release(names_, item);
}

// Most contacts are known, under the very text that is prepared already.
Result<Atom> RosterDraft::acquire_contact(std::string_view address) {
  const Atom known = names_.find(address);
  if (names_.is_marked(known)) {
    names_.retain(known);
    return known;
  }
  const auto jid = xmpp::Jid::parse(address);
  if (!jid) return tl::unexpected<Error>(jid.error());
  const Atom contact = names_.acquire(jid->bare_text());
  names_.mark(contact);
  return contact;
}

void RosterDraft::add(Atom contact, std::string_view name, std::string_view groups,
                      Subscription subscription) {
  if (const RosterItem* old = base_ ? base_->find(contact) : nullptr) {
    const bool again = named_[index_of(*old)];
    mark_named(*old);
    if (!again && old->subscription == subscription && names_.text(old->name) == name &&
        names_.text(old->groups) == groups) {
      return names_.release(contact);
    }
  }
  items_.push_back({contact, names_.acquire(name), names_.acquire(groups), subscription});
}

void RosterDraft::add_unusable(Atom contact) {
  if (const RosterItem* old = base_ ? base_->find(contact) : nullptr) mark_named(*old);
  items_.push_back({contact, kNoAtom, kNoAtom, Subscription::kNone, true});
}

void RosterDraft::drop_overridden() {
  if (!std::is_sorted(items_.begin(), items_.end(), comes_before)) {
    std::stable_sort(items_.begin(), items_.end(), comes_before);
  }
  keep_if(names_, items_, [this](const RosterItem& item) {
    const RosterItem* const next = &item + 1;
    return next == items_.data() + items_.size() || next->contact != item.contact;
  });
}

void RosterDraft::drop_unchanged() {
  keep_if(names_, items_, [this](const RosterItem& item) { return is_change(base_.get(), item); });
}

void RosterDraft::add_unnamed() {
  if (!base_) return;
  const std::size_t named = items_.size();
  for (const RosterItem& old : base_->items()) {
    if (named_[index_of(old)]) continue;
    names_.retain(old.contact);
    items_.push_back({old.contact, kNoAtom, kNoAtom, Subscription::kNone, true});
  }
  std::inplace_merge(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(named),
                     items_.end(), comes_before);
}

RosterDraft::Outcome RosterDraft::take() {
  drop_overridden();
  const auto unusable =
      std::count_if(items_.begin(), items_.end(), [](const RosterItem& item) { return item.gone; });
  drop_unchanged();
  add_unnamed();
  Outcome outcome;
  outcome.unusable = static_cast<std::size_t>(unusable);
  std::vector<RosterItem> items = std::exchange(items_, {});
  outcome.roster =
      base_ ? NewRoster(std::move(base_), std::move(items)) : NewRoster(make_whole(names_, items));
  return outcome;
}

namespace {

// The item as it is after the edit. Both have references of their own.
RosterItem edited(Interner& names, const RosterItem& item, const RosterEdit& edit) {
  RosterItem after;
  after.contact = names.acquire(edit.contact.bare_text());
  after.gone = edit.remove;
  if (edit.remove) return after;
  after.name = names.acquire(edit.name ? *edit.name : names.text(item.name));
  std::string groups(names.text(item.groups));
  if (edit.groups) {
    groups.clear();
    for (const std::string& group : *edit.groups) groups.append(group) += kGroupSeparator;
    sort_groups(groups);
  }
  after.groups = names.acquire(groups);
  after.subscription = edit.subscription;
  return after;
}

}  // namespace

NewRoster edit_roster(const SharedRoster& base, const std::vector<RosterEdit>& edits) {
  Interner& names = base->interner();
  std::vector<RosterItem> items;  // one per contact
  std::vector<std::pair<Atom, const RosterEdit*>> steps;
  for (const RosterEdit& edit : edits) {
    steps.emplace_back(names.acquire(edit.contact.bare_text()), &edit);
  }
  std::stable_sort(steps.begin(), steps.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [contact, edit] : steps) {
    const bool again = !items.empty() && items.back().contact == contact;
    const RosterItem* const old = again ? &items.back() : base->find(contact);
    const RosterItem after = edited(names, old ? *old : RosterItem(), *edit);
    if (again) {
      release(names, items.back());
      items.back() = after;
    } else {
      items.push_back(after);
    }
  }
  for (const auto& [contact, edit] : steps) names.release(contact);
  keep_if(names, items, [&](const RosterItem& item) { return is_change(base.get(), item); });
  return {base, std::move(items)};
}

}  // namespace rosterd::im
