// SPDX-License-Identifier: MIT
#include "app/auth_userinfo.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "app/auth_url.h"
#include "app/json_members.h"
#include "app/named_user.h"
#include "base/crypto.h"

namespace rosterd::app {

namespace {

class UserinfoQuestion final : public LoginQuestion {
 public:
  UserinfoQuestion(std::string host, std::string authzid, std::string field, std::uint64_t ticket,
                   im::AuthEvents* events)
      : LoginQuestion(ticket, events),
        host_(std::move(host)),
        authzid_(std::move(authzid)),
        field_(std::move(field)) {}

 private:
  Result<xmpp::Login> judge(const http::Response& response) override {
    const auto name = parse_userinfo(response.body, field_);
    if (!name) return tl::unexpected<Error>(name.error());
    auto user = find_named_user(*name, host_, authzid_);
    if (!user) return complain(std::move(user.error()));
    return xmpp::Login{std::move(*user)};
  }

  const std::string host_;
  const std::string authzid_;
  const std::string field_;
};

// What may stand in a field of a request; RFC 6750 section 2.1 allows less.
bool is_token(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

}  // namespace

Result<std::string> parse_userinfo(std::string_view body, const std::string& field) {
  const auto members = read_members(body, "an answer");
  if (!members) return tl::unexpected<Error>(members.error());
  const json::Tape* const value = find_member(*members, field);
  const auto name = value ? value->string() : std::nullopt;
  if (!name) return make_error(Errc::kInvalid, "no " + field + " that is a string");
  return std::string(*name);
}

void AuthUserinfo::identify(xmpp::Evidence evidence, std::uint64_t ticket, im::AuthEvents* events) {
  auto question = std::make_unique<UserinfoQuestion>(evidence.host, evidence.authzid,
                                                     options_.userinfo_field, ticket, events);
  const auto refuse = [&](Error error) { requests_.refuse(std::move(error), std::move(question)); };
  if (!is_token(evidence.token)) return refuse({Errc::kDenied, "no token, or one of odd bytes"});
  const auto host = xmpp::Jid::parse(evidence.host);
  if (!host) return refuse(host.error());
  auto url = make_auth_url(options_.userinfo_url, *host, {});
  if (!url) return refuse(std::move(url.error()));
  web::FetchRequest request;
  request.url = std::move(*url);
  request.fields.add("Accept", "application/json");
  request.fields.add("Authorization", "Bearer " + evidence.token);
  request.secret = true;
  crypto::wipe(evidence.token);
  requests_.ask(make_call(evidence.host, std::move(request)), std::move(question));
}

}  // namespace rosterd::app
