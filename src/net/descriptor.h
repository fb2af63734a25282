// SPDX-License-Identifier: MIT
// Descriptor: owns an open file of the kernel's.
#pragma once

#include <unistd.h>

namespace rosterd::net {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}  // negative = none
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

}  // namespace rosterd::net
