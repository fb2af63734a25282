// SPDX-License-Identifier: MIT
#include "app/auth_options.h"

#include <algorithm>

#include "app/auth_jwt.h"
#include "app/auth_url.h"

namespace rosterd::app {

namespace {

// The others have accounts, keys or a program of their own.
bool asks_web_app(AuthKind kind) {
  return kind != AuthKind::kAccounts && kind != AuthKind::kJwt && kind != AuthKind::kExternal;
}

// Of a back end.
std::string_view name_of_url(AuthKind kind) {
  if (kind == AuthKind::kCookie) return "http_cookie_auth_url";
  return kind == AuthKind::kUserinfo ? "userinfo_url" : "http_auth_url";
}

const std::string& url_of(const AuthOptions& options) {
  if (options.kind == AuthKind::kCookie) return options.cookie_url;
  return options.kind == AuthKind::kUserinfo ? options.userinfo_url : options.url;
}

std::optional<AuthFault> find_jwt_fault(const JwtOptions& options) {
  const int sources =
      !options.key_file.empty() + !options.secret_file.empty() + !options.jwks_url.empty();
  if (sources != 1) {
    return AuthFault{"auth", "\"jwt\" needs one of jwt_key_file, jwt_secret_file, jwt_jwks_url"};
  }
  if (auto checked = check_jwks_url(options.jwks_url); !options.jwks_url.empty() && !checked) {
    return AuthFault{"jwt_jwks_url", checked.error().text};
  }
  const auto algorithm = crypto::parse_signature_algorithm(options.algorithm);
  if (!options.secret_file.empty() && algorithm && !crypto::is_hmac(*algorithm)) {
    return AuthFault{"jwt_algorithm", "not one of a secret"};
  }
  if (options.jid_field.empty() && options.username_field.empty()) {
    return AuthFault{"jwt_jid_field", "missing, and so is jwt_username_field"};
  }
  return std::nullopt;
}

std::optional<AuthFault> find_program_fault(const ProgramOptions& options) {
  constexpr std::string_view kOption = "auth_program";
  if (options.command.empty()) return AuthFault{kOption, "missing, and auth says to ask it"};
  if (!options.command.front().starts_with('/')) {
    return AuthFault{kOption, '"' + options.command.front() + "\" is not an absolute path"};
  }
  for (const std::string& part : options.command) {
    if (part.find('\0') != part.npos) return AuthFault{kOption, "a NUL cannot be passed on"};
  }
  return std::nullopt;
}

}  // namespace

bool has_keys(const AuthOptions& options, crypto::Hash hash) {
  return options.kind == AuthKind::kHttpMongoose &&
         std::find(options.scram.begin(), options.scram.end(), hash) != options.scram.end();
}

xmpp::LoginMethods make_login_methods(const AuthOptions& options) {
  xmpp::LoginMethods methods;
  if (options.kind == AuthKind::kAccounts) return methods;
  if (options.kind == AuthKind::kJwt) return AuthJwt::methods();
  methods.passwords = options.kind != AuthKind::kCookie && options.kind != AuthKind::kUserinfo;
  methods.scram_sha1 = has_keys(options, crypto::Hash::kSha1);
  methods.scram_sha256 = has_keys(options, crypto::Hash::kSha256);
  methods.scram_sha512 = has_keys(options, crypto::Hash::kSha512);
  methods.tokens = options.kind == AuthKind::kUserinfo;
  methods.cookies = options.kind == AuthKind::kCookie;
  return methods;
}

std::optional<AuthFault> find_auth_fault(const AuthOptions& options) {
  if (options.kind == AuthKind::kAccounts) return std::nullopt;
  if (options.kind == AuthKind::kJwt) return find_jwt_fault(options.jwt);
  if (options.kind == AuthKind::kExternal) return find_program_fault(options.program);
  const std::string_view option = name_of_url(options.kind);
  const std::string& url = url_of(options);
  if (url.empty()) return AuthFault{option, "missing, and auth says to ask there"};
  if (auto checked = check_auth_url(url); !checked) return AuthFault{option, checked.error().text};
  if (options.kind == AuthKind::kJsxc && options.jsxc_secret.empty()) {
    return AuthFault{"jsxc_secret", "missing, and the application believes nothing without it"};
  }
  if (options.kind == AuthKind::kUserinfo && options.userinfo_field.empty()) {
    return AuthFault{"userinfo_field", "empty"};
  }
  return std::nullopt;
}

std::optional<http::Url> find_auth_target(const AuthOptions& options, std::string_view host) {
  if (!asks_web_app(options.kind)) return std::nullopt;
  auto sample = make_auth_url(url_of(options), xmpp::Jid::make("user", host).value(), "password");
  if (!sample) return std::nullopt;
  return std::move(*sample);
}

}  // namespace rosterd::app
