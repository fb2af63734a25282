// SPDX-License-Identifier: MIT
#include "base/interner.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <utility>

namespace rosterd {

namespace {

constexpr std::size_t kFirstSlots = 64;
constexpr std::uint32_t kMaxSize = 0x7FFFFFFF;

std::uint32_t hash_of(std::string_view text) {
  const std::uint64_t hash = std::hash<std::string_view>()(text);
  return static_cast<std::uint32_t>(hash ^ (hash >> 32));
}

}  // namespace

Interner::Interner() : entries_(1), slots_(kFirstSlots) {}  // entry 0 is kNoAtom
Interner::~Interner() = default;

std::size_t Interner::find_slot(std::string_view text, std::uint32_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at].atom != kNoAtom) {
    if (slots_[at].hash == hash && this->text(slots_[at].atom) == text) break;
    at = (at + 1) & mask;
  }
  return at;
}

// What was put behind this slot because it was taken moves up, so that no search ends too early.
void Interner::free_slot(std::size_t at) {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t next = (at + 1) & mask; slots_[next].atom != kNoAtom; next = (next + 1) & mask) {
    const std::size_t from_home = (next - slots_[next].hash) & mask;
    if (from_home < ((next - at) & mask)) continue;
    slots_[at] = slots_[next];
    at = next;
  }
  slots_[at] = Slot();
}

void Interner::grow() {
  const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(2 * slots_.size()));
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.atom == kNoAtom) continue;
    std::size_t at = slot.hash & mask;
    while (slots_[at].atom != kNoAtom) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

Atom Interner::acquire(std::string_view text) {
  if (text.empty()) return kNoAtom;
  const std::uint32_t hash = hash_of(text);
  std::size_t at = find_slot(text, hash);
  if (const Atom known = slots_[at].atom; known != kNoAtom) {
    ++entries_[known].references;
    return known;
  }
  if (4 * (size_ + 1) > 3 * slots_.size()) {
    grow();
    at = find_slot(text, hash);
  }
  if (free_.empty()) {
    free_.push_back(static_cast<Atom>(entries_.size()));
    entries_.emplace_back();
  }
  const Atom atom = free_.back();
  free_.pop_back();
  Entry& entry = entries_[atom];
  entry.bytes.reset(new char[text.size()]);
  std::copy(text.begin(), text.end(), entry.bytes.get());
  entry.size = static_cast<std::uint32_t>(text.size()) & kMaxSize;
  entry.references = 1;
  slots_[at] = {hash, atom};
  ++size_;
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
  if (entry.references > 1) {
    --entry.references;
    return;
  }
  free_slot(find_slot(text(atom), hash_of(text(atom))));
  entry.references = 0;
  entry.bytes.reset();
  entry.size = 0;
  entry.marked = false;
  free_.push_back(atom);
  --size_;
}

Atom Interner::find(std::string_view text) const {
  if (text.empty()) return kNoAtom;
  return slots_[find_slot(text, hash_of(text))].atom;
}

}  // namespace rosterd
