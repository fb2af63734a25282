// SPDX-License-Identifier: MIT
// AuthJsxc: the web app checks passwords by JSXC's external API (see jsxc.h).
#pragma once

#include <cstdint>
#include <string>

#include "app/web_auth.h"

namespace rosterd::app {

class AuthJsxc final : public WebAuth {
 public:
  AuthJsxc(AuthRequests& requests, AuthOptions options) : WebAuth(requests, std::move(options)) {}

  void check_password(const xmpp::Jid& user, std::string password, std::uint64_t ticket,
                      im::AuthEvents* events) override;
};

}  // namespace rosterd::app
