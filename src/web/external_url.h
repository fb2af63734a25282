// SPDX-License-Identifier: MIT
// The URL by which the world knows this server, whatever proxies stand in between. Pure.
#pragma once

#include <string>
#include <vector>

#include "http/message.h"
#include "http/url.h"
#include "net/network.h"
#include "web/http_server.h"

namespace rosterd::web {

// A base of URLs: http:// or https://, without password and query, its path of plain characters
// (A-Z a-z 0-9 - . _ ~ /) alone, so that it may stand in XML, JSON and HTML as it is. kInvalid.
Result<http::Url> parse_external_url(std::string_view text);

// Where a client has found the server: the name in Host, https if the request came over TLS. A
// proxy of `proxies` tells the client's own by X-Forwarded-Host and X-Forwarded-Proto; where these
// are lists, the nearest proxy wrote the last item. kInvalid when it is no name.
Result<http::Url> find_external_url(const Client& client, const http::Fields& fields,
                                    const std::vector<net::Network>& proxies);

}  // namespace rosterd::web
