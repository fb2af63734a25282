// SPDX-License-Identifier: MIT
// AuthUserinfo: whose token it is says OpenID Connect's UserInfo endpoint, or one like it (the
// protocol's section 5, H), as mod_auth_oauth_external asks it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "app/web_auth.h"
#include "base/result.h"

namespace rosterd::app {

// The value of this member of a JSON object. kInvalid where it has none that is a string.
Result<std::string> parse_userinfo(std::string_view body, const std::string& field);

class AuthUserinfo final : public WebAuth {
 public:
  AuthUserinfo(AuthRequests& requests, AuthOptions options)
      : WebAuth(requests, std::move(options)) {}

  void identify(xmpp::Evidence evidence, std::uint64_t ticket, im::AuthEvents* events) override;
};

}  // namespace rosterd::app
