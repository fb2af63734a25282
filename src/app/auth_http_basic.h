// SPDX-License-Identifier: MIT
// AuthHttpBasic: the web app checks passwords as mod_auth_http_async asks it to (the protocol's
// section 5, A): a GET with Authorization: Basic, of which any 2xx is a yes.
#pragma once

#include <cstdint>
#include <string>

#include "app/web_auth.h"

namespace rosterd::app {

class AuthHttpBasic final : public WebAuth {
 public:
  AuthHttpBasic(AuthRequests& requests, AuthOptions options)
      : WebAuth(requests, std::move(options)) {}

  void check_password(const xmpp::Jid& user, std::string password, std::uint64_t ticket,
                      im::AuthEvents* events) override;
};

}  // namespace rosterd::app
