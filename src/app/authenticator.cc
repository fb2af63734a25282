// SPDX-License-Identifier: MIT
#include "app/authenticator.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace rosterd::app {

namespace {

using Kind = Credential::Kind;
using Outcome = Proof::Outcome;

constexpr std::string_view kHubField = "X-Hub-Signature-256";
constexpr std::string_view kHubPath = "/roster_admin/refresh";

Proof wrong(std::string why) { return {Outcome::kWrong, std::move(why)}; }

Proof proven_by(const Key* key, const char* fault) {
  return key ? Proof{Outcome::kProven, {}, key->host} : wrong(fault);
}

// The first key for which `is_it` holds. All are tried, so that the time does not tell which it is.
template <class Predicate>
const Key* find_key(const std::vector<Key>& keys, Kind kind, Predicate is_it) {
  const Key* found = nullptr;
  for (const Key& key : keys) {
    if (key.credential.kind == kind && is_it(key.credential) && !found) found = &key;
  }
  return found;
}

// "scheme value" in two, the scheme in lower case.
std::pair<std::string, std::string_view> split_scheme(std::string_view field) {
  field = text::trim(field);
  const std::size_t space = std::min(field.find(' '), field.size());
  return {text::ascii_lower(field.substr(0, space)), text::trim(field.substr(space))};
}

}  // namespace

bool Authenticator::has(Kind kind) const {
  return std::any_of(options_.keys.begin(), options_.keys.end(),
                     [kind](const Key& key) { return key.credential.kind == kind; });
}

Proof Authenticator::check(const web::Client& client, const http::Request& request, bool has_body,
                           WallTime now) {
  if (is_open()) return {Outcome::kProven};
  const bool is_certified = options_.client_certificates && !client.certificate.empty();
  const bool certificate_alone = options_.client_certificates && options_.keys.empty();
  if ((certificate_alone || options_.certificate_required) && !is_certified) {
    return {Outcome::kNoCertificate, client.secure
                                         ? "a client certificate is needed"
                                         : "a client certificate is needed, so use HTTPS"};
  }
  if (has(Kind::kHmac) && request.fields.has(kSignatureField)) {
    return check_signature(client, request, has_body, now);
  }
  if (options_.hub_signatures && request.fields.has(kHubField)) {
    return check_hub_signature(request, has_body);
  }
  if (request.fields.has("Authorization") && !options_.keys.empty()) {
    return check_authorization(request);
  }
  if (is_certified && (certificate_alone || !options_.certificate_required)) {
    return {Outcome::kProven};
  }
  return {Outcome::kAbsent, "authentication is needed"};
}

Proof Authenticator::check_signature(const web::Client& client, const http::Request& request,
                                     bool has_body, WallTime now) {
  if (request.fields.count(kSignatureField) > 1) return wrong("two signatures");
  const auto signature = parse_signature(request.fields.get(kSignatureField));
  if (!signature) return wrong("malformed signature: " + signature.error().text);
  if (const std::int64_t off = window_.off_by(signature->time, now); off != 0) {
    return {Outcome::kStale, "the signature's time is " + std::to_string(std::abs(off)) +
                                 (off < 0 ? " s in the past" : " s in the future")};
  }
  if (!has_body) return {Outcome::kPending};
  const std::string_view method = client.head ? "HEAD" : std::string_view(request.method);
  const Key* signer = find_signer(*signature, {method, request.target, request.body});
  if (!signer) return wrong("wrong signature");
  if (!window_.admit(*signature, now)) {
    return {Outcome::kStale,
            "the signature was used before; sign anew, at another second or with "
            "another query"};
  }
  return {Outcome::kProven, {}, signer->host};
}

const Key* Authenticator::find_signer(const Signature& signature, const SignedParts& parts) const {
  bool is_known = false;
  const Key* signer = find_key(options_.keys, Kind::kHmac, [&](const Credential& one) {
    if (!signature.key_id.empty() && !is_same_secret(signature.key_id, one.name)) return false;
    is_known = true;
    return is_signed_by(signature, one.secret, parts);
  });
  // An unknown key id takes as long as a known one.
  if (!is_known) is_signed_by(signature, "any", parts);
  return signer;
}

// It does not say what it was signed for, and can be sent again: good enough for a refresh, which
// changes nothing when it is repeated as long as all is fetched, and for nothing else.
Proof Authenticator::check_hub_signature(const http::Request& request, bool has_body) const {
  const std::string field(kHubField);
  if (request.method != "POST" || request.path() != kHubPath) {
    return {Outcome::kAbsent, field + " counts for POST " + std::string(kHubPath) + " alone"};
  }
  if (request.fields.count(kHubField) > 1) return wrong("two signatures");
  if (!has_body) return {Outcome::kPending};
  Proof proof = proven_by(find_key(options_.keys, Kind::kHmac,
                                   [&](const Credential& one) {
                                     return is_hub_signed_by(request.fields.get(kHubField),
                                                             one.secret, request.body);
                                   }),
                          "wrong signature");
  proof.repeatable = true;
  return proof;
}

Proof Authenticator::check_authorization(const http::Request& request) const {
  if (request.fields.count("Authorization") > 1) return wrong("two Authorization fields");
  const auto [scheme, value] = split_scheme(request.fields.get("Authorization"));
  if (scheme == "basic") return check_basic(value);
  if (scheme == "bearer") return check_bearer(value);
  return {Outcome::kAbsent, "authentication is needed, by Basic or Bearer"};
}

Proof Authenticator::check_basic(std::string_view encoded) const {
  const auto decoded = text::base64_decode(encoded);
  const std::size_t colon = decoded ? decoded->find(':') : std::string::npos;
  if (colon == std::string::npos) return wrong("malformed user and password");
  const std::string_view user = std::string_view(*decoded).substr(0, colon);
  const std::string_view password = std::string_view(*decoded).substr(colon + 1);
  return proven_by(find_key(options_.keys, Kind::kBasic,
                            [&](const Credential& one) {
                              const bool is_user = is_same_secret(user, one.name);
                              const bool is_password = is_same_secret(password, one.secret);
                              return is_user && is_password;
                            }),
                   "wrong user or password");
}

Proof Authenticator::check_bearer(std::string_view token) const {
  return proven_by(
      find_key(options_.keys, Kind::kBearer,
               [&](const Credential& one) { return is_same_secret(token, one.secret); }),
      "wrong token");
}

}  // namespace rosterd::app
