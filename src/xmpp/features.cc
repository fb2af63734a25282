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

// XEP-0388 section 2.1. No feature of ours can be had inside Bind 2, and an empty list would be
// none.
void write_authentication(xml::Writer& writer, const std::vector<Mechanism>& offered) {
  writer.open("authentication", ns::kSasl2);
  for (const Mechanism mechanism : offered) writer.leaf("mechanism", to_string(mechanism));
  writer.open("inline").open("bind", ns::kBind2).end().end();
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

const std::vector<Mechanism>& configured_mechanisms(const LoginStage& stage) {
  const NegotiationOptions& options = stage.options;
  const bool own = stage.framing != StreamFraming::kTcp && !options.http_mechanisms.empty();
  return own ? options.http_mechanisms : options.mechanisms;
}

// Whether the host's accounts can check it.
bool can_succeed(Mechanism mechanism, const LoginStage& stage) {
  const auto own = stage.options.methods.find(stage.host);
  const LoginMethods methods = own == stage.options.methods.end() ? LoginMethods{} : own->second;
  switch (mechanism) {
    case Mechanism::kScramSha256Plus:
    case Mechanism::kScramSha256:
      return methods.scram_sha256;
    case Mechanism::kScramSha1Plus:
    case Mechanism::kScramSha1:
      return methods.scram_sha1;
    case Mechanism::kPlain:
      return methods.passwords;
  }
  return false;
}

std::vector<Mechanism> offered_mechanisms(const LoginStage& stage) {
  std::vector<Mechanism> offered;
  for (const Mechanism one : configured_mechanisms(stage)) {
    if (!find_refusal(one, stage)) offered.push_back(one);
  }
  return offered;
}

}  // namespace

bool may_authenticate(const NegotiationOptions& options, bool secure) {
  return secure || !options.tls_required;
}

std::optional<SaslFailure> find_refusal(Mechanism mechanism, const LoginStage& stage) {
  const NegotiationOptions& options = stage.options;
  if (!may_authenticate(options, stage.secure)) return SaslFailure::kEncryptionRequired;
  const auto& configured = configured_mechanisms(stage);
  if (std::find(configured.begin(), configured.end(), mechanism) == configured.end() ||
      !can_succeed(mechanism, stage) ||
      (is_plus(mechanism) && !(stage.secure && stage.bindings.any()))) {
    return SaslFailure::kInvalidMechanism;
  }
  if (mechanism == Mechanism::kPlain && !stage.secure && !options.plain_without_tls) {
    return options.tls_available ? SaslFailure::kEncryptionRequired
                                 : SaslFailure::kMechanismTooWeak;
  }
  return std::nullopt;
}

bool offers_plus(const LoginStage& stage) {
  const auto offered = offered_mechanisms(stage);
  return std::any_of(offered.begin(), offered.end(), is_plus);
}

void write_login_features(std::string& out, const LoginStage& stage) {
  open_features(out, stage.framing);
  xml::Writer writer(out);
  if (!stage.secure && stage.options.tls_available && stage.framing == StreamFraming::kTcp) {
    write_starttls(writer, stage.options.tls_required);
  }
  const auto offered = offered_mechanisms(stage);
  if (!offered.empty()) {
    write_mechanisms(writer, offered);
    write_authentication(writer, offered);
  }
  if (std::any_of(offered.begin(), offered.end(), is_plus)) write_bindings(writer, stage.bindings);
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

void write_session_features(std::string& out, StreamFraming framing) {
  open_features(out, framing);
  xml::Writer(out).open("ver", ns::kRosterVersioning).end();
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
