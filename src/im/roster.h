// SPDX-License-Identifier: MIT
// Roster: one user's contacts as the web app told them, interned: 16 bytes a contact.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/interner.h"

namespace rosterd::im {

// As RFC 6121 section 2.1.2.5 sees it from the roster's owner. Bits: 1 = to, 2 = from.
enum class Subscription : std::uint8_t { kNone = 0, kTo = 1, kFrom = 2, kBoth = 3 };
std::string_view to_string(Subscription subscription);
inline bool has_to(Subscription s) { return (static_cast<unsigned>(s) & 1u) != 0; }
inline bool has_from(Subscription s) { return (static_cast<unsigned>(s) & 2u) != 0; }

struct RosterItem {
  Atom contact = kNoAtom;
  Atom name = kNoAtom;
  Atom groups = kNoAtom;  // sorted, distinct group names joined by U+001F
  Subscription subscription = Subscription::kNone;
  bool gone = false;  // never in a Roster; among changes of one: the contact is taken out of it

  friend bool operator==(const RosterItem&, const RosterItem&) = default;
};

// For each of an item's atoms, one reference.
void retain(Interner& names, const RosterItem& item);
void release(Interner& names, const RosterItem& item);

// RFC 6121 section 2.6: of SHA-256 over the canonical roster; equal content has an equal version,
// also after a restart.
using RosterVersion = std::array<char, 16>;
std::string to_text(const RosterVersion& version);  // in hexadecimal

// Of these items, in whatever order they are, which is lost.
RosterVersion hash_items(const Interner& names, std::vector<const RosterItem*>& items);

// Holds a reference to each of its atoms. The interner outlives it. Nobody but a NewRoster changes
// one, and that only where it is its last owner.
class Roster {
 public:
  // Takes over the references of `items`, which are sorted by contact, each once.
  Roster(Interner& interner, const std::vector<RosterItem>& items, const RosterVersion& version);
  ~Roster();
  Roster(const Roster&) = delete;
  Roster& operator=(const Roster&) = delete;

  // Null when `contact` is not in it. O(log n).
  const RosterItem* find(Atom contact) const;
  // Sorted by atom, not by text.
  std::span<const RosterItem> items() const { return {items_.get(), count_}; }
  Interner& interner() const { return interner_; }
  std::string version() const { return to_text(version_); }

  // What becomes of its items by `changes`, which are sorted by contact, each once. The outcome has
  // no references.
  std::vector<RosterItem> changed_by(const std::vector<RosterItem>& changes) const;

 private:
  friend class NewRoster;
  // Becomes that, of so many items. Takes over the references of `changes`, which hold those of
  // what they have replaced afterwards.
  void change(std::vector<RosterItem>& changes, std::size_t count, const RosterVersion& version);

  Interner& interner_;
  // Not a vector: a million contacts are in many small rosters.
  std::unique_ptr<RosterItem[]> items_;
  std::uint32_t count_ = 0;
  RosterVersion version_;
};

// Whoever asks the web app whether a roster has changed keeps the one that he asked about: the
// answer "not modified" (RFC 9110 section 15.4.5) means that very one, whatever has come into force
// meanwhile.
using SharedRoster = std::shared_ptr<const Roster>;

// U+001F cannot stand in XML, so no group name holds it.
inline constexpr char kGroupSeparator = '\x1f';
// The group names of an item.
std::vector<std::string_view> split_groups(std::string_view joined);
// Names joined in any order, some perhaps twice, as they stand in an item.
void sort_groups(std::string& joined);

}  // namespace rosterd::im
