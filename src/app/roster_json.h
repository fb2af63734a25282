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
  std::size_t contacts = 10'000;  // members of the object, usable or not
  std::size_t text_bytes = 1023;  // of a name or a group
};

struct ParsedRoster {
  std::vector<im::RosterEntry> entries;  // one per contact, sorted by JID; never the owner himself
  std::size_t skipped = 0;  // contacts left out: bad JID, unusable value, unknown subscription
  std::size_t dropped = 0;  // names and groups left out, without their contact
  std::string first_fault;  // the first of either, "JID: why", for one log line
};

// `body` is a JSON object contact JID -> data, or [] (what PHP makes of an empty object). kInvalid
// for anything else, kTooLarge over limits.contacts.
//
// A contact's data is an object, a string (= name), null or true (= {}). Its members:
//   name          a string; anything else but null is dropped
//   groups        an array of strings, an object whose keys are the names, or one string
//   subscription  "both" (default), "to", "from", "none"; with anything else the contact is
//                 skipped, so that nobody is granted more than the web app said
// Names and groups that may not stand in XML, or are too long, are dropped. Of a key that occurs
// twice the last wins, also when it is the unusable one. A contact's resource is stripped, the
// owner's own JID and the reserved key "$meta" are ignored.
Result<ParsedRoster> parse_roster(std::string_view body, const xmpp::Jid& owner,
                                  const RosterLimits& limits);

}  // namespace rosterd::app
