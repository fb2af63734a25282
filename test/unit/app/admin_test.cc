// SPDX-License-Identifier: MIT
// The windows into rosterd, as the HTTP client sees them.
#include "app/admin.h"

#include "unit/app/stage.h"

namespace rosterd::app {
namespace {

struct NoAccounts final : im::AuthSource {
  void fetch_keys(const xmpp::Jid&, crypto::Hash, std::uint64_t, im::AuthEvents*) override {}
  void check_password(const xmpp::Jid&, std::string, std::uint64_t, im::AuthEvents*) override {
    ++asked;
  }
  void identify(xmpp::Evidence, std::uint64_t, im::AuthEvents*) override {}
  int asked = 0;
};

struct Desk {
  explicit Desk(Stage& at, AdminOptions options = {.hosts = {"h", "other"}})
      : stage(at),
        tokens(accounts, at.clock, at.timers),
        fast(at.clock, std::chrono::hours(1)),
        admin(options, at.core, tokens, fast, at.clock) {}

  // Status and body. `host` is what the client is confined to, if anything.
  std::string ask(std::string method, std::string target, std::string body = {},
                  std::string host = {}) {
    http::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.body = std::move(body);
    web::Client client;
    client.host = std::move(host);
    admin.on_request(stage.clients, web::ExchangeId{1, 1}, client, request);
    const http::Response& answer = stage.clients.answers.back();
    assert_text_equal(answer.fields.get("Content-Type"), "application/json");
    return std::to_string(answer.status) + " " + answer.body;
  }

  Stage& stage;
  NoAccounts accounts;
  LoginTokens tokens;
  FastTokens fast;
  Admin admin;
};

void who_is_confined_to_one_host_sees_and_kicks_nobody_else(void** state) {
  Stage& stage = stage_of(state);
  Desk desk(stage);
  stage.login("romeo", "{}");
  stage.login("juliet@other", "{}");
  const std::string listed = desk.ask("GET", "/roster_admin/online", "", "other");
  assert_true(listed.find("juliet") != std::string::npos);
  assert_true(listed.find("romeo") == std::string::npos);
  const std::string kick = R"({"users":["romeo"]})";  // romeo@other, for him
  assert_text_equal(desk.ask("POST", "/roster_admin/kick", kick, "other"),
                    R"(200 {"status":"ok","kicked":0})");
  assert_text_equal(
      desk.ask("POST", "/roster_admin/kick", R"({"users":["romeo@h"]})", "other").substr(0, 3),
      "403");
  assert_text_equal(desk.ask("GET", "/roster_admin/users/romeo@h", "", "other").substr(0, 3),
                    "403");
  assert_text_equal(desk.ask("POST", "/roster_admin/online", R"(["juliet"])", "other"),
                    R"(200 {"juliet":{"online":true,"available":true,"show":"","sessions":1}})");
}

void too_many_names_are_too_large(void** state) {
  Desk desk(stage_of(state), {.hosts = {"h"}, .users = 2});
  for (const auto& [path, body] : {std::pair{"/roster_admin/online", R"(["a","b","c"])"},
                                   std::pair{"/roster_admin/kick", R"({"users":["a","b","c"]})"}}) {
    const std::string answer = desk.ask("POST", path, body);
    assert_true(answer.starts_with("413 "));
    assert_true(answer.find("more than 2 users") != std::string::npos);
  }
}

void refusals_are_logged_but_not_each_of_many(void** state) {
  Stage& stage = stage_of(state);
  Desk desk(stage);
  for (int i = 0; i < 5; ++i) desk.ask("POST", "/roster_admin/online", "x");
  assert_int_equal(stage.journal.count("admin refused path=/roster_admin/online"), 1);
}

void a_kick_is_logged_with_its_reason(void** state) {
  Stage& stage = stage_of(state);
  Desk desk(stage);
  stage.login("romeo", "{}");
  desk.ask("POST", "/roster_admin/kick", R"({"users":["romeo"],"reason":"bad\nluck"})");
  assert_int_equal(stage.journal.count("admin kicked users=1 sessions=1 reason=bad?luck"), 1);
}

void a_token_names_its_user_and_stays_out_of_the_log(void** state) {
  Stage& stage = stage_of(state);
  Desk desk(stage);
  const std::string answer = desk.ask("POST", "/roster_admin/login_token", R"({"user":"romeo"})");
  constexpr std::string_view kBegin =
      R"(200 {"status":"ok","user":"romeo@h","token":"rosterd-token-)";
  assert_true(answer.starts_with(kBegin));
  assert_true(answer.ends_with(R"(","expires_in":60})"));
  assert_int_equal(stage.journal.count("admin login token given user=romeo@h"), 1);
  assert_int_equal(stage.journal.count(answer.substr(kBegin.size(), 10)), 0);
  assert_text_equal(
      desk.ask("POST", "/roster_admin/login_token", R"({"user":"romeo@h"})", "other").substr(0, 3),
      "403");
}

void a_kicked_user_s_tokens_are_worth_nothing(void** state) {
  Desk desk(stage_of(state));
  const xmpp::Jid romeo = *xmpp::Jid::parse("romeo@h");
  const std::string token = desk.tokens.issue(romeo);
  desk.fast.issue({romeo, "agent"});
  desk.ask("POST", "/roster_admin/kick", R"({"users":["romeo"]})");
  assert_int_equal(desk.fast.size(), 0);
  desk.tokens.check_password(romeo, token, 1, nullptr);
  assert_int_equal(desk.accounts.asked, 1);
}

void the_state_of_a_roster_follows_its_life(void** state) {
  Stage& stage = stage_of(state);
  Desk desk(stage);
  const auto roster = [&] {
    const std::string answer = desk.ask("GET", "/roster_admin/users/romeo");
    return answer.substr(answer.find("\"roster\":"));
  };
  assert_text_equal(roster(), "\"roster\":null}");
  stage.login("romeo");
  assert_text_equal(roster(), R"("roster":{"state":"loading","stale":false}})");
  stage.web_app.answer("/romeo", 404);
  assert_text_equal(roster(), R"("roster":{"state":"failed","stale":false}})");
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      STAGE_TEST(who_is_confined_to_one_host_sees_and_kicks_nobody_else),
      STAGE_TEST(too_many_names_are_too_large),
      STAGE_TEST(refusals_are_logged_but_not_each_of_many),
      STAGE_TEST(a_kick_is_logged_with_its_reason),
      STAGE_TEST(a_token_names_its_user_and_stays_out_of_the_log),
      STAGE_TEST(a_kicked_user_s_tokens_are_worth_nothing),
      STAGE_TEST(the_state_of_a_roster_follows_its_life),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
