// SPDX-License-Identifier: MIT
// Roster iqs: jabber:iq:roster on the wire (RFC 6121 section 2): gets, also those that wait for the
// roster, and pushes. Sets are in read_only_roster.cc.
#pragma once

#include <vector>

#include "im/roster_diff.h"
#include "im/state.h"

namespace rosterd::im {

// To every interested session of `user`, one item per push. `changes` lead to the roster in force.
void push_roster_changes(State& state, User& user, const std::vector<ItemChange>& changes);

// The roster has come into force: whoever waits gets it and is interested from now on.
void answer_waiting_gets(State& state, User& user);

// There is no roster for now: wait/remote-server-timeout. They are interested all the same: when it
// comes its items will be pushed.
void fail_waiting_gets(State& state, User& user);

}  // namespace rosterd::im
