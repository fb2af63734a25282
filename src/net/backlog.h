// SPDX-License-Identifier: MIT
// Backlog: the bytes that wait for peers who do not read, of all connections together.
#pragma once

#include <cstddef>

namespace rosterd::net {

class Backlog {
 public:
  // What waits for one of them. `whole` outlives it.
  class Share {
   public:
    explicit Share(Backlog& whole) : whole_(whole) {}
    ~Share() { set(0); }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    void set(std::size_t bytes) {
      whole_.bytes_ += bytes;
      whole_.bytes_ -= bytes_;
      bytes_ = bytes;
    }

   private:
    Backlog& whole_;
    std::size_t bytes_ = 0;
  };

  std::size_t bytes() const { return bytes_; }

 private:
  std::size_t bytes_ = 0;
};

}  // namespace rosterd::net
