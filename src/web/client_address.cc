// SPDX-License-Identifier: MIT
#include "web/client_address.h"

#include <string>

#include "base/text.h"
#include "http/forwarded.h"

namespace rosterd::web {

namespace {

net::Address read_address(const std::string& node) {
  const auto address = net::Address::parse(node, 0);
  return address ? net::Address::from_sockaddr(address->get()) : net::Address();
}

// `nodes` holds at least one.
net::Address walk(const std::vector<std::string>& nodes, const std::vector<net::Network>& proxies) {
  net::Address address;
  for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
    address = read_address(*node);
    if (!net::is_in(proxies, address)) break;
  }
  return address;
}

}  // namespace

net::Address find_client_address(const net::Address& peer, const http::Fields& fields,
                                 const std::vector<net::Network>& proxies) {
  if (!net::is_in(proxies, peer)) return peer;
  const auto standard = http::parse_forwarded(fields);
  const auto common = http::parse_x_forwarded_for(fields);
  if (!standard || !common) return {};
  if (standard->empty() && common->empty()) return peer;  // the proxy's own request
  if (standard->empty()) return walk(*common, proxies);
  const net::Address address = walk(*standard, proxies);
  if (common->empty() || walk(*common, proxies).ip() == address.ip()) return address;
  return {};
}

std::string_view find_last_item(const http::Fields& fields, std::string_view name) {
  std::string_view last;
  for (const auto& [field, value] : fields.all()) {
    if (text::ascii_iequals(field, name)) last = value;
  }
  return text::trim(last.substr(last.rfind(',') + 1));
}

std::optional<bool> find_forwarded_tls(const net::Address& peer, const http::Fields& fields,
                                       const std::vector<net::Network>& proxies) {
  if (!net::is_in(proxies, peer)) return std::nullopt;
  const std::string_view scheme = find_last_item(fields, "X-Forwarded-Proto");
  if (scheme.empty()) return std::nullopt;
  return text::ascii_iequals(scheme, "https");
}

bool is_private_way(const net::Address& peer, bool tls, const http::Fields& fields,
                    const std::vector<net::Network>& proxies) {
  if (const auto told = find_forwarded_tls(peer, fields, proxies)) return *told;
  return peer.is_loopback() || (tls && !net::is_in(proxies, peer));
}

}  // namespace rosterd::web
