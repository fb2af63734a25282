// SPDX-License-Identifier: MIT
// A peer that is no net::Connection: a blocking socket in a thread of its own, for what a
// Connection never does.
#pragma once

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "net/address.h"

namespace rosterd::net::test {

inline void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

// All until the other side ends, or resets, or is silent for the receive timeout.
inline std::string receive_all(int fd) {
  std::string all;
  char buffer[4096];
  for (ssize_t size; (size = ::recv(fd, buffer, sizeof buffer, 0)) > 0;) {
    all.append(buffer, static_cast<std::size_t>(size));
  }
  return all;
}

// Bytes in which every gap and every swap shows.
inline std::string make_pattern(std::size_t size) {
  std::string pattern(size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    pattern[i] = static_cast<char>((i * 2654435761U) >> 24);
  }
  return pattern;
}

class RawPeer {
 public:
  // Connects in a thread, calls `talk` with the socket there, and closes it.
  RawPeer(const Address& to, std::function<std::string(int fd)> talk)
      : thread_([this, to, talk = std::move(talk)] {
          const int fd = ::socket(to.get()->sa_family, SOCK_STREAM, 0);
          const timeval limit{20, 0};
          ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
          ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
          const socklen_t size =
              to.get()->sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
          if (::connect(fd, to.get(), size) == 0) heard_ = talk(fd);
          ::close(fd);
        }) {}
  ~RawPeer() { join(); }
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;

  // What `talk` returned.
  const std::string& join() {
    if (thread_.joinable()) thread_.join();
    return heard_;
  }

 private:
  std::string heard_;
  std::thread thread_;
};

}  // namespace rosterd::net::test
