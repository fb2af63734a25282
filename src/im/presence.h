// SPDX-License-Identifier: MIT
// Presence (RFC 6121 section 4): what an ending session owes to those who see it. The stanzas that
// clients send are handled in presence.cc too, see handlers.h.
#pragma once

#include <string>

#include "im/state.h"
#include "xml/element.h"

namespace rosterd::im {

// Unavailable presence to exactly those who saw the session: watchers, the account's other
// resources, and whoever got directed presence; each session once. Then it has no presence.
// `words` is the client's own unavailable stanza, which the session itself gets back too; null when
// the session just ended.
void withdraw_presence(State& state, Session& session, const xmpp::Forward* words);

// What a presence stanza says of its sender (section 4.7.2). `show` is "away", "chat", "dnd", "xa"
// or "", also for anything else.
std::string read_show(xml::Element presence);
std::string read_status(xml::Element presence);

}  // namespace rosterd::im
