// SPDX-License-Identifier: MIT
// Roster: one user's contacts as the web app told them, interned: 16 bytes a contact.
#pragma once

#include <cstdint>
#include <optional>
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
  // Sorts; of several entries for one contact the last wins (as in the peer's Lua table).
  Roster(Interner& interner, const std::vector<RosterEntry>& entries);
  // `base` with the edits made in their order.
  Roster(const Roster& base, const std::vector<RosterEdit>& edits);
  ~Roster();
  Roster(const Roster&) = delete;
  Roster& operator=(const Roster&) = delete;

  // Null when `contact` is not in it. O(log n).
  const RosterItem* find(Atom contact) const;
  // Sorted by atom, not by text.
  const std::vector<RosterItem>& items() const { return items_; }
  const Interner& interner() const { return interner_; }

  // RFC 6121 section 2.6: 16 bytes of SHA-256 over the canonical roster, in hexadecimal; equal
  // content has an equal version, also after a restart. Computed when first asked for.
  const std::string& version() const;

 private:
  void retain(const RosterItem& item);
  void release(const RosterItem& item);
  RosterItem edited(RosterItem item, const RosterEdit& edit);

  Interner& interner_;
  std::vector<RosterItem> items_;
  mutable std::string version_;
};

// The group names of an item.
std::vector<std::string_view> split_groups(std::string_view joined);

}  // namespace rosterd::im
