// SPDX-License-Identifier: MIT
// What the windows into rosterd are asked (the protocol's section 4): queries and bodies. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/interner.h"
#include "base/result.h"
#include "xmpp/jid.h"

namespace rosterd::app {

// Most users of one page, and what is taken when the query does not say.
inline constexpr std::size_t kOnlinePage = 1000;

struct PageRequest {
  std::size_t limit = kOnlinePage;  // 1 to kOnlinePage; more than that is taken as that
  Atom after = kNoAtom;             // Census::list_online()
};

// Of GET /roster_admin/online. kInvalid for a member that is unknown, given twice or no number.
Result<PageRequest> parse_page_request(std::string_view target);
// The text of `next` in an answer, as `after` gives it back.
std::string to_cursor(Atom place);

struct NamedUser {
  std::string name;  // as it was sent
  xmpp::Jid user;    // bare
};

// A JSON array of names as parse_refresh_name() takes them, each spelling once. kInvalid for
// anything else, kTooLarge over `limit` elements.
Result<std::vector<NamedUser>> parse_names(std::string_view body,
                                           const std::vector<std::string>& hosts,
                                           std::size_t limit);

struct KickRequest {
  std::vector<xmpp::Jid> users;         // bare
  std::optional<std::string> resource;  // prepared; absent: all of them
  std::string reason;                   // fit for a stream error, at most kKickReason bytes
};
inline constexpr std::size_t kKickReason = 1023;

// {"users":["john"],"resource":null,"reason":"logged out","revoke":true}; all but `users` may be
// left out. A member that is not known is refused: a misspelt `resource` would kick too many.
Result<KickRequest> parse_kick(std::string_view body, const std::vector<std::string>& hosts,
                               std::size_t limit);

// {"user":"john"}. kInvalid, also for a member that is not known.
Result<xmpp::Jid> parse_token_request(std::string_view body, const std::vector<std::string>& hosts);

struct PrebindRequest {
  xmpp::Jid user;        // bare
  std::string resource;  // as it was sent; "" = the server chooses
};
// {"user":"john","resource":"web"}; `resource` may be left out, or null. Likewise.
Result<PrebindRequest> parse_prebind(std::string_view body, const std::vector<std::string>& hosts);

}  // namespace rosterd::app
