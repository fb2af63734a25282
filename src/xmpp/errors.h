// SPDX-License-Identifier: MIT
// Stream and stanza errors (RFC 6120 sections 4.9.3 and 8.3.3): the conditions, their types, the
// tables that map our failures outward, and their XML.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "xml/element.h"
#include "xml/framer.h"

namespace rosterd::xmpp {

enum class StreamCondition : std::uint8_t {
  kNone,
  kBadFormat,
  kBadNamespacePrefix,
  kConflict,
  kConnectionTimeout,
  kHostUnknown,
  kInternalServerError,
  kInvalidFrom,
  kInvalidNamespace,
  kInvalidXml,
  kNotAuthorized,
  kNotWellFormed,
  kPolicyViolation,
  kReset,
  kResourceConstraint,
  kRestrictedXml,
  kSystemShutdown,
  kUndefinedCondition,
  kUnsupportedEncoding,
  kUnsupportedStanzaType,
  kUnsupportedVersion,
};
std::string_view to_string(StreamCondition condition);
StreamCondition to_stream_condition(xml::FrameError error);

// <stream:error>…</stream:error>, without the closing </stream:stream>. `text` may be "".
// `declare_prefix`: WebSocket and BOSH have no stream header that binds `stream:`.
void write_stream_error(std::string& out, StreamCondition condition, std::string_view text,
                        bool declare_prefix = false);

enum class StanzaCondition : std::uint8_t {
  kBadRequest,
  kConflict,
  kFeatureNotImplemented,
  kForbidden,
  kInternalServerError,
  kItemNotFound,
  kJidMalformed,
  kNotAcceptable,
  kNotAllowed,
  kNotAuthorized,
  kPolicyViolation,
  kRecipientUnavailable,
  kRemoteServerNotFound,
  kRemoteServerTimeout,
  kResourceConstraint,
  kServiceUnavailable,
  kUndefinedCondition,
  kUnexpectedRequest,
};
std::string_view to_string(StanzaCondition condition);
// "cancel", "modify", "auth", "wait": RFC 6120's type for the condition.
std::string_view error_type(StanzaCondition condition);

// The error reply to `stanza` (an iq, message or presence): from and to swapped, id and the
// sender's xml:lang kept. `from` and `to` override the swap where not "". Writes nothing for a
// stanza that is itself an error (or an iq result): errors are never answered (section 8.3.1).
// Returns whether it wrote.
bool write_stanza_error(std::string& out, xml::Element stanza, StanzaCondition condition,
                        std::string_view text = {}, std::string_view from = {},
                        std::string_view to = {});

}  // namespace rosterd::xmpp
