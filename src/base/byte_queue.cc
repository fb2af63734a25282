// SPDX-License-Identifier: MIT
#include "base/byte_queue.h"

#include <cassert>
#include <utility>
#include <vector>

namespace rosterd {

namespace {

constexpr std::size_t kFirstCapacity = 2048;
// Larger ones go back to malloc: one burst must not be kept for ever.
constexpr std::size_t kPooledCapacity = 64 * 1024;
constexpr std::size_t kPooledCount = 256;

std::vector<std::string>& pool() {
  thread_local std::vector<std::string> buffers;
  return buffers;
}

}  // namespace

ByteQueue::~ByteQueue() { release(); }

ByteQueue::ByteQueue(ByteQueue&& other) noexcept
    : bytes_(std::exchange(other.bytes_, {})), head_(std::exchange(other.head_, 0)) {}

ByteQueue& ByteQueue::operator=(ByteQueue&& other) noexcept {
  if (this == &other) return *this;
  release();
  bytes_ = std::exchange(other.bytes_, {});
  head_ = std::exchange(other.head_, 0);
  return *this;
}

void ByteQueue::append(std::string_view bytes) {
  if (!bytes.empty()) tail().append(bytes);
}

void ByteQueue::consume(std::size_t count) {
  assert(count <= size());
  head_ += count;
  if (empty()) release();
}

void ByteQueue::clear() { release(); }

std::string& ByteQueue::tail() {
  if (bytes_.capacity() < kFirstCapacity) acquire();
  // Moving the rest costs at most what was consumed, so each byte is moved once on average.
  if (head_ > size()) {
    bytes_.erase(0, head_);
    head_ = 0;
  }
  return bytes_;
}

void ByteQueue::acquire() {
  if (pool().empty()) {
    bytes_.reserve(kFirstCapacity);
    return;
  }
  bytes_ = std::move(pool().back());
  pool().pop_back();
}

void ByteQueue::release() {
  head_ = 0;
  bytes_.clear();
  const std::size_t capacity = bytes_.capacity();
  if (capacity < kFirstCapacity) return;
  if (capacity <= kPooledCapacity && pool().size() < kPooledCount) {
    pool().push_back(std::exchange(bytes_, {}));
  } else {
    std::string().swap(bytes_);
  }
}

}  // namespace rosterd
