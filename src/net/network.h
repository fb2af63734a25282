// SPDX-License-Identifier: MIT
// Network: a range of IP addresses in CIDR notation (RFC 4632), as a value.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/address.h"

namespace rosterd::net {

class Network {
 public:
  // "192.0.2.0/24", "2001:db8::/32", or an address, which is a range of one. kInvalid for anything
  // else, and for an address with bits beyond its prefix, which would be a slip.
  static Result<Network> parse(std::string_view text);
  // The range that `address` lies in when ranges are so large. Of an address of no family: a range
  // of its own kind, which holds that address alone.
  static Network around(const Address& address, unsigned v4_bits, unsigned v6_bits);

  // IPv4-mapped addresses count as IPv4; a zone does not matter.
  bool contains(const Address& address) const;
  std::string to_string() const;

  friend auto operator<=>(const Network&, const Network&) = default;

 private:
  std::uint8_t size_ = 0;  // bytes of an address: 4, 16, or 0 = of no family
  std::uint8_t bits_ = 0;  // of the prefix
  std::array<std::uint8_t, 16> prefix_{};
};

bool is_in(const std::vector<Network>& networks, const Address& address);

}  // namespace rosterd::net
