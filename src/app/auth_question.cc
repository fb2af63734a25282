// SPDX-License-Identifier: MIT
#include "app/auth_question.h"

#include <utility>

#include "app/roster_fetch.h"

namespace rosterd::app {

Result<http::Response> judge_status(Result<http::Response> response) {
  if (!response || response->status / 100 == 2) return response;
  return tl::unexpected<Error>(make_status_error(response->status));
}

Status LoginQuestion::on_reply(Result<http::Response> reply) {
  Result<xmpp::Login> login = make_error(Errc::kInternal, "");
  if (reply) {
    login = judge(*reply);
  } else {
    login = tl::unexpected<Error>(reply.error());
    if (login.error().code == Errc::kNotFound) login.error().code = Errc::kDenied;
  }
  events_->on_login(ticket_, login);
  if (login || login.error().code == Errc::kDenied) return complaint_;
  return tl::unexpected<Error>(login.error());
}

Result<xmpp::Login> LoginQuestion::complain(Error error) {
  complaint_ = tl::unexpected<Error>(error);
  return tl::unexpected<Error>(std::move(error));
}

Status KeysQuestion::on_reply(Result<http::Response> reply) {
  const Result<xmpp::ScramKeys> keys = judge(reply);
  events_->on_keys(ticket_, keys);
  if (keys) return {};
  return tl::unexpected<Error>(keys.error());
}

}  // namespace rosterd::app
