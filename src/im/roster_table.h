// SPDX-License-Identifier: MIT
// Roster table: how rosters come into force. First load, refresh and a late success after failures
// are one operation.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "im/core.h"
#include "im/state.h"

namespace rosterd::im {

// See Core::prepare().
void prepare_change(const State& state, RosterChange& change);

// See Core::is_prepared() and find_gifted().
bool is_up_to_date(const User& user, const RosterChange& change);
std::vector<std::string_view> find_gifted(const Interner& names, const RosterChange& change);

// See Core::apply(). A roster that was not in force before counts as empty, so a first load
// announces the user's available sessions as any gain does.
void apply_rosters(State& state, RosterBatch batch);

// See Core::drop_replaced().
void drop_replaced(State& state);

// The web app did not answer. A copy from an earlier login that is young enough serves meanwhile;
// else waiting roster gets are told so.
void on_fetch_failed(State& state, User& user);

// At a login: a copy that the web app has called fresh until later comes into force unasked. False
// when there is none.
bool apply_fresh_copy(State& state, User& user);

// See Core::find_one_sided().
std::vector<xmpp::Jid> find_one_sided(const State& state, const RosterChange& change);

// See Core::find_current_roster() and Core::outdate_roster().
const HeldRoster* find_current_roster(const State& state, const xmpp::Jid& bare);
void outdate_roster(State& state, const xmpp::Jid& bare, std::uint64_t sequence);

// The copy kept from an earlier login, if any, must not be used; a roster in force stays.
void forget_roster(State& state, const xmpp::Jid& bare);

}  // namespace rosterd::im
