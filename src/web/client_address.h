// SPDX-License-Identifier: MIT
// Whose address a request comes from when proxies stand in between. Pure.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "net/address.h"
#include "net/network.h"

namespace rosterd::web {

// `peer`, unless it is one of `proxies`: then what X-Forwarded-For or Forwarded say, read from the
// right, where the nearest proxy wrote, up to the first address that is no proxy. What stands
// further left anybody may have written. Of no family when the proxies do not know it, or when the
// two fields disagree: one of them came from the client, because the proxy minds only the other.
net::Address find_client_address(const net::Address& peer, const http::Fields& fields,
                                 const std::vector<net::Network>& proxies);

// The last item of all fields of this name, comma-separated lists as they are: what the nearest
// proxy wrote, whatever the client did.
std::string_view find_last_item(const http::Fields& fields, std::string_view name);

// Whether a client of the proxy `peer` speaks TLS with it, as its X-Forwarded-Proto says; nullopt:
// it does not say, or is none of `proxies`. Of several values the last counts, the nearest proxy's.
std::optional<bool> find_forwarded_tls(const net::Address& peer, const http::Fields& fields,
                                       const std::vector<net::Network>& proxies);

// Whether nobody on the way can read what the client sends: it comes over TLS, from this very
// machine, or through a proxy that says the client speaks TLS with it (X-Forwarded-Proto: https). A
// proxy on this machine that does not say is believed to.
bool is_private_way(const net::Address& peer, bool tls, const http::Fields& fields,
                    const std::vector<net::Network>& proxies);

}  // namespace rosterd::web
