// SPDX-License-Identifier: MIT
// Tokens that a server with the harness's TOKEN_SECRET takes for a password (auth = "jwt").
#pragma once

#include <string>

namespace bench {

// HS256 (RFC 7519), for an hour.
std::string make_token(int user);

}  // namespace bench
