// SPDX-License-Identifier: MIT
// RosterDelta: what a POST says of one user's roster itself, so that nobody need ask for it: the
// whole of it, or what has changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "im/core.h"
#include "im/roster_draft.h"

namespace rosterd::app {

struct RosterDelta {
  bool whole = false;
  im::SharedRoster roster;             // of a whole roster
  std::vector<im::RosterEdit> edits;   // of a patch
  std::optional<std::string> if_etag;  // it is meant for the roster with this entity tag only
  std::string etag;                    // of the outcome; "" = not told
};

// A roster that came inside a POST, or was made of what came, on its way into force.
struct DeliveredRoster {
  im::RosterChange change;
  // What the deltas were made for; null when it does not matter.
  im::SharedRoster base;
};

// What the deltas, in their order, make of the roster that counts now. nullopt when that is not
// sure enough, or becomes larger than `max_contacts`: then the web app must be asked.
//
// Sure means: a patch needs a roster in force that is current (see
// im::Core::find_current_roster()), so neither a copy from an earlier login nor one that another
// refresh, on its way or failed, has named; with an `if`, that roster's entity tag must be the one
// given.
std::optional<DeliveredRoster> deliver(im::Core& core, const xmpp::Jid& user,
                                       const std::vector<RosterDelta>& deltas,
                                       std::size_t max_contacts, std::uint64_t sequence);

// Whether it may still be applied: not when another roster than the base has come into force that
// is older than the POST. (One that is newer is no matter: im::Core::apply() keeps it.)
bool is_usable(const im::Core& core, const DeliveredRoster& delivered);

}  // namespace rosterd::app
