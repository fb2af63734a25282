// SPDX-License-Identifier: MIT
// RosterDraft: a roster while it is read. A contact that is as in the roster which may be replaced
// costs one bit until the end; another one is interned as soon as it is there.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "im/new_roster.h"
#include "im/roster.h"
#include "xmpp/jid.h"

namespace rosterd::im {

class RosterDraft {
 public:
  // `names` outlives it; `base` may be null.
  RosterDraft(Interner& names, SharedRoster base);
  ~RosterDraft();
  RosterDraft(const RosterDraft&) = delete;
  RosterDraft& operator=(const RosterDraft&) = delete;

  Interner& names() const { return names_; }
  // The atom of the bare JID in this address, with a reference; xmpp::Jid::parse()'s errors.
  Result<Atom> acquire_contact(std::string_view address);

  // Of several for one contact the last wins. Both take over the reference to the contact. `groups`
  // are as in RosterItem.
  void add(Atom contact, std::string_view name, std::string_view groups, Subscription subscription);
  // The contact is named, but cannot be in the roster.
  void add_unusable(Atom contact);

  struct Outcome {
    NewRoster roster;
    std::size_t unusable = 0;
  };
  // Once.
  Outcome take();

 private:
  void mark_named(const RosterItem& old) { named_[index_of(old)] = true; }
  std::size_t index_of(const RosterItem& old) const {
    return static_cast<std::size_t>(&old - base_->items().data());
  }
  void drop_overridden();
  void drop_unchanged();
  void add_unnamed();

  Interner& names_;
  SharedRoster base_;
  std::vector<bool> named_;        // by item of the base
  std::vector<RosterItem> items_;  // in the order in which they came; gone: unusable
};

// What becomes of one contact in an existing roster. What is not given stays as it is there.
struct RosterEdit {
  xmpp::Jid contact;    // bare
  bool remove = false;  // then the rest means nothing
  std::optional<std::string> name;
  std::optional<std::vector<std::string>> groups;
  Subscription subscription = Subscription::kBoth;
};

// `base` with the edits made in their order.
NewRoster edit_roster(const SharedRoster& base, const std::vector<RosterEdit>& edits);

}  // namespace rosterd::im
