// SPDX-License-Identifier: MIT
// The mechanisms by which something says by itself whose it is: a token (OAUTHBEARER of RFC 7628,
// and X-OAUTH2, which has the form of PLAIN), or what came with the connection (EXTERNAL of RFC
// 4422 appendix A). Start them through SaslExchange::start().
#pragma once

#include <memory>
#include <string_view>

#include "xmpp/sasl.h"

namespace rosterd::xmpp {

std::unique_ptr<SaslExchange> start_oauth_bearer(std::string_view domain);
std::unique_ptr<SaslExchange> start_x_oauth2(std::string_view domain);
std::unique_ptr<SaslExchange> start_external(std::string_view domain);

}  // namespace rosterd::xmpp
