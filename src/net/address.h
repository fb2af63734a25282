// SPDX-License-Identifier: MIT
// Address: an IP address and port as a value, and the text forms of both.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace rosterd::net {

class Address {
 public:
  Address();  // of no family: get()->sa_family is AF_UNSPEC
  // `ip`: dotted IPv4 or IPv6 without brackets, a zone ("fe80::1%eth0") allowed; "*" is the IPv6
  // wildcard that takes IPv4 too, whereas "::" is IPv6 alone. kInvalid for anything else.
  static Result<Address> parse(std::string_view ip, std::uint16_t port);
  // AF_INET or AF_INET6, else an address of no family. An IPv4-mapped address becomes IPv4.
  static Address from_sockaddr(const sockaddr* address);

  const sockaddr* get() const { return &any_; }
  std::uint16_t port() const;
  std::string ip() const;
  std::string to_string() const;  // "127.0.0.1:5222", "[::1]:5222"
  bool is_loopback() const;
  // It was "*": a listener on it accepts IPv4 as well.
  bool takes_both_families() const { return both_families_; }

 private:
  // Not a sockaddr_storage: that is 128 bytes, and every connection has an address.
  union {
    sockaddr any_;
    sockaddr_in v4_;
    sockaddr_in6 v6_;
  };
  bool both_families_ = false;
};

}  // namespace rosterd::net
