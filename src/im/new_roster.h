// SPDX-License-Identifier: MIT
// NewRoster: a roster on its way into force: a whole one, or no more than what makes it of the one
// that it is to replace. Thousands of them wait for each other in a refresh, and most of their
// contacts are as before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "im/roster.h"

namespace rosterd::im {

class NewRoster {
 public:
  NewRoster() = default;
  NewRoster(SharedRoster whole) : base_(std::move(whole)) {}  // NOLINT(google-explicit-constructor)
  // `base` as it becomes by `changes`: sorted by contact, each once, each different from what is in
  // the base. Takes over their references.
  NewRoster(SharedRoster base, std::vector<RosterItem> changes);
  NewRoster(NewRoster&&) = default;
  NewRoster& operator=(NewRoster&& other) noexcept;
  NewRoster(const NewRoster& other);
  NewRoster& operator=(const NewRoster&) = delete;
  ~NewRoster() { clear(); }

  bool empty() const { return !base_; }  // it is no roster
  // What it is made of; where there are no changes, the roster itself.
  const SharedRoster& base() const { return base_; }
  const std::vector<RosterItem>& changes() const { return changes_; }
  std::size_t contacts() const { return changes_.empty() ? base_->items().size() : count_; }
  std::string version() const;
  const Interner& interner() const { return base_->interner(); }
  // The items that it holds references to, if nobody else holds its base.
  std::size_t held() const { return (base_ ? base_->items().size() : 0) + changes_.size(); }

  // Becomes a whole roster.
  void make_whole();
  // The roster, in the place of `replaced`, which may be null: where that is the base, and nobody
  // else has it, it is changed in its place, so that there is never more than one of the two. What
  // is replaced is left in here: to let go of it takes time.
  SharedRoster replace(SharedRoster replaced);

 private:
  void clear();

  SharedRoster base_;
  Interner* names_ = nullptr;  // while there are changes; so the next two
  std::uint32_t count_ = 0;
  RosterVersion version_{};
  std::vector<RosterItem> changes_;
};

}  // namespace rosterd::im
