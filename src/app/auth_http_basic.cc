// SPDX-License-Identifier: MIT
#include "app/auth_http_basic.h"

#include <memory>
#include <utility>

#include "app/auth_url.h"
#include "base/crypto.h"
#include "base/text.h"

namespace rosterd::app {

namespace {

class BasicQuestion final : public LoginQuestion {
 public:
  BasicQuestion(xmpp::Jid user, std::uint64_t ticket, im::AuthEvents* events)
      : LoginQuestion(ticket, events), user_(std::move(user)) {}

 private:
  Result<xmpp::Login> judge(const http::Response&) override { return xmpp::Login{user_}; }

  const xmpp::Jid user_;
};

// A name holds no colon (RFC 7622 section 3.3.1), a password may.
std::string make_authorization(const xmpp::Jid& user, std::string_view password) {
  std::string pair(user.node());
  (pair += ':') += password;
  std::string value = "Basic " + text::base64_encode(pair);
  crypto::wipe(pair);
  return value;
}

}  // namespace

void AuthHttpBasic::check_password(const xmpp::Jid& user, std::string password,
                                   std::uint64_t ticket, im::AuthEvents* events) {
  auto question = std::make_unique<BasicQuestion>(user, ticket, events);
  auto url = make_auth_url(options_.url, user, password);
  if (url) {
    web::FetchRequest request;
    request.url = std::move(*url);
    request.secret = true;
    request.fields.add("Authorization", make_authorization(user, password));
    requests_.ask(make_call(user.domain(), std::move(request)), std::move(question));
  } else {
    requests_.refuse(std::move(url.error()), std::move(question));
  }
  crypto::wipe(password);
}

}  // namespace rosterd::app
