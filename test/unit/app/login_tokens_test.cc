// SPDX-License-Identifier: MIT
#include "app/login_tokens.h"

#include <vector>

#include "unit/app/stage.h"

namespace rosterd::app {
namespace {

// The accounts and who asks; the accounts never answer.
struct Desk final : im::AuthSource, im::AuthEvents {
  explicit Desk(Stage& stage) : tokens(*this, stage.clock, stage.timers) {}

  void fetch_keys(const xmpp::Jid&, crypto::Hash, std::uint64_t, im::AuthEvents*) override {}
  void check_password(const xmpp::Jid&, std::string, std::uint64_t, im::AuthEvents*) override {
    ++left_to_the_accounts;
  }
  void identify(xmpp::Evidence, std::uint64_t, im::AuthEvents*) override {}
  void on_keys(std::uint64_t, const Result<xmpp::ScramKeys>&) override {}
  void on_login(std::uint64_t ticket, const Result<xmpp::Login>& login) override {
    if (login) let_in.push_back(ticket);
  }

  void ask(std::string_view user, std::string password, std::uint64_t ticket = 1) {
    tokens.check_password(*xmpp::Jid::parse(user), std::move(password), ticket, this);
  }

  int left_to_the_accounts = 0;
  std::vector<std::uint64_t> let_in;
  LoginTokens tokens;
};

const xmpp::Jid& romeo() {
  static const xmpp::Jid jid = *xmpp::Jid::parse("romeo@h");
  return jid;
}

void token_lets_its_user_in_once_and_later(void** state) {
  Stage& stage = stage_of(state);
  Desk desk(stage);
  const std::string token = desk.tokens.issue(romeo());
  desk.ask("romeo@h", token, 7);
  assert_int_equal(desk.let_in.size(), 0);
  stage.pass(Duration(0));
  assert_true(desk.let_in == std::vector<std::uint64_t>{7});
  desk.ask("romeo@h", token);
  stage.pass(Duration(0));
  assert_int_equal(desk.let_in.size(), 1);
  assert_int_equal(desk.left_to_the_accounts, 1);
}

void token_is_of_no_use_to_anybody_else(void** state) {
  Stage& stage = stage_of(state);
  Desk desk(stage);
  const std::string token = desk.tokens.issue(romeo());
  desk.ask("juliet@h", token);
  desk.ask("romeo@other", token);
  stage.pass(Duration(0));
  assert_int_equal(desk.let_in.size(), 0);
  assert_int_equal(desk.left_to_the_accounts, 2);
  desk.ask("romeo@h", token);
  stage.pass(Duration(0));
  assert_int_equal(desk.let_in.size(), 1);
}

void token_expires(void** state) {
  Stage& stage = stage_of(state);
  Desk desk(stage);
  const std::string token = desk.tokens.issue(romeo());
  stage.pass(LoginTokens::kLifetime);
  desk.ask("romeo@h", token);
  stage.pass(Duration(0));
  assert_int_equal(desk.let_in.size(), 0);
}

void revoked_tokens_are_worth_nothing(void** state) {
  Stage& stage = stage_of(state);
  Desk desk(stage);
  const std::string token = desk.tokens.issue(romeo());
  desk.tokens.forget(romeo());
  desk.ask("romeo@h", token);
  stage.pass(Duration(0));
  assert_int_equal(desk.let_in.size(), 0);
}

void one_token_more_than_a_user_may_have_ends_the_oldest(void** state) {
  Stage& stage = stage_of(state);
  Desk desk(stage);
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i <= LoginTokens::kPerUser; ++i) {
    tokens.push_back(desk.tokens.issue(romeo()));
  }
  for (const std::string& token : tokens) desk.ask("romeo@h", token);
  stage.pass(Duration(0));
  assert_int_equal(desk.let_in.size(), LoginTokens::kPerUser);
  assert_int_equal(desk.left_to_the_accounts, 1);
}

void passwords_are_left_to_the_accounts(void** state) {
  Desk desk(stage_of(state));
  desk.ask("romeo@h", "secret");
  assert_int_equal(desk.left_to_the_accounts, 1);
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      STAGE_TEST(token_lets_its_user_in_once_and_later),
      STAGE_TEST(token_is_of_no_use_to_anybody_else),
      STAGE_TEST(token_expires),
      STAGE_TEST(revoked_tokens_are_worth_nothing),
      STAGE_TEST(one_token_more_than_a_user_may_have_ends_the_oldest),
      STAGE_TEST(passwords_are_left_to_the_accounts),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
