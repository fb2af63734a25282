// SPDX-License-Identifier: MIT
// AuthOptions: where one host's accounts are, and how they are asked. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/auth_cache.h"
#include "app/auth_program.h"
#include "app/credentials.h"
#include "app/jwt_options.h"
#include "base/crypto.h"
#include "base/time.h"
#include "http/url.h"
#include "xmpp/login.h"

namespace rosterd::app {

// The choices of the option `auth`, in its order.
enum class AuthKind : std::uint8_t {
  kAccounts,
  kHttpBasic,
  kHttpJson,
  kHttpMongoose,
  kJsxc,
  kCookie,
  kUserinfo,
  kJwt,
  kExternal,
};

struct AuthOptions {
  AuthKind kind = AuthKind::kAccounts;
  std::string url{};         // http_auth_url, see auth_url.h
  std::string cookie_url{};  // http_cookie_auth_url, likewise
  std::string userinfo_url{};
  std::string userinfo_field = "preferred_username";  // whose value is the name
  std::string jsxc_secret{};
  bool form = false;                      // kHttpJson: say of the JSON that it is a form
  std::vector<crypto::Hash> scram{};      // kHttpMongoose: of which keys are to be had there
  std::vector<Credential> credentials{};  // of every request, see authorize()
  Duration timeout = std::chrono::seconds(5);
  AuthCacheOptions cache{};
  JwtOptions jwt{};
  ProgramOptions program{};

  friend bool operator==(const AuthOptions&, const AuthOptions&) = default;
};

// Whether the web app is said to have SCRAM keys of that hash.
bool has_keys(const AuthOptions& options, crypto::Hash hash);

// What can be proven to such accounts.
xmpp::LoginMethods make_login_methods(const AuthOptions& options);

// What is wrong with an option, for the administrator.
struct AuthFault {
  std::string_view option;  // its name
  std::string text;
};
std::optional<AuthFault> find_auth_fault(const AuthOptions& options);

// Where passwords, tokens or cookies of this host are sent to; nothing for accounts that are here.
std::optional<http::Url> find_auth_target(const AuthOptions& options, std::string_view host);

}  // namespace rosterd::app
