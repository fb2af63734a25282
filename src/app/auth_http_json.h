// SPDX-License-Identifier: MIT
// AuthHttpJson: the web app checks passwords as mod_auth_custom_http asks it to (the protocol's
// section 5, B): a POST of {"username","password"}, and the body `true` is a yes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "app/login_rosters.h"
#include "app/web_auth.h"
#include "base/json_tape.h"
#include "base/result.h"

namespace rosterd::app {

// What the answer says.
struct JsonVerdict {
  bool yes = false;
  std::optional<WallTime> expires{};  // when the session must end
  json::Tape roster{};                // empty: none has come
  std::string etag{};                 // of the roster, "" = none
};

// `true` or `false`, or {"ok":…,"expires":<seconds since 1970>,"roster":{…},"etag":"…"}; members
// that are not known are not looked at, nor is what is in the roster. kInvalid for anything else.
Result<JsonVerdict> parse_json_verdict(std::string_view body);

class AuthHttpJson final : public WebAuth {
 public:
  // `rosters` outlives it and its questions.
  AuthHttpJson(AuthRequests& requests, LoginRosters& rosters, AuthOptions options)
      : WebAuth(requests, std::move(options)), rosters_(rosters) {}

  void check_password(const xmpp::Jid& user, std::string password, std::uint64_t ticket,
                      im::AuthEvents* events) override;

 private:
  LoginRosters& rosters_;
};

}  // namespace rosterd::app
