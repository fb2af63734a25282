// SPDX-License-Identifier: MIT
#include "app/jwt_options.h"

namespace rosterd::app {

JwkOptions make_jwk_options(const JwtOptions& options) {
  JwkOptions out;
  out.secrets = options.jwks_url.empty();
  const auto algorithm = crypto::parse_signature_algorithm(options.algorithm);
  if (algorithm && crypto::is_rsa(*algorithm)) out.rsa = *algorithm;
  if (algorithm && crypto::is_hmac(*algorithm)) out.secret = *algorithm;
  return out;
}

JwtRules make_jwt_rules(const JwtOptions& options) {
  JwtRules rules;
  rules.issuer = options.issuer;
  rules.audience = options.audience;
  rules.name = options.username_field.empty() ? options.jid_field : options.username_field;
  rules.leeway = options.leeway;
  return rules;
}

Result<JwtKeys> parse_keys(const JwtOptions& options) {
  const JwkOptions of_keys = make_jwk_options(options);
  if (!options.key_file.empty()) return parse_key_file(options.keys, of_keys);
  if (!options.secret_file.empty()) return parse_secret_file(options.keys, of_keys);
  return JwtKeys();
}

}  // namespace rosterd::app
