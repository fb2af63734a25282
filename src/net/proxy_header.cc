// SPDX-License-Identifier: MIT
#include "net/proxy_header.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string>

namespace rosterd::net {

namespace {

using Parsed = Result<std::optional<ProxyHeader>>;

constexpr std::string_view kText = "PROXY ";
constexpr std::size_t kMaxText = 107;  // with its CR and LF

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t kFixedPart = 16;  // signature, command, family, length
// Version in the high half, command in the low one.
constexpr std::uint8_t kLocal = 0x20;
constexpr std::uint8_t kProxy = 0x21;
// Family and transport: TCP alone reaches us.
constexpr std::uint8_t kUnknown = 0x00;
constexpr std::uint8_t kTcp4 = 0x11;
constexpr std::uint8_t kTcp6 = 0x21;
constexpr std::uint8_t kUnixStream = 0x31;

tl::unexpected<Error> refuse(const char* why) { return make_error(Errc::kInvalid, why); }

bool may_begin(std::string_view bytes, std::string_view with) {
  const std::size_t size = std::min(bytes.size(), with.size());
  return bytes.substr(0, size) == with.substr(0, size);
}

// --- version 1: a line of text ------------------------------------------------------------------

bool parse_port(std::string_view text, std::uint16_t& port) {
  const char* const end = text.data() + text.size();
  const auto [rest, fault] = std::from_chars(text.data(), end, port);
  const bool is_padded = text.size() > 1 && text.front() == '0';
  return !text.empty() && fault == std::errc() && rest == end && !is_padded;
}

std::optional<Address> parse_ip(std::string_view text, std::uint16_t port, sa_family_t family) {
  if (text.find_first_not_of("0123456789abcdefABCDEF:.") != text.npos) return std::nullopt;
  const auto address = Address::parse(text, port);
  if (!address || address->get()->sa_family != family) return std::nullopt;
  return Address::from_sockaddr(address->get());
}

// "TCP4 192.0.2.1 192.0.2.9 4711 5222": source and destination, addresses before ports.
Parsed parse_fields(std::string_view line, std::size_t size) {
  const bool trails = line.ends_with(' ');
  std::array<std::string_view, 5> fields;
  for (std::string_view& field : fields) {
    const std::size_t space = std::min(line.find(' '), line.size());
    field = line.substr(0, space);
    line.remove_prefix(std::min(space + 1, line.size()));
    if (&field == &fields.front() && field == "UNKNOWN") return ProxyHeader{size, {}};
  }
  const bool is_v6 = fields[0] == "TCP6";
  if (!is_v6 && fields[0] != "TCP4") return refuse("neither TCP4, TCP6 nor UNKNOWN");
  std::uint16_t from = 0, to = 0;
  if (trails || !line.empty() || !parse_port(fields[3], from) || !parse_port(fields[4], to)) {
    return refuse("bad ports");
  }
  const sa_family_t family = is_v6 ? AF_INET6 : AF_INET;
  const auto client = parse_ip(fields[1], from, family);
  if (!client || !parse_ip(fields[2], to, family)) return refuse("bad addresses");
  return ProxyHeader{size, *client};
}

Parsed parse_text(std::string_view bytes) {
  const std::size_t end = bytes.substr(0, kMaxText).find("\r\n");
  if (end != bytes.npos) {
    if (end < kText.size()) return refuse("its line is cut off");
    return parse_fields(bytes.substr(kText.size(), end - kText.size()), end + 2);
  }
  if (bytes.size() >= kMaxText) return refuse("its line does not end");
  return std::nullopt;
}

// --- version 2: binary --------------------------------------------------------------------------

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

// Addresses and ports are in network order, as a sockaddr has them.
Address read_tcp4(std::string_view block) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  std::memcpy(&address.sin_addr, block.data(), 4);
  std::memcpy(&address.sin_port, block.data() + 8, 2);
  return Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&address));
}

Address read_tcp6(std::string_view block) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  std::memcpy(&address.sin6_addr, block.data(), 16);
  std::memcpy(&address.sin6_port, block.data() + 32, 2);
  return Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&address));
}

Parsed read_block(std::uint8_t family, std::string_view block, std::size_t size) {
  if (family == kUnknown || family == kUnixStream) return ProxyHeader{size, {}};
  if (family != kTcp4 && family != kTcp6) return refuse("a family other than TCP's");
  const std::size_t needed = family == kTcp4 ? 12 : 36;
  if (block.size() < needed) return refuse("shorter than its addresses");
  return ProxyHeader{size, family == kTcp4 ? read_tcp4(block) : read_tcp6(block)};
}

Parsed parse_binary(std::string_view bytes) {
  if (bytes.size() > 12 && byte_at(bytes, 12) != kLocal && byte_at(bytes, 12) != kProxy) {
    return refuse("another version or command");
  }
  if (bytes.size() < kFixedPart) return std::nullopt;
  const std::size_t size = kFixedPart + byte_at(bytes, 14) * 256u + byte_at(bytes, 15);
  if (size > kMaxProxyHeader) return refuse("too long");
  if (bytes.size() < size) return std::nullopt;
  if (byte_at(bytes, 12) == kLocal) return ProxyHeader{size, {}};
  return read_block(byte_at(bytes, 13), bytes.substr(kFixedPart, size - kFixedPart), size);
}

}  // namespace

Parsed parse_proxy_header(std::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  if (may_begin(bytes, kText)) return parse_text(bytes);
  if (may_begin(bytes, kSignature)) return parse_binary(bytes);
  return refuse("the connection begins with something else");
}

}  // namespace rosterd::net
