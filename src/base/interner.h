// SPDX-License-Identifier: MIT
// Interner: equal strings become one counted 32-bit Atom. A million roster items shrink to 16 bytes
// each. Only authenticated data may create atoms, and they die with the roster that holds them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rosterd {

// 0 is "no string"; an atom means something only to the Interner that made it.
using Atom = std::uint32_t;
inline constexpr Atom kNoAtom = 0;

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
  std::string_view text(Atom atom) const;

  std::size_t size() const { return index_.size(); }

  // A collection whose entries hold references here says that it lives, and that it dies: for those
  // who watch memory.
  void add_holder(std::size_t entries) { ++holders_, entries_held_ += entries; }
  void remove_holder(std::size_t entries) { --holders_, entries_held_ -= entries; }
  std::size_t holders() const { return holders_; }
  std::size_t entries_held() const { return entries_held_; }

 private:
  struct Entry {
    std::unique_ptr<std::string> text;  // its address is stable: index_ keys are views into it
    std::uint32_t references = 0;
  };
  std::vector<Entry> entries_;
  std::vector<Atom> free_;
  std::unordered_map<std::string_view, Atom> index_;
  std::size_t holders_ = 0;
  std::size_t entries_held_ = 0;
};

}  // namespace rosterd
