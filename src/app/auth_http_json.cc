// SPDX-License-Identifier: MIT
#include "app/auth_http_json.h"

#include <charconv>
#include <memory>
#include <utility>

#include "app/auth_url.h"
#include "app/json_members.h"
#include "app/response_fields.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/text.h"

namespace rosterd::app {

namespace {

class JsonQuestion final : public LoginQuestion {
 public:
  JsonQuestion(xmpp::Jid user, LoginRosters& rosters, std::uint64_t ticket, im::AuthEvents* events)
      : LoginQuestion(ticket, events), user_(std::move(user)), rosters_(rosters) {}

  void on_sent() override { sequence_ = rosters_.expect(user_); }

 private:
  Result<xmpp::Login> judge(const http::Response& response) override {
    auto verdict = parse_json_verdict(response.body);
    if (!verdict) return tl::unexpected<Error>(verdict.error());
    if (!verdict->yes) return make_error(Errc::kDenied, "the web application says no");
    if (!verdict->roster.empty()) {
      rosters_.bring(user_, {sequence_, std::move(verdict->roster), std::move(verdict->etag)});
    }
    return xmpp::Login{user_, verdict->expires};
  }

  const xmpp::Jid user_;
  LoginRosters& rosters_;
  std::uint64_t sequence_ = 0;
};

Result<WallTime> parse_time(const json::Tape& value) {
  const auto literal = value.number();
  std::int64_t seconds = 0;
  if (literal) {
    const auto [end, error] =
        std::from_chars(literal->data(), literal->data() + literal->size(), seconds);
    constexpr std::int64_t kYear10000 = 253'402'300'800;
    if (error == std::errc() && end == literal->data() + literal->size() && seconds >= 0 &&
        seconds < kYear10000) {
      return WallTime(std::chrono::seconds(seconds));
    }
  }
  return make_error(Errc::kInvalid, "expires: expected seconds since 1970");
}

}  // namespace

Result<JsonVerdict> parse_json_verdict(std::string_view body) {
  const std::string_view word = text::trim(body);
  if (word == "true" || word == "false") return JsonVerdict{word == "true"};
  auto members = read_members(body, "an answer that is neither true nor false");
  if (!members) return tl::unexpected<Error>(members.error());
  const json::Tape* const ok = find_member(*members, "ok");
  const auto yes = ok ? ok->boolean() : std::nullopt;
  if (!yes) return make_error(Errc::kInvalid, "ok: expected true or false");
  JsonVerdict verdict{*yes};
  const json::Tape* const roster = find_member(*members, "roster");
  if (roster && !roster->is_null()) verdict.roster = *roster;
  const json::Tape* const etag = find_member(*members, "etag");
  const auto tag = etag ? etag->string() : std::nullopt;
  if (tag && may_be_etag(*tag)) verdict.etag = *tag;
  const json::Tape* const expires = find_member(*members, "expires");
  if (!expires || expires->is_null()) return verdict;
  auto time = parse_time(*expires);
  if (!time) return tl::unexpected<Error>(time.error());
  verdict.expires = *time;
  return verdict;
}

void AuthHttpJson::check_password(const xmpp::Jid& user, std::string password, std::uint64_t ticket,
                                  im::AuthEvents* events) {
  auto question = std::make_unique<JsonQuestion>(user, rosters_, ticket, events);
  auto url = make_auth_url(options_.url, user, password);
  if (url) {
    web::FetchRequest request;
    request.method = "POST";
    request.url = std::move(*url);
    request.fields.add("Content-Type",
                       options_.form ? "application/x-www-form-urlencoded" : "application/json");
    request.body = json::Writer()
                       .object()
                       .key("username")
                       .string(user.node())
                       .key("password")
                       .string(password)
                       .end()
                       .take();
    request.secret = true;
    requests_.ask(make_call(user.domain(), std::move(request)), std::move(question));
  } else {
    requests_.refuse(std::move(url.error()), std::move(question));
  }
  crypto::wipe(password);
}

}  // namespace rosterd::app
