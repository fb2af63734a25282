// SPDX-License-Identifier: MIT
#include "xmpp/features.h"

#include <algorithm>
#include <vector>

#include "xml/writer.h"
#include "xmpp/namespaces.h"

namespace rosterd::xmpp {

namespace {

bool is_plus(Mechanism mechanism) {
  return mechanism == Mechanism::kScramSha256Plus || mechanism == Mechanism::kScramSha1Plus;
}

// WebSocket (RFC 7395 section 3.3.3) and BOSH have no stream header that binds the prefix.
void open_features(std::string& out, StreamFraming framing) {
  out += "<stream:features";
  if (framing != StreamFraming::kTcp) {
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

void write_mechanisms(xml::Writer& writer, const std::vector<Mechanism>& offered) {
  writer.open("mechanisms", ns::kSasl);
  for (const Mechanism mechanism : offered) writer.leaf("mechanism", to_string(mechanism));
  writer.end();
}

StanzaCondition bind_condition(Errc why) {
  switch (why) {
    case Errc::kInvalid:
      return StanzaCondition::kBadRequest;
    case Errc::kConflict:
      return StanzaCondition::kConflict;
    case Errc::kDenied:
      return StanzaCondition::kNotAllowed;
    case Errc::kTooLarge:
    case Errc::kTimeout:
    case Errc::kUnavailable:
      return StanzaCondition::kResourceConstraint;
    default:
      return StanzaCondition::kInternalServerError;
  }
}

const std::vector<Mechanism>& configured_mechanisms(StreamFraming framing,
                                                    const NegotiationOptions& options) {
  const bool own = framing != StreamFraming::kTcp && !options.http_mechanisms.empty();
  return own ? options.http_mechanisms : options.mechanisms;
}

std::vector<Mechanism> offered_mechanisms(StreamFraming framing, const NegotiationOptions& options,
                                          bool secure, const ChannelBindings& bindings) {
  std::vector<Mechanism> offered;
  for (const Mechanism one : configured_mechanisms(framing, options)) {
    if (!find_refusal(one, framing, options, secure, bindings)) offered.push_back(one);
  }
  return offered;
}

}  // namespace

bool may_authenticate(const NegotiationOptions& options, bool secure) {
  return secure || !options.tls_required;
}

std::optional<SaslFailure> find_refusal(Mechanism mechanism, StreamFraming framing,
                                        const NegotiationOptions& options, bool secure,
                                        const ChannelBindings& bindings) {
  if (!may_authenticate(options, secure)) return SaslFailure::kEncryptionRequired;
  const auto& configured = configured_mechanisms(framing, options);
  if (std::find(configured.begin(), configured.end(), mechanism) == configured.end() ||
      (is_plus(mechanism) && !(secure && bindings.any()))) {
    return SaslFailure::kInvalidMechanism;
  }
  if (mechanism == Mechanism::kPlain && !secure && !options.plain_without_tls) {
    return options.tls_available ? SaslFailure::kEncryptionRequired
                                 : SaslFailure::kMechanismTooWeak;
  }
  return std::nullopt;
}

bool offers_plus(StreamFraming framing, const NegotiationOptions& options, bool secure,
                 const ChannelBindings& bindings) {
  const auto offered = offered_mechanisms(framing, options, secure, bindings);
  return std::any_of(offered.begin(), offered.end(), is_plus);
}

void write_login_features(std::string& out, StreamFraming framing,
                          const NegotiationOptions& options, bool secure,
                          const ChannelBindings& bindings) {
  open_features(out, framing);
  xml::Writer writer(out);
  if (!secure && options.tls_available && framing == StreamFraming::kTcp) {
    write_starttls(writer, options.tls_required);
  }
  const auto offered = offered_mechanisms(framing, options, secure, bindings);
  if (!offered.empty()) write_mechanisms(writer, offered);
  if (offers_plus(framing, options, secure, bindings)) write_bindings(writer, bindings);
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
