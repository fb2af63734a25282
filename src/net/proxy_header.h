// SPDX-License-Identifier: MIT
// The PROXY protocol, versions 1 and 2 (HAProxy's proxy-protocol.txt): what a proxy says of a
// connection before anything else. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "net/address.h"

namespace rosterd::net {

// Of a header that is read; a longer one is refused.
inline constexpr std::size_t kMaxProxyHeader = 4096;

struct ProxyHeader {
  std::size_t size = 0;  // its bytes; what follows is the client's
  // Of no family when the proxy speaks for itself or does not know: then its own address counts.
  Address client;
};

// Reads the header that `bytes` begin with. nullopt: it is all right so far, but there is not all
// of it yet. kInvalid: it is none. What version 2 may say besides the addresses is skipped.
Result<std::optional<ProxyHeader>> parse_proxy_header(std::string_view bytes);

}  // namespace rosterd::net
