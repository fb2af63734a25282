// SPDX-License-Identifier: MIT
#include "app/auth_options.h"

#include "app/auth_url.h"

namespace rosterd::app {

xmpp::LoginMethods make_login_methods(const AuthOptions& options) {
  if (options.kind == AuthKind::kAccounts) return {};
  return {.passwords = true, .scram_sha1 = false, .scram_sha256 = false};
}

std::optional<AuthFault> find_auth_fault(const AuthOptions& options) {
  if (options.kind == AuthKind::kAccounts) return std::nullopt;
  constexpr std::string_view kOption = "http_auth_url";
  if (options.url.empty()) return AuthFault{kOption, "missing, and auth says to ask there"};
  if (auto checked = check_auth_url(options.url); !checked) {
    return AuthFault{kOption, checked.error().text};
  }
  return std::nullopt;
}

std::optional<http::Url> find_auth_target(const AuthOptions& options, std::string_view host) {
  if (options.kind == AuthKind::kAccounts) return std::nullopt;
  auto sample = make_auth_url(options.url, xmpp::Jid::make("user", host).value(), "password");
  if (!sample) return std::nullopt;
  return std::move(*sample);
}

}  // namespace rosterd::app
