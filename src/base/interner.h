// SPDX-License-Identifier: MIT
// Interner: equal strings become one counted 32-bit Atom. A million roster items shrink to 16 bytes
// each. Only authenticated data may create atoms, and they die with the roster that holds them.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace rosterd {

// 0 is "no string"; an atom means something only to the Interner that made it.
using Atom = std::uint32_t;
inline constexpr Atom kNoAtom = 0;

// A distinct string costs its bytes, 16 for its entry and 11 to 21 for its slot in the index. The
// index is an open table with linear probing, because nearly every contact of a roster that arrives
// is looked up in it: the hashes stand beside each other, so that one reading of memory tells.
class Interner {
 public:
  Interner();
  ~Interner();
  Interner(const Interner&) = delete;
  Interner& operator=(const Interner&) = delete;

  // Returns the atom of `text` with one reference more. "" is kNoAtom and not counted.
  Atom acquire(std::string_view text);
  // One reference more to an atom that has one.
  void retain(Atom atom);
  void release(Atom atom);

  // The atom without a reference, or kNoAtom when nobody holds that string.
  Atom find(std::string_view text) const;

  // Valid while the caller holds a reference; "" for kNoAtom.
  std::string_view text(Atom atom) const {
    const Entry& entry = entries_[atom];
    assert(atom == kNoAtom || entry.references > 0);
    return {entry.bytes.get(), entry.size};
  }

  // Its users' own note on a text, which stays as long as somebody holds it.
  void mark(Atom atom) { entries_[atom].marked = true; }
  bool is_marked(Atom atom) const { return entries_[atom].marked; }

  std::size_t size() const { return size_; }

  // A collection whose entries hold references here says that it lives, and that it dies: for those
  // who watch memory.
  void add_holder(std::size_t entries) { ++holders_, entries_held_ += entries; }
  void remove_holder(std::size_t entries) { --holders_, entries_held_ -= entries; }
  std::size_t holders() const { return holders_; }
  std::size_t entries_held() const { return entries_held_; }

 private:
  struct Entry {
    std::unique_ptr<char[]> bytes;
    std::uint32_t size : 31 = 0;
    std::uint32_t marked : 1 = false;
    std::uint32_t references = 0;
  };
  struct Slot {
    std::uint32_t hash = 0;
    Atom atom = kNoAtom;  // kNoAtom: free
  };

  // Where `text` is, or the free slot in which it would be.
  std::size_t find_slot(std::string_view text, std::uint32_t hash) const;
  void free_slot(std::size_t at);
  void grow();

  std::vector<Entry> entries_;  // by atom
  std::vector<Atom> free_;
  std::vector<Slot> slots_;  // a power of two of them, at most three in four taken
  std::size_t size_ = 0;
  std::size_t holders_ = 0;
  std::size_t entries_held_ = 0;
};

}  // namespace rosterd
