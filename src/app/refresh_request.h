// SPDX-License-Identifier: MIT
// What a refresh names: the body of the POST, the last path segment of the GET. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "xmpp/jid.h"

namespace rosterd::app {

// A user and how many elements of the array named him: the answer counts elements.
struct RefreshUser {
  xmpp::Jid user;  // bare, on a served host
  std::size_t elements = 0;
};

// A username of the first host, or a bare JID on any of `hosts` (a resource is stripped); prepared
// here. kDenied for another host, else kInvalid with the cause.
Result<xmpp::Jid> parse_refresh_name(std::string_view name, const std::vector<std::string>& hosts);

// A JSON array of such names; each user once, in order of first mention. kInvalid or
// kDenied for anything else (one bad element spoils the request, its index is in the text),
// kTooLarge over `limit` elements.
Result<std::vector<RefreshUser>> parse_refresh_body(std::string_view body,
                                                    const std::vector<std::string>& hosts,
                                                    std::size_t limit);

}  // namespace rosterd::app
