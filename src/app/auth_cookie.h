// SPDX-License-Identifier: MIT
// AuthCookie: whoever has the web app's cookie in his browser needs no password (the protocol's
// section 5, E): a GET with that cookie, as mod_auth_http_cookie makes it.
#pragma once

#include <cstdint>

#include "app/web_auth.h"

namespace rosterd::app {

class AuthCookie final : public WebAuth {
 public:
  AuthCookie(AuthRequests& requests, AuthOptions options) : WebAuth(requests, std::move(options)) {}

  // Where the URL has a $user, he is the authzid and any 2xx is a yes; else the body is the name.
  void identify(xmpp::Evidence evidence, std::uint64_t ticket, im::AuthEvents* events) override;
};

}  // namespace rosterd::app
