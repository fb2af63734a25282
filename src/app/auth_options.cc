// SPDX-License-Identifier: MIT
#include "app/auth_options.h"

#include "app/auth_url.h"

namespace rosterd::app {

namespace {

// Of a back end.
std::string_view name_of_url(AuthKind kind) {
  if (kind == AuthKind::kCookie) return "http_cookie_auth_url";
  return kind == AuthKind::kUserinfo ? "userinfo_url" : "http_auth_url";
}

const std::string& url_of(const AuthOptions& options) {
  if (options.kind == AuthKind::kCookie) return options.cookie_url;
  return options.kind == AuthKind::kUserinfo ? options.userinfo_url : options.url;
}

}  // namespace

xmpp::LoginMethods make_login_methods(const AuthOptions& options) {
  xmpp::LoginMethods methods;
  if (options.kind == AuthKind::kAccounts) return methods;
  methods.passwords = options.kind != AuthKind::kCookie && options.kind != AuthKind::kUserinfo;
  methods.scram_sha1 = options.kind == AuthKind::kHttpMongoose && options.scram;
  methods.scram_sha256 = methods.scram_sha1;
  methods.tokens = options.kind == AuthKind::kUserinfo;
  methods.cookies = options.kind == AuthKind::kCookie;
  return methods;
}

std::optional<AuthFault> find_auth_fault(const AuthOptions& options) {
  if (options.kind == AuthKind::kAccounts) return std::nullopt;
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
  if (options.kind == AuthKind::kAccounts) return std::nullopt;
  auto sample = make_auth_url(url_of(options), xmpp::Jid::make("user", host).value(), "password");
  if (!sample) return std::nullopt;
  return std::move(*sample);
}

}  // namespace rosterd::app
