// SPDX-License-Identifier: MIT
#include "app/auth_cookie.h"

#include <memory>
#include <string>
#include <utility>

#include "app/auth_url.h"
#include "app/named_user.h"
#include "base/crypto.h"
#include "base/text.h"

namespace rosterd::app {

namespace {

class CookieQuestion final : public LoginQuestion {
 public:
  CookieQuestion(std::string host, std::string authzid, bool asks_for_name, std::uint64_t ticket,
                 im::AuthEvents* events)
      : LoginQuestion(ticket, events),
        host_(std::move(host)),
        authzid_(std::move(authzid)),
        asks_for_name_(asks_for_name) {}

 private:
  Result<xmpp::Login> judge(const http::Response& response) override {
    const std::string_view name =
        asks_for_name_ ? text::trim(response.body) : std::string_view(authzid_);
    auto user = find_named_user(name, host_, authzid_);
    if (!user) return complain(std::move(user.error()));
    return xmpp::Login{std::move(*user)};
  }

  const std::string host_;
  const std::string authzid_;
  const bool asks_for_name_;
};

}  // namespace

void AuthCookie::identify(xmpp::Evidence evidence, std::uint64_t ticket, im::AuthEvents* events) {
  const bool asks_for_name = !has_user(options_.cookie_url);
  auto question = std::make_unique<CookieQuestion>(evidence.host, evidence.authzid, asks_for_name,
                                                   ticket, events);
  const auto refuse = [&](Error error) { requests_.refuse(std::move(error), std::move(question)); };
  if (evidence.cookie.empty()) return refuse({Errc::kDenied, "no cookie came with the stream"});
  auto user = asks_for_name ? xmpp::Jid::parse(evidence.host)
                            : find_named_user(evidence.authzid, evidence.host, {});
  if (!user) return refuse(std::move(user.error()));
  auto url = make_auth_url(options_.cookie_url, *user, {});
  if (!url) return refuse(std::move(url.error()));
  web::FetchRequest request;
  request.url = std::move(*url);
  request.fields.add("Cookie", std::move(evidence.cookie));
  request.secret = true;
  requests_.ask(make_call(evidence.host, std::move(request)), std::move(question));
}

}  // namespace rosterd::app
