// SPDX-License-Identifier: MIT
// What the windows into rosterd show, as JSON (the protocol's section 4). Pure.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "im/census.h"

namespace rosterd::app {

// {"users":[{"user":…,"host":…,"sessions":[…]}],"next":…}; the last page has no `next`.
std::string write_page(const im::CensusPage& page);

// {"online":true,"available":…,"show":…,"sessions":2} or {"online":false,"last":…}, `last` only
// where it is known. `show` is that of the available session with the highest priority, of several
// the one that was bound last.
void write_summary(json::Writer& out, const im::UserInfo& user);

// A whole user with his sessions and what is held of his roster.
std::string write_user(const im::UserInfo& user, const std::optional<im::RosterInfo>& roster);

}  // namespace rosterd::app
