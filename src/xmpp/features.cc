// SPDX-License-Identifier: MIT
#include "xmpp/features.h"

#include <algorithm>

#include "xml/writer.h"
#include "xmpp/namespaces.h"

namespace rosterd::xmpp {

namespace {

bool is_plus(Mechanism mechanism) {
  return mechanism == Mechanism::kScramSha256Plus || mechanism == Mechanism::kScramSha1Plus;
}

// A WebSocket has no stream header that binds the prefix (RFC 7395 section 3.3.3).
void open_features(std::string& out, StreamFraming framing) {
  out += "<stream:features";
  if (framing == StreamFraming::kWebSocket) {
    out += " xmlns:stream='http://etherx.jabber.org/streams'";
  }
  out += '>';
}

void close_features(std::string& out) { out += "</stream:features>"; }

void write_starttls(xml::Writer& writer, bool required) {
  writer.open("starttls", ns::kTls);
  if (required) writer.open("required").end();
  writer.end();
}

void write_bindings(xml::Writer& writer, const ChannelBindings& bindings) {
  const auto binding = [&writer](std::string_view type, const std::string& value) {
    if (!value.empty()) writer.open("channel-binding").attr("type", type).end();
  };
  writer.open("sasl-channel-binding", ns::kSaslChannelBinding);
  binding("tls-exporter", bindings.tls_exporter);
  binding("tls-server-end-point", bindings.tls_server_end_point);
  // Last resort of old clients, which do not read this list: see net::TlsFilter::tls_unique().
  if (bindings.tls_exporter.empty()) binding("tls-unique", bindings.tls_unique);
  writer.end();
}

StanzaCondition bind_condition(Errc why) {
  switch (why) {
    case Errc::kConflict:
      return StanzaCondition::kConflict;
    case Errc::kTooLarge:
      return StanzaCondition::kResourceConstraint;
    case Errc::kDenied:
      return StanzaCondition::kNotAllowed;
    case Errc::kInternal:
      return StanzaCondition::kInternalServerError;
    default:
      return StanzaCondition::kBadRequest;
  }
}

}  // namespace

bool may_authenticate(const NegotiationOptions& options, bool secure) {
  return secure || !options.tls_required;
}

bool is_offered(Mechanism mechanism, const NegotiationOptions& options, bool secure,
                const ChannelBindings& bindings) {
  const auto& configured = options.mechanisms;
  if (std::find(configured.begin(), configured.end(), mechanism) == configured.end()) return false;
  if (is_plus(mechanism) && !(secure && bindings.any())) return false;
  if (mechanism == Mechanism::kPlain && !secure && !options.plain_without_tls) return false;
  return may_authenticate(options, secure);
}

bool offers_plus(const NegotiationOptions& options, bool secure, const ChannelBindings& bindings) {
  return std::any_of(options.mechanisms.begin(), options.mechanisms.end(), [&](Mechanism one) {
    return is_plus(one) && is_offered(one, options, secure, bindings);
  });
}

void write_login_features(std::string& out, StreamFraming framing,
                          const NegotiationOptions& options, bool secure,
                          const ChannelBindings& bindings) {
  open_features(out, framing);
  xml::Writer writer(out);
  if (!secure && options.tls_available && framing == StreamFraming::kTcp) {
    write_starttls(writer, options.tls_required);
  }
  if (may_authenticate(options, secure)) {
    writer.open("mechanisms", ns::kSasl);
    for (const Mechanism mechanism : options.mechanisms) {
      if (!is_offered(mechanism, options, secure, bindings)) continue;
      writer.leaf("mechanism", to_string(mechanism));
    }
    writer.end();
    if (offers_plus(options, secure, bindings)) write_bindings(writer, bindings);
  }
  close_features(out);
}

void write_bind_features(std::string& out, StreamFraming framing) {
  open_features(out, framing);
  xml::Writer writer(out);
  writer.open("bind", ns::kBind).open("required").end().end();
  writer.open("session", ns::kSession).open("optional").end().end();
  writer.open("ver", ns::kRosterVersioning).end();
  close_features(out);
}

void write_bind_error(std::string& out, std::string_view id, Errc why) {
  const StanzaCondition condition = bind_condition(why);
  xml::Writer(out)
      .open("iq")
      .attr("type", "error")
      .attr("id", id)
      .open("error")
      .attr("type", error_type(condition))
      .open(to_string(condition), ns::kStanzaErrors)
      .end()
      .end()
      .end();
}

}  // namespace rosterd::xmpp
