// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace rosterd::xmpp {

// May `username` (prepared, of `domain`) act as `authzid`? Only as themselves: "" or their own bare
// JID (RFC 6120 section 6.3.8), or the bare user name, which some clients send.
bool is_authzid_of(std::string_view authzid, std::string_view username, std::string_view domain);

}  // namespace rosterd::xmpp
