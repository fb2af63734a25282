// SPDX-License-Identifier: MIT
#include "xmpp/sasl.h"

#include <array>
#include <utility>

#include "xmpp/authzid.h"
#include "xmpp/jid.h"
#include "xmpp/plain.h"
#include "xmpp/scram.h"

namespace rosterd::xmpp {

namespace {

constexpr std::size_t kNonceBits = 144;

constexpr std::array<std::pair<Mechanism, std::string_view>, 5> kMechanisms = {{
    {Mechanism::kScramSha256Plus, "SCRAM-SHA-256-PLUS"},
    {Mechanism::kScramSha1Plus, "SCRAM-SHA-1-PLUS"},
    {Mechanism::kScramSha256, "SCRAM-SHA-256"},
    {Mechanism::kScramSha1, "SCRAM-SHA-1"},
    {Mechanism::kPlain, "PLAIN"},
}};

}  // namespace

std::string_view to_string(Mechanism mechanism) {
  for (const auto& [value, name] : kMechanisms) {
    if (value == mechanism) return name;
  }
  return "";
}

Result<Mechanism> parse_mechanism(std::string_view name) {
  for (const auto& [value, known] : kMechanisms) {
    if (known == name) return value;
  }
  return make_error(Errc::kUnsupported, "unknown SASL mechanism");
}

std::string_view to_string(SaslFailure failure) {
  switch (failure) {
    case SaslFailure::kAborted:
      return "aborted";
    case SaslFailure::kAccountDisabled:
      return "account-disabled";
    case SaslFailure::kEncryptionRequired:
      return "encryption-required";
    case SaslFailure::kIncorrectEncoding:
      return "incorrect-encoding";
    case SaslFailure::kInvalidAuthzid:
      return "invalid-authzid";
    case SaslFailure::kInvalidMechanism:
      return "invalid-mechanism";
    case SaslFailure::kMalformedRequest:
      return "malformed-request";
    case SaslFailure::kMechanismTooWeak:
      return "mechanism-too-weak";
    case SaslFailure::kNotAuthorized:
      return "not-authorized";
    case SaslFailure::kTemporaryAuthFailure:
      return "temporary-auth-failure";
  }
  return "not-authorized";
}

bool is_authzid_of(std::string_view authzid, std::string_view username, std::string_view domain) {
  if (authzid.empty()) return true;
  const auto own = Jid::make(username, domain);
  const auto as_jid = Jid::parse(authzid);
  const auto as_node = Jid::make(authzid, domain);
  return own && ((as_jid && *as_jid == *own) || (as_node && *as_node == *own));
}

SaslStep SaslExchange::on_keys(const ScramKeys&) {
  return SaslFail{SaslFailure::kMalformedRequest, "no keys were asked for"};
}

SaslStep SaslExchange::on_login(const Result<std::string>&) {
  return SaslFail{SaslFailure::kMalformedRequest, "nobody was asked for"};
}

std::unique_ptr<SaslExchange> SaslExchange::start(Mechanism mechanism, std::string_view domain,
                                                  const ChannelBindings& bindings,
                                                  bool plus_offered) {
  if (mechanism == Mechanism::kPlain) return start_plain(domain);
  return start_scram(mechanism, domain, bindings, plus_offered, crypto::random_token(kNonceBits));
}

}  // namespace rosterd::xmpp
