// SPDX-License-Identifier: MIT
// What follows from the configuration for accounts that are with the web application.
#pragma once

#include <map>
#include <string>

#include "app/known_users.h"
#include "config.h"

namespace rosterd {

// By host, with what their key files hold. The error names the host and the file.
Result<std::map<std::string, app::AuthOptions>> make_auth(const Config& config);

// Likewise, how users are looked for.
std::map<std::string, app::UserSearchOptions, std::less<>> make_user_search(const Config& config);

// Of a client for nothing but logins, which must not wait for rosters.
web::HttpClientOptions make_auth_client(const Config& config);

// Does any host's login need the accounts file?
bool uses_accounts_file(const Config& config);

// A warning for each place that passwords are sent to, or keys for tokens come from, over an open
// network in the clear.
void warn_of_cleartext_logins(const Config& config);

}  // namespace rosterd
