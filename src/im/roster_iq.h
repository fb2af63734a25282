// SPDX-License-Identifier: MIT
// Roster iqs: jabber:iq:roster on the wire (RFC 6121 section 2): gets, also those that wait for the
// roster, and pushes. Sets are in read_only_roster.cc.
#pragma once

#include "im/push_queries.h"
#include "im/state.h"

namespace rosterd::im {

// Is any session of `user` interested?
bool wants_pushes(const User& user);

// To every interested session of `user`, one item per push. `queries` lead to the roster in force.
void push_roster_changes(State& state, const User& user, const PushQueries& queries);

// The roster has come into force: whoever waits gets it and is interested from now on.
void answer_waiting_gets(State& state, User& user);

// There is no roster for now: wait/remote-server-timeout. They are interested all the same: when it
// comes its items will be pushed.
void fail_waiting_gets(State& state, User& user);

}  // namespace rosterd::im
