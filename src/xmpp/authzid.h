// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rosterd::xmpp {

// May `username` (prepared, of `domain`) act as `authzid`? Only as themselves: "" or their own bare
// JID (RFC 6120 section 6.3.8), or the bare user name, which some clients send.
bool is_authzid_of(std::string_view authzid, std::string_view username, std::string_view domain);

// saslname: "=2C" is ',', "=3D" is '=', any other '=' is an error (RFC 5802 section 5.1).
std::optional<std::string> decode_saslname(std::string_view encoded);

// gs2-cb-flag "," [ "a=" saslname ] "," at the beginning of a message (RFC 5801 section 4).
struct Gs2Header {
  std::string_view flag;
  std::string authzid;    // decoded, "" where it has none
  std::string_view text;  // all of it
};
// nullopt: `message` does not begin with one. The flag may be anything.
std::optional<Gs2Header> find_gs2_header(std::string_view message);

}  // namespace rosterd::xmpp
