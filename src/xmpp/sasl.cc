// SPDX-License-Identifier: MIT
#include "xmpp/sasl.h"

#include <array>
#include <utility>

#include "xmpp/evidence.h"
#include "xmpp/hashed_token.h"
#include "xmpp/plain.h"
#include "xmpp/scram.h"

namespace rosterd::xmpp {

namespace {

constexpr std::size_t kNonceBits = 144;

constexpr std::array<std::pair<Mechanism, std::string_view>, 14> kMechanisms = {{
    {Mechanism::kScramSha512Plus, "SCRAM-SHA-512-PLUS"},
    {Mechanism::kScramSha256Plus, "SCRAM-SHA-256-PLUS"},
    {Mechanism::kScramSha1Plus, "SCRAM-SHA-1-PLUS"},
    {Mechanism::kScramSha512, "SCRAM-SHA-512"},
    {Mechanism::kScramSha256, "SCRAM-SHA-256"},
    {Mechanism::kScramSha1, "SCRAM-SHA-1"},
    {Mechanism::kPlain, "PLAIN"},
    {Mechanism::kOAuthBearer, "OAUTHBEARER"},
    {Mechanism::kXOAuth2, "X-OAUTH2"},
    {Mechanism::kExternal, "EXTERNAL"},
    {Mechanism::kHtSha256Expr, "HT-SHA-256-EXPR"},
    {Mechanism::kHtSha256Endp, "HT-SHA-256-ENDP"},
    {Mechanism::kHtSha256Uniq, "HT-SHA-256-UNIQ"},
    {Mechanism::kHtSha256None, "HT-SHA-256-NONE"},
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

bool is_plus(Mechanism mechanism) {
  return mechanism == Mechanism::kScramSha512Plus || mechanism == Mechanism::kScramSha256Plus ||
         mechanism == Mechanism::kScramSha1Plus;
}

bool is_fast(Mechanism mechanism) {
  return mechanism == Mechanism::kHtSha256Expr || mechanism == Mechanism::kHtSha256Endp ||
         mechanism == Mechanism::kHtSha256Uniq || mechanism == Mechanism::kHtSha256None;
}

std::string_view to_string(SaslFailure failure) {
  switch (failure) {
    case SaslFailure::kAborted:
      return "aborted";
    case SaslFailure::kAccountDisabled:
      return "account-disabled";
    case SaslFailure::kCredentialsExpired:
      return "credentials-expired";
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

SaslStep SaslExchange::on_keys(const ScramKeys&) {
  return SaslFail{SaslFailure::kMalformedRequest, "no keys were asked for"};
}

SaslStep SaslExchange::on_login(const Result<std::string>&) {
  return SaslFail{SaslFailure::kMalformedRequest, "nobody was asked for"};
}

SaslStep SaslExchange::on_token(const Result<std::string>&) {
  return SaslFail{SaslFailure::kMalformedRequest, "no token was asked for"};
}

std::unique_ptr<SaslExchange> SaslExchange::start(Mechanism mechanism, const SaslPlace& place) {
  switch (mechanism) {
    case Mechanism::kPlain:
      return start_plain(place.domain);
    case Mechanism::kOAuthBearer:
      return start_oauth_bearer(place.domain);
    case Mechanism::kXOAuth2:
      return start_x_oauth2(place.domain);
    case Mechanism::kExternal:
      return start_external(place.domain);
    case Mechanism::kHtSha256Expr:
    case Mechanism::kHtSha256Endp:
    case Mechanism::kHtSha256Uniq:
    case Mechanism::kHtSha256None:
      return start_hashed_token(mechanism, place.bindings);
    default:
      return start_scram(mechanism, place, crypto::random_token(kNonceBits));
  }
}

}  // namespace rosterd::xmpp
