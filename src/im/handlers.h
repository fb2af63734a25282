// SPDX-License-Identifier: MIT
// Handlers: what the router and the rows of iq_rows.cc call.
#pragma once

#include "im/directory.h"
#include "im/iq.h"
#include "im/state.h"
#include "xml/element.h"

namespace rosterd::im {

// A first-level element of an established stream (RFC 6120 section 8, RFC 6121 section 8).
void route(State& state, Session& sender, xml::Element stanza);

// Stanzas whose `from` is the sender's, to anything but a malformed address; messages and iqs not
// to a foreign domain either.
void handle_message(State& state, Session& sender, xml::Element stanza, const Target& target);
void handle_presence(State& state, Session& sender, xml::Element stanza, const Target& target);
void handle_iq(State& state, Session& sender, xml::Element stanza, const Target& target);

// The error reply to a stanza; nothing for one that must not be answered.
void refuse(State& state, Session& sender, xml::Element stanza, xmpp::StanzaCondition condition,
            std::string_view text = {});

// roster_iq.cc, read_only_roster.cc
void handle_roster_get(State& state, const IqRequest& request, IqReply reply);
void handle_roster_set(State& state, const IqRequest& request, IqReply reply);
void handle_foreign_roster(State& state, const IqRequest& request, IqReply reply);

// disco.cc (XEP-0030)
void handle_disco_info(State& state, const IqRequest& request, IqReply reply);
void handle_disco_items(State& state, const IqRequest& request, IqReply reply);

// services.cc
void handle_ping(State& state, const IqRequest& request, IqReply reply);     // XEP-0199
void handle_version(State& state, const IqRequest& request, IqReply reply);  // XEP-0092
void handle_time(State& state, const IqRequest& request, IqReply reply);     // XEP-0202
void handle_session(State& state, const IqRequest& request, IqReply reply);  // RFC 3921 section 3

}  // namespace rosterd::im
