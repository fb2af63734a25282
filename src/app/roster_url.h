// SPDX-License-Identifier: MIT
// http_roster_url: the template that says where a user's roster is. Pure.
//
//   %s or {user}   the username    (both percent-encoded byte by byte, all but
//   {host}         the host         A-Z a-z 0-9 - . _ ~)
//   %%             a percent sign (a space in the path is %%20)
//
// http:// and https:// are fetched; file:/// is a path, taken as it stands after expansion: the
// roster of `zoë` under file:///srv/rosters/%s.json is the file /srv/rosters/zo%C3%AB.json, named
// exactly like the URL's end would be. So a username is always one path component or a part of one.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "http/url.h"

namespace rosterd::app {

struct FilePath {
  std::string path;  // absolute
};
using RosterTarget = std::variant<http::Url, FilePath>;

// Checks a template: at least one %s or {user}, after the authority; a known scheme; no other % or
// {}. Used by -t as well. kInvalid with a text for the administrator.
Status check_roster_url(std::string_view url);

// The same for http_roster_bulk_url, and for http_roster_url in the format "jsxc": they name no
// user and are no files.
Status check_bulk_url(std::string_view url);

// Where the rosters of many users of a host are asked for.
Result<http::Url> make_bulk_target(std::string_view url, std::string_view host);

// The template filled in; `user` and `host` are percent-encoded here.
std::string expand_roster_url(std::string_view url, std::string_view user, std::string_view host);

// Where one user's roster is. kInvalid when the name cannot stand in it: `.` or `..` as a whole
// segment of the path would mean another place, and a file's name may not begin with a dot.
Result<RosterTarget> make_roster_target(std::string_view url, std::string_view user,
                                        std::string_view host);

}  // namespace rosterd::app
