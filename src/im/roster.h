// SPDX-License-Identifier: MIT
// Roster: one user's contacts as the web app told them, interned: 16 bytes a contact.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/interner.h"
#include "xmpp/jid.h"

namespace rosterd::im {

// As RFC 6121 section 2.1.2.5 sees it from the roster's owner. Bits: 1 = to, 2 = from.
enum class Subscription : std::uint8_t { kNone = 0, kTo = 1, kFrom = 2, kBoth = 3 };
std::string_view to_string(Subscription subscription);
inline bool has_to(Subscription s) { return (static_cast<unsigned>(s) & 1u) != 0; }
inline bool has_from(Subscription s) { return (static_cast<unsigned>(s) & 2u) != 0; }

// One contact as it arrives, before interning.
struct RosterEntry {
  xmpp::Jid contact;  // bare
  std::string name;   // "" = none
  std::vector<std::string> groups;
  Subscription subscription = Subscription::kBoth;
};

// What becomes of one contact in an existing roster. What is not given stays as it is there.
struct RosterEdit {
  xmpp::Jid contact;    // bare
  bool remove = false;  // then the rest means nothing
  std::optional<std::string> name;
  std::optional<std::vector<std::string>> groups;
  Subscription subscription = Subscription::kBoth;
};

struct RosterItem {
  Atom contact = kNoAtom;
  Atom name = kNoAtom;
  Atom groups = kNoAtom;  // sorted, distinct group names joined by U+001F
  Subscription subscription = Subscription::kNone;
};

// Immutable; holds a reference to each of its atoms. The interner outlives it.
class Roster {
 public:
  // Of several entries for one contact the last wins (as in the peer's Lua table). Cheapest when
  // the entries come sorted by the bytes of their JIDs, each once.
  Roster(Interner& interner, const std::vector<RosterEntry>& entries);
  // `base` with the edits made in their order.
  Roster(const Roster& base, const std::vector<RosterEdit>& edits);
  ~Roster();
  Roster(const Roster&) = delete;
  Roster& operator=(const Roster&) = delete;

  // Null when `contact` is not in it. O(log n).
  const RosterItem* find(Atom contact) const;
  // Sorted by atom, not by text.
  std::span<const RosterItem> items() const { return {items_.get(), count_}; }
  const Interner& interner() const { return interner_; }

  // RFC 6121 section 2.6: 16 bytes of SHA-256 over the canonical roster, in hexadecimal; equal
  // content has an equal version, also after a restart.
  std::string version() const;

 private:
  static constexpr std::size_t kVersionBytes = 16;

  // `items` are sorted, each contact is in it once.
  void set_items(const std::vector<RosterItem>& items);
  void set_version(std::string_view canonical);
  std::string write_canonical() const;
  void retain(const RosterItem& item);
  void release(const RosterItem& item);
  RosterItem edited(RosterItem item, const RosterEdit& edit);

  Interner& interner_;
  // Not a vector: a million contacts are in many small rosters.
  std::unique_ptr<RosterItem[]> items_;
  std::uint32_t count_ = 0;
  std::array<char, kVersionBytes> version_;
};

// The group names of an item.
std::vector<std::string_view> split_groups(std::string_view joined);

}  // namespace rosterd::im
