// SPDX-License-Identifier: MIT
// The web app's JSON roster to roster entries (the protocol's section 1, level 0).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "im/roster.h"
#include "xmpp/jid.h"

namespace rosterd::app {

struct RosterLimits {
  std::size_t contacts = 10'000;
  std::size_t text_bytes = 1023;  // of a name or a group
};

struct ParsedRoster {
  std::vector<im::RosterEntry> entries;
  std::size_t skipped = 0;    // contacts left out (bad JID, illegal text, own JID is not counted)
  std::string first_skipped;  // why, for one log line
};

// `body` is a JSON object contact JID -> data, or [] (what PHP makes of an empty object). kInvalid
// for anything else, kTooLarge over limits.contacts. Items that cannot be used are skipped and
// counted. "$meta" is reserved and ignored.
Result<ParsedRoster> parse_roster(std::string_view body, const xmpp::Jid& owner,
                                  const RosterLimits& limits);

}  // namespace rosterd::app
