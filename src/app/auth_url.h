// SPDX-License-Identifier: MIT
// http_auth_url and its like: where the web app is asked who logs in. As in Prosody's modules,
// $host, $user and $password stand for those of the login, percent-encoded. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "http/url.h"
#include "xmpp/jid.h"

namespace rosterd::app {

// kDenied for a name that cannot stand in it: `.` or `..` as a whole segment of the path would mean
// another place.
Result<http::Url> make_auth_url(std::string_view url, const xmpp::Jid& user,
                                std::string_view password);

// http:// or https://, the user and the password not before the path. kInvalid with a text for the
// administrator.
Status check_auth_url(std::string_view url);

// Whether a $user stands in it.
bool has_user(std::string_view url);

}  // namespace rosterd::app
