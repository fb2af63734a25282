// SPDX-License-Identifier: MIT
// ByteQueue: contiguous bytes appended at the end and consumed from the front. Empty, it owns no
// memory: storage comes from, and goes back to, one pool per thread, because freeing a buffer per
// flush makes malloc trim and fault the heap on every turn (it halved throughput when measured).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rosterd {

class ByteQueue {
 public:
  ByteQueue() = default;
  ~ByteQueue();
  ByteQueue(ByteQueue&& other) noexcept;
  ByteQueue& operator=(ByteQueue&& other) noexcept;

  bool empty() const { return head_ == bytes_.size(); }
  std::size_t size() const { return bytes_.size() - head_; }
  std::string_view view() const { return std::string_view(bytes_).substr(head_); }

  void append(std::string_view bytes);
  // Drops `count` <= size() bytes from the front; storage is released when the queue gets empty.
  void consume(std::size_t count);
  void clear();

  // The string at the end of which a writer may append. Valid until the next call on the queue;
  // call it again for every stanza. Only ever append to it.
  std::string& tail();

 private:
  void acquire();
  void release();
  std::string bytes_;
  std::size_t head_ = 0;
};

}  // namespace rosterd
