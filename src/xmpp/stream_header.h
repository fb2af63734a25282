// SPDX-License-Identifier: MIT
// Stream headers (RFC 6120 section 4.7): what is wrong with a client's, and how ours is written.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "xml/parser.h"
#include "xmpp/negotiation.h"

namespace rosterd::xmpp {

// What can be said without knowing the hosts and the user: namespaces, name, prefix and version, in
// this order.
std::optional<action::Close> find_header_fault(const xml::StreamHeader& header);

// What <open/> says (RFC 7395 section 3.4), as a stream header.
xml::StreamHeader read_open(xml::Element open);

// The one of `hosts` that `to` names, else null.
const std::string* find_host(const std::vector<std::string>& hosts, std::string_view to);

// A tag of RFC 5646 in form, short enough to be stamped on every stanza of the stream.
bool is_language_tag(std::string_view tag);

struct ResponseHeader {
  std::string_view from;
  std::string_view to;    // "" = none
  std::string_view lang;  // "" = ours
};
// With a fresh stream id that cannot be guessed (section 4.7.3). "" for BOSH.
std::string make_response_header(StreamFraming framing, const ResponseHeader& header);

}  // namespace rosterd::xmpp
