// SPDX-License-Identifier: MIT
// SCRAM (RFC 5802) for SHA-1, SHA-256 (RFC 7677) and SHA-512, the server's side. Start it through
// SaslExchange::start().
#pragma once

#include <memory>
#include <string>

#include "xmpp/sasl.h"

namespace rosterd::xmpp {

// `server_nonce`: fresh and unguessable, of printable ASCII without ','.
std::unique_ptr<SaslExchange> start_scram(Mechanism mechanism, const SaslPlace& place,
                                          std::string server_nonce);

}  // namespace rosterd::xmpp
