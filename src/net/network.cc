// SPDX-License-Identifier: MIT
#include "net/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace rosterd::net {

namespace {

using Bytes = std::array<std::uint8_t, 16>;

// Returns how many bytes the address has.
std::uint8_t read_bytes(const Address& address, Bytes& bytes) {
  const Address plain = Address::from_sockaddr(address.get());  // no longer IPv4-mapped
  const sockaddr* const any = plain.get();
  if (any->sa_family == AF_INET) {
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in*>(any)->sin_addr, 4);
    return 4;
  }
  if (any->sa_family != AF_INET6) return 0;
  std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6*>(any)->sin6_addr, 16);
  return 16;
}

void clear_after(unsigned bits, Bytes& bytes) {
  for (unsigned i = 0; i < bytes.size(); ++i) {
    const unsigned kept = bits <= 8 * i ? 0 : std::min(bits - 8 * i, 8u);
    bytes[i] = static_cast<std::uint8_t>(bytes[i] & (0xFF00u >> kept));
  }
}

bool read_bits(std::string_view text, unsigned most, unsigned& bits) {
  const char* const end = text.data() + text.size();
  const auto [rest, fault] = std::from_chars(text.data(), end, bits);
  return fault == std::errc() && rest == end && bits <= most;
}

}  // namespace

Result<Network> Network::parse(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto refuse = [&](std::string_view why) {
    return make_error(Errc::kInvalid, '"' + std::string(text) + "\" " + std::string(why));
  };
  const std::string_view ip = text.substr(0, slash);
  const auto address = Address::parse(ip, 0);
  if (!address || ip == "*" || ip.find('%') != ip.npos) {
    return refuse("is neither an IP address nor a network such as 192.0.2.0/24");
  }
  Bytes bytes{};
  const unsigned most = read_bytes(*address, bytes) * 8u;
  unsigned bits = most;
  if (slash < text.size() && !read_bits(text.substr(slash + 1), most, bits)) {
    return refuse("has no prefix length from 0 to " + std::to_string(most));
  }
  const Network network = around(*address, bits, bits);
  if (network.prefix_ != bytes) {
    return refuse("has bits beyond its prefix; did you mean " + network.to_string() + '?');
  }
  return network;
}

Network Network::around(const Address& address, unsigned v4_bits, unsigned v6_bits) {
  Network network;
  network.size_ = read_bytes(address, network.prefix_);
  if (network.size_ == 0) return network;
  network.bits_ = static_cast<std::uint8_t>(network.size_ == 4 ? v4_bits : v6_bits);
  clear_after(network.bits_, network.prefix_);
  return network;
}

bool Network::contains(const Address& address) const {
  return around(address, bits_, bits_) == *this;
}

std::string Network::to_string() const {
  char text[INET6_ADDRSTRLEN] = "?";
  if (size_ != 0) inet_ntop(size_ == 4 ? AF_INET : AF_INET6, prefix_.data(), text, sizeof text);
  return bits_ == size_ * 8 ? text : std::string(text) + '/' + std::to_string(bits_);
}

bool is_in(const std::vector<Network>& networks, const Address& address) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const Network& one) { return one.contains(address); });
}

}  // namespace rosterd::net
