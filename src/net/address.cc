// SPDX-License-Identifier: MIT
#include "net/address.h"

#include <arpa/inet.h>
#include <net/if.h>

#include <charconv>
#include <cstring>

namespace rosterd::net {

namespace {

// The interface that a zone names, as name or number; 0 when there is none.
std::uint32_t find_zone(const std::string& zone) {
  if (const unsigned index = if_nametoindex(zone.c_str())) return index;
  std::uint32_t number = 0;
  const char* const end = zone.data() + zone.size();
  const auto [rest, fault] = std::from_chars(zone.data(), end, number);
  return fault == std::errc() && rest == end ? number : 0;
}

}  // namespace

Address::Address() { std::memset(&v6_, 0, sizeof v6_); }

Result<Address> Address::parse(std::string_view ip, std::uint16_t port) {
  Address address;
  address.both_families_ = ip == "*";
  // A NUL would hide the rest of the text from inet_pton().
  if (ip.find('\0') != std::string_view::npos) {
    return make_error(Errc::kInvalid, "not an IP address");
  }
  std::string text(address.both_families_ ? "::" : ip);
  if (inet_pton(AF_INET, text.c_str(), &address.v4_.sin_addr) == 1) {
    address.v4_.sin_family = AF_INET;
    address.v4_.sin_port = htons(port);
    return address;
  }
  const std::size_t percent = text.find('%');
  if (percent != std::string::npos) {
    address.v6_.sin6_scope_id = find_zone(text.substr(percent + 1));
    if (address.v6_.sin6_scope_id == 0) {
      return make_error(Errc::kInvalid, "no such interface in the address: " + text);
    }
    text.resize(percent);
  }
  if (inet_pton(AF_INET6, text.c_str(), &address.v6_.sin6_addr) != 1) {
    return make_error(Errc::kInvalid, "not an IP address: " + std::string(ip));
  }
  address.v6_.sin6_family = AF_INET6;
  address.v6_.sin6_port = htons(port);
  return address;
}

Address Address::from_sockaddr(const sockaddr* from) {
  Address address;
  if (from->sa_family == AF_INET) {
    std::memcpy(&address.v4_, from, sizeof address.v4_);
  } else if (from->sa_family == AF_INET6) {
    std::memcpy(&address.v6_, from, sizeof address.v6_);
    const in6_addr inner = address.v6_.sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&inner)) {
      const in_port_t port = address.v6_.sin6_port;
      std::memset(&address.v6_, 0, sizeof address.v6_);
      address.v4_.sin_family = AF_INET;
      address.v4_.sin_port = port;
      std::memcpy(&address.v4_.sin_addr, inner.s6_addr + 12, 4);
    }
  }
  return address;
}

std::uint16_t Address::port() const {
  if (any_.sa_family == AF_INET) return ntohs(v4_.sin_port);
  return any_.sa_family == AF_INET6 ? ntohs(v6_.sin6_port) : std::uint16_t{0};
}

std::string Address::ip() const {
  char text[INET6_ADDRSTRLEN] = "";
  if (any_.sa_family == AF_INET) {
    inet_ntop(AF_INET, &v4_.sin_addr, text, sizeof text);
  } else if (any_.sa_family == AF_INET6) {
    inet_ntop(AF_INET6, &v6_.sin6_addr, text, sizeof text);
    if (v6_.sin6_scope_id != 0) return std::string(text) + '%' + std::to_string(v6_.sin6_scope_id);
  }
  return text;
}

std::string Address::to_string() const {
  const std::string port_text = std::to_string(port());
  return any_.sa_family == AF_INET6 ? '[' + ip() + "]:" + port_text : ip() + ':' + port_text;
}

bool Address::is_loopback() const {
  if (any_.sa_family == AF_INET) return (ntohl(v4_.sin_addr.s_addr) >> 24) == IN_LOOPBACKNET;
  return any_.sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6_.sin6_addr);
}

}  // namespace rosterd::net
