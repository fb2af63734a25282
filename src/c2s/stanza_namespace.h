// SPDX-License-Identifier: MIT
// Stanza namespace: outboxes hold stanzas as TCP carries them, in the stream's default namespace.
// Where each element stands for itself (WebSocket) or in another's (BOSH), it must say so.
#pragma once

#include <string>
#include <string_view>

namespace rosterd::c2s {

// Appends `element` as our own writers made it; if it is a message, presence or iq, with
// xmlns='jabber:client' (RFC 7395 section 3.3.3).
void append_with_namespace(std::string& out, std::string_view element);

}  // namespace rosterd::c2s
