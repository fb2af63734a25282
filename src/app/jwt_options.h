// SPDX-License-Identifier: MIT
// JwtOptions: the options of a host whose users log in with tokens. Pure.
#pragma once

#include <string>
#include <string_view>

#include "app/jwk.h"
#include "app/jwt.h"
#include "base/result.h"
#include "base/time.h"

namespace rosterd::app {

// One of key_file, secret_file and jwks_url says where the keys are.
struct JwtOptions {
  std::string key_file;
  std::string secret_file;
  std::string jwks_url;
  std::string keys;                // what the file holds, filled in by whoever reads it
  std::string algorithm = "auto";  // of keys that do not say it themselves
  std::string issuer;
  std::string audience;
  std::string jid_field = "jid";
  std::string username_field;  // "" = jid_field counts
  Duration leeway = std::chrono::seconds(30);
  bool session_expiry = false;

  const std::string& file() const { return key_file.empty() ? secret_file : key_file; }
  friend bool operator==(const JwtOptions&, const JwtOptions&) = default;
};

JwkOptions make_jwk_options(const JwtOptions& options);
JwtRules make_jwt_rules(const JwtOptions& options);
// Of `keys`; none, where they come from a URL.
Result<JwtKeys> parse_keys(const JwtOptions& options);

}  // namespace rosterd::app
