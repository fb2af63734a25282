// SPDX-License-Identifier: MIT
// The body of POST /roster_admin/edges: relations between two users each, and so a change of two
// rosters each. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/refresh_request.h"

namespace rosterd::app {

// A JSON array of objects:
//   a, b          usernames or bare JIDs as in a refresh; b may be on any other domain
//   subscription  as a sees it: "both" (default), "to", "from", "none"; or "remove"
//   a_name        what b calls a
//   b_name        what a calls b
//   groups        of both contacts; a_groups: a's in b's roster, b_groups: b's in a's
// The roster of b gets the counterpart, unless b is not on one of `hosts`. A name or groups that
// are not given stay as they are. Names and groups are read as in a roster.
//
// The outcome is a refresh of patches: each edge is an element of the users concerned. Errors as in
// parse_refresh_body().
Result<RefreshRequest> parse_edges_body(std::string_view body,
                                        const std::vector<std::string>& hosts,
                                        const RefreshRequestLimits& limits);

}  // namespace rosterd::app
