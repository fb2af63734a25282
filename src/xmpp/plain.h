// SPDX-License-Identifier: MIT
// PLAIN (RFC 4616), the server's side. Start it through SaslExchange::start().
#pragma once

#include <memory>
#include <string_view>

#include "xmpp/sasl.h"

namespace rosterd::xmpp {

std::unique_ptr<SaslExchange> start_plain(std::string_view domain);

}  // namespace rosterd::xmpp
