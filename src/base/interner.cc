// SPDX-License-Identifier: MIT
#include "base/interner.h"

#include <cassert>

namespace rosterd {

Interner::Interner() : entries_(1) {}  // entry 0 is kNoAtom
Interner::~Interner() = default;

Atom Interner::acquire(std::string_view text) {
  if (text.empty()) return kNoAtom;
  if (const Atom known = find(text); known != kNoAtom) {
    ++entries_[known].references;
    return known;
  }
  if (free_.empty()) {
    free_.push_back(static_cast<Atom>(entries_.size()));
    entries_.emplace_back();
  }
  const Atom atom = free_.back();
  free_.pop_back();
  Entry& entry = entries_[atom];
  entry.text = std::make_unique<std::string>(text);
  entry.references = 1;
  index_.emplace(*entry.text, atom);
  return atom;
}

void Interner::retain(Atom atom) {
  if (atom == kNoAtom) return;
  assert(entries_[atom].references > 0);
  ++entries_[atom].references;
}

void Interner::release(Atom atom) {
  if (atom == kNoAtom) return;
  Entry& entry = entries_[atom];
  assert(entry.references > 0);
  if (--entry.references > 0) return;
  index_.erase(*entry.text);
  entry.text.reset();
  free_.push_back(atom);
}

Atom Interner::find(std::string_view text) const {
  const auto found = index_.find(text);
  return found == index_.end() ? kNoAtom : found->second;
}

std::string_view Interner::text(Atom atom) const {
  if (atom == kNoAtom) return {};
  assert(entries_[atom].references > 0);
  return *entries_[atom].text;
}

}  // namespace rosterd
