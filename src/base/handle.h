// SPDX-License-Identifier: MIT
// Handle<T> and SlotTable<T>: how one object names another that it does not own.
//
// A SlotTable owns its objects. Everybody else keeps a Handle and looks it up at the top of each
// entry point; null means the object is gone. A reused slot has a new generation, so a stale handle
// never finds a stranger.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace rosterd {

template <class T>
struct Handle {
  std::uint32_t index = 0;
  std::uint32_t generation = 0;  // 0 never names an object

  explicit operator bool() const { return generation != 0; }
  friend bool operator==(const Handle&, const Handle&) = default;

  // A handle as one number, for a ticket or a log line, and back.
  std::uint64_t to_u64() const { return (std::uint64_t{generation} << 32) | index; }
  static Handle from_u64(std::uint64_t n) {
    return Handle{static_cast<std::uint32_t>(n), static_cast<std::uint32_t>(n >> 32)};
  }
};

template <class T>
class SlotTable {
 public:
  SlotTable() = default;
  SlotTable(const SlotTable&) = delete;
  SlotTable& operator=(const SlotTable&) = delete;

  Handle<T> insert(std::unique_ptr<T> object) {
    std::uint32_t index;
    if (free_.empty()) {
      index = static_cast<std::uint32_t>(slots_.size());
      slots_.push_back({});
    } else {
      index = free_.back();
      free_.pop_back();
    }
    Slot& slot = slots_[index];
    slot.object = std::move(object);
    ++size_;
    return {index, slot.generation};
  }

  // Null when the object is gone (or the handle was never set).
  T* find(Handle<T> handle) const {
    if (handle.index >= slots_.size()) return nullptr;
    const Slot& slot = slots_[handle.index];
    return slot.generation == handle.generation ? slot.object.get() : nullptr;
  }

  // Takes the object out; null when it is gone already. The handle finds nothing from now on.
  std::unique_ptr<T> take(Handle<T> handle) {
    if (!find(handle)) return nullptr;
    Slot& slot = slots_[handle.index];
    if (++slot.generation == 0) slot.generation = 1;
    free_.push_back(handle.index);
    --size_;
    return std::move(slot.object);
  }

  bool erase(Handle<T> handle) { return take(handle) != nullptr; }

  std::size_t size() const { return size_; }

  // Calls visit(Handle<T>, T&) for every object; visit may insert or erase.
  template <class Visit>
  void for_each(Visit visit) {
    for (std::uint32_t i = 0; i < slots_.size(); ++i) {
      if (slots_[i].object) visit(Handle<T>{i, slots_[i].generation}, *slots_[i].object);
    }
  }

 private:
  struct Slot {
    std::unique_ptr<T> object;
    std::uint32_t generation = 1;
  };
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::size_t size_ = 0;
};

}  // namespace rosterd
