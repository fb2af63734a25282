// SPDX-License-Identifier: MIT
// Address: an IP address and port as a value, and the text forms of both.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace rosterd::net {

class Address {
 public:
  Address() = default;
  // `ip`: dotted IPv4 or IPv6 without brackets; "*" is the IPv6 wildcard that takes IPv4 too.
  static Result<Address> parse(std::string_view ip, std::uint16_t port);
  static Address from_sockaddr(const sockaddr* address);

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  std::uint16_t port() const;
  std::string ip() const;
  std::string to_string() const;  // "127.0.0.1:5222", "[::1]:5222"
  bool is_loopback() const;

 private:
  sockaddr_storage storage_{};
};

}  // namespace rosterd::net
