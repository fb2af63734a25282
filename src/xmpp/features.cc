// SPDX-License-Identifier: MIT
#include "xmpp/features.h"

#include <algorithm>
#include <vector>

#include "xml/writer.h"
#include "xmpp/hashed_token.h"
#include "xmpp/namespaces.h"

namespace rosterd::xmpp {

namespace {

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

// XEP-0440.
std::vector<std::string_view> list_bindings(const ChannelBindings& bindings) {
  std::vector<std::string_view> types;
  if (!bindings.tls_exporter.empty()) types.push_back("tls-exporter");
  if (!bindings.tls_server_end_point.empty()) types.push_back("tls-server-end-point");
  // Last resort of old clients, which do not read this list: see net::TlsFilter::tls_unique().
  if (bindings.tls_exporter.empty() && !bindings.tls_unique.empty()) types.push_back("tls-unique");
  return types;
}

void write_bindings(xml::Writer& writer, const ChannelBindings& bindings) {
  writer.open("sasl-channel-binding", ns::kSaslChannelBinding);
  for (const std::string_view type : list_bindings(bindings)) {
    writer.open("channel-binding").attr("type", type).end();
  }
  writer.end();
}

void write_mechanisms(xml::Writer& writer, const std::vector<Mechanism>& offered) {
  writer.open("mechanisms", ns::kSasl);
  for (const Mechanism mechanism : offered) writer.leaf("mechanism", to_string(mechanism));
  writer.end();
}

// XEP-0388 section 2.1. No feature of ours can be had inside Bind 2, and an empty list would be
// none.
void write_authentication(xml::Writer& writer, const std::vector<Mechanism>& offered,
                          const std::vector<Mechanism>& fast) {
  writer.open("authentication", ns::kSasl2);
  for (const Mechanism mechanism : offered) writer.leaf("mechanism", to_string(mechanism));
  writer.open("inline").open("bind", ns::kBind2).end();
  if (!fast.empty()) {
    writer.open("fast", ns::kFast);
    for (const Mechanism mechanism : fast) writer.leaf("mechanism", to_string(mechanism));
    writer.end();
  }
  writer.end().end();
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
  if (is_fast(mechanism)) return stage.options.fast;
  if (mechanism == Mechanism::kExternal && stage.cookie.empty()) return false;
  const auto own = stage.options.methods.find(stage.host);
  const LoginMethods methods = own == stage.options.methods.end() ? LoginMethods{} : own->second;
  return can_check(methods, mechanism);
}

// Whoever reads along can use it himself.
bool gives_away_secret(Mechanism mechanism) {
  return mechanism == Mechanism::kPlain || mechanism == Mechanism::kOAuthBearer ||
         mechanism == Mechanism::kXOAuth2 || is_fast(mechanism);
}

// Whether the stream has what the mechanism is bound to.
bool can_bind(Mechanism mechanism, const LoginStage& stage) {
  if (is_plus(mechanism)) return stage.secure && stage.bindings.any();
  if (!is_fast(mechanism) || mechanism == Mechanism::kHtSha256None) return true;
  return stage.secure && !find_binding(mechanism, stage.bindings).empty();
}

// Those of FAST are not the administrator's to choose.
bool is_configured(Mechanism mechanism, const LoginStage& stage) {
  const auto& configured = configured_mechanisms(stage);
  return is_fast(mechanism) ||
         std::find(configured.begin(), configured.end(), mechanism) != configured.end();
}

std::vector<Mechanism> offered_mechanisms(const LoginStage& stage) {
  std::vector<Mechanism> offered;
  for (const Mechanism one : configured_mechanisms(stage)) {
    if (!find_refusal(one, stage)) offered.push_back(one);
  }
  return offered;
}

std::string join_sorted(std::vector<std::string_view> names) {
  std::sort(names.begin(), names.end());
  std::string joined;
  for (const std::string_view name : names) {
    if (!joined.empty()) joined += '\x1E';
    joined += name;
  }
  return joined;
}

std::vector<Mechanism> fast_mechanisms(const LoginStage& stage) {
  std::vector<Mechanism> offered;
  for (const Mechanism one : {Mechanism::kHtSha256Expr, Mechanism::kHtSha256Endp,
                              Mechanism::kHtSha256Uniq, Mechanism::kHtSha256None}) {
    if (!find_refusal(one, stage)) offered.push_back(one);
  }
  return offered;
}

}  // namespace

bool can_check(const LoginMethods& methods, Mechanism mechanism) {
  switch (mechanism) {
    case Mechanism::kScramSha512Plus:
    case Mechanism::kScramSha512:
      return methods.scram_sha512;
    case Mechanism::kScramSha256Plus:
    case Mechanism::kScramSha256:
      return methods.scram_sha256;
    case Mechanism::kScramSha1Plus:
    case Mechanism::kScramSha1:
      return methods.scram_sha1;
    case Mechanism::kPlain:
      return methods.passwords;
    case Mechanism::kOAuthBearer:
    case Mechanism::kXOAuth2:
      return methods.tokens;
    case Mechanism::kExternal:
      return methods.cookies;
    default:
      return false;
  }
}

bool may_authenticate(const NegotiationOptions& options, bool secure) {
  return secure || !options.tls_required;
}

std::optional<SaslFailure> find_refusal(Mechanism mechanism, const LoginStage& stage) {
  const NegotiationOptions& options = stage.options;
  if (!may_authenticate(options, stage.secure)) return SaslFailure::kEncryptionRequired;
  if (!is_configured(mechanism, stage) || !can_succeed(mechanism, stage) ||
      !can_bind(mechanism, stage)) {
    return SaslFailure::kInvalidMechanism;
  }
  if (gives_away_secret(mechanism) && !stage.secure && !options.plain_without_tls) {
    return options.tls_available ? SaslFailure::kEncryptionRequired
                                 : SaslFailure::kMechanismTooWeak;
  }
  return std::nullopt;
}

bool offers_plus(const LoginStage& stage) {
  const auto offered = offered_mechanisms(stage);
  return std::any_of(offered.begin(), offered.end(), is_plus);
}

std::string describe_offer(const LoginStage& stage) {
  std::vector<std::string_view> mechanisms;
  for (const Mechanism one : offered_mechanisms(stage)) mechanisms.push_back(to_string(one));
  std::string offer = join_sorted(std::move(mechanisms));
  if (offers_plus(stage)) offer += '\x1F' + join_sorted(list_bindings(stage.bindings));
  return offer;
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
    write_authentication(writer, offered, fast_mechanisms(stage));
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
