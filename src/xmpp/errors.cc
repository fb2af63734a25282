// SPDX-License-Identifier: MIT
#include "xmpp/errors.h"

#include <array>

#include "xml/writer.h"
#include "xmpp/namespaces.h"

namespace rosterd::xmpp {
namespace {

// Both tables are in the order of their enums.
constexpr std::array<std::string_view, 21> kStreamConditions = {
    "",
    "bad-format",
    "bad-namespace-prefix",
    "conflict",
    "connection-timeout",
    "host-unknown",
    "internal-server-error",
    "invalid-from",
    "invalid-namespace",
    "invalid-xml",
    "not-authorized",
    "not-well-formed",
    "policy-violation",
    "reset",
    "resource-constraint",
    "restricted-xml",
    "system-shutdown",
    "undefined-condition",
    "unsupported-encoding",
    "unsupported-stanza-type",
    "unsupported-version",
};
static_assert(kStreamConditions.size() ==
              static_cast<std::size_t>(StreamCondition::kUnsupportedVersion) + 1);

struct StanzaRow {
  std::string_view name;
  std::string_view type;  // RFC 6120 section 8.3.3
};

constexpr std::array<StanzaRow, 18> kStanzaConditions = {{
    {"bad-request", "modify"},
    {"conflict", "cancel"},
    {"feature-not-implemented", "cancel"},
    {"forbidden", "auth"},
    {"internal-server-error", "cancel"},
    {"item-not-found", "cancel"},
    {"jid-malformed", "modify"},
    {"not-acceptable", "modify"},
    {"not-allowed", "cancel"},
    {"not-authorized", "auth"},
    {"policy-violation", "modify"},
    {"recipient-unavailable", "wait"},
    {"remote-server-not-found", "cancel"},
    {"remote-server-timeout", "wait"},
    {"resource-constraint", "wait"},
    {"service-unavailable", "cancel"},
    {"undefined-condition", "cancel"},
    {"unexpected-request", "wait"},
}};
static_assert(kStanzaConditions.size() ==
              static_cast<std::size_t>(StanzaCondition::kUnexpectedRequest) + 1);

const StanzaRow& row(StanzaCondition condition) {
  return kStanzaConditions[static_cast<std::size_t>(condition)];
}

bool may_be_answered(xml::Element stanza) {
  const std::string_view type = stanza.attr("type");
  return type != "error" && !(type == "result" && stanza.name() == "iq");
}

}  // namespace

std::string_view to_string(StreamCondition condition) {
  return kStreamConditions[static_cast<std::size_t>(condition)];
}

StreamCondition to_stream_condition(xml::FrameError error) {
  switch (error) {
    case xml::FrameError::kNone:
      return StreamCondition::kNone;
    case xml::FrameError::kNotWellFormed:
      return StreamCondition::kNotWellFormed;
    case xml::FrameError::kRestrictedXml:
      return StreamCondition::kRestrictedXml;
    case xml::FrameError::kBadFormat:
      return StreamCondition::kBadFormat;
    case xml::FrameError::kStanzaTooBig:
      return StreamCondition::kPolicyViolation;
    case xml::FrameError::kUnsupportedEncoding:
      return StreamCondition::kUnsupportedEncoding;
  }
  return StreamCondition::kUndefinedCondition;
}

void write_stream_error(std::string& out, StreamCondition condition, std::string_view text,
                        bool declare_prefix) {
  out += "<stream:error";
  if (declare_prefix) out.append(" xmlns:stream='").append(ns::kStreams).append("'");
  out += '>';
  xml::Writer writer(out);
  writer.open(to_string(condition), ns::kStreamErrors).end();
  if (!text.empty()) {
    writer.open("text", ns::kStreamErrors).attr("xml:lang", "en").text(text).end();
  }
  out += "</stream:error>";
}

std::string_view to_string(StanzaCondition condition) { return row(condition).name; }

std::string_view error_type(StanzaCondition condition) { return row(condition).type; }

bool write_stanza_error(std::string& out, xml::Element stanza, StanzaCondition condition,
                        std::string_view text, std::string_view from, std::string_view to) {
  if (!may_be_answered(stanza)) return false;
  xml::Writer writer(out, stanza.ns());
  writer.open(stanza.name()).attr("type", "error");
  // An empty id is still an id; an absent one is not.
  if (const auto id = stanza.find_attr("id")) writer.attr("id", *id);
  writer.attr_if("from", from.empty() ? stanza.attr("to") : from);
  writer.attr_if("to", to.empty() ? stanza.attr("from") : to);
  writer.attr_if("xml:lang", stanza.lang());
  writer.open("error").attr("type", error_type(condition));
  writer.open(to_string(condition), ns::kStanzaErrors).end();
  if (!text.empty()) {
    writer.open("text", ns::kStanzaErrors).attr("xml:lang", "en").text(text).end();
  }
  writer.end().end();
  return true;
}

}  // namespace rosterd::xmpp
