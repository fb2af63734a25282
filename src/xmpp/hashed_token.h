// SPDX-License-Identifier: MIT
// HT-SHA-256-*: a token is proven by its hash (draft-schmaus-kitten-sasl-ht). Start it through
// SaslExchange::start().
#pragma once

#include <memory>

#include "xmpp/sasl.h"

namespace rosterd::xmpp {

std::unique_ptr<SaslExchange> start_hashed_token(Mechanism mechanism,
                                                 const ChannelBindings& bindings);
// What this mechanism binds to, "" where the stream does not have it or the mechanism does not
// bind.
const std::string& find_binding(Mechanism mechanism, const ChannelBindings& bindings);

}  // namespace rosterd::xmpp
