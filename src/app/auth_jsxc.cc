// SPDX-License-Identifier: MIT
#include "app/auth_jsxc.h"

#include <memory>
#include <utility>

#include "app/auth_url.h"
#include "app/jsxc.h"
#include "base/crypto.h"

namespace rosterd::app {

namespace {

class JsxcQuestion final : public LoginQuestion {
 public:
  JsxcQuestion(xmpp::Jid user, std::uint64_t ticket, im::AuthEvents* events)
      : LoginQuestion(ticket, events), user_(std::move(user)) {}

 private:
  Result<xmpp::Login> judge(const http::Response& response) override {
    const auto answer = parse_jsxc_answer(response.body);
    if (!answer) return tl::unexpected<Error>(answer.error());
    return xmpp::Login{user_};
  }

  const xmpp::Jid user_;
};

}  // namespace

void AuthJsxc::check_password(const xmpp::Jid& user, std::string password, std::uint64_t ticket,
                              im::AuthEvents* events) {
  auto question = std::make_unique<JsxcQuestion>(user, ticket, events);
  auto url = make_auth_url(options_.url, user, {});
  if (url) {
    web::FetchRequest request =
        make_jsxc_request(std::move(*url), options_.jsxc_secret, "auth", user, &password);
    requests_.ask(make_call(user.domain(), std::move(request)), std::move(question));
  } else {
    requests_.refuse(std::move(url.error()), std::move(question));
  }
  crypto::wipe(password);
}

}  // namespace rosterd::app
