// SPDX-License-Identifier: MIT
#include "app/fast_tokens.h"

#include <string>
#include <string_view>

#include "base/crypto.h"
#include "support/cmocka.h"

namespace rosterd::app {
namespace {

using std::chrono::hours;
using xmpp::Mechanism;

constexpr Duration kLifetime = hours(100);

struct VirtualClock final : Clock {
  Instant now() const override { return Instant(passed); }
  WallTime wall_now() const override {
    return WallTime(std::chrono::hours(500'000)) +
           std::chrono::duration_cast<WallTime::duration>(passed);
  }
  Duration passed{};
};

const xmpp::Jid& romeo() {
  static const xmpp::Jid jid = *xmpp::Jid::parse("romeo@h");
  return jid;
}

std::string hash(std::string_view token, const std::string& text) {
  return crypto::hmac(crypto::Hash::kSha256, token, text);
}

struct Desk {
  explicit Desk(const FastTokens::Limits& limits = {20, 100'000})
      : tokens(clock, kLifetime, limits) {}

  std::string issue(const std::string& agent = "a", const xmpp::Jid& user = romeo(),
                    Mechanism mechanism = Mechanism::kHtSha256None) {
    return tokens.issue({user, agent, mechanism}).token;
  }
  static xmpp::FastProof prove(std::string_view token, const std::string& agent = "a",
                               const xmpp::Jid& user = romeo()) {
    return {user, agent, Mechanism::kHtSha256None, hash(token, "Initiator")};
  }
  // "yes", "rotate", or why not.
  std::string outcome(const xmpp::FastProof& proof) {
    const auto login = tokens.check(proof);
    if (!login) return to_string(login.error().code);
    return login->rotate ? "rotate" : "yes";
  }
  std::string use(std::string_view token, const std::string& agent = "a",
                  const xmpp::Jid& user = romeo()) {
    return outcome(prove(token, agent, user));
  }

  VirtualClock clock;
  FastTokens tokens;
};

void token_lets_in_again_and_again_and_proves_the_server(void**) {
  Desk desk;
  const std::string token = desk.issue();
  assert_true(token.size() >= 38);
  for (int i = 0; i < 3; ++i) {
    const auto login = desk.tokens.check(Desk::prove(token));
    assert_true(login.has_value());
    assert_true(login->answer == hash(token, "Responder"));
    assert_false(login->rotate);
  }
}

void token_is_of_no_use_to_anybody_else(void**) {
  Desk desk;
  const std::string token = desk.issue();
  assert_text_equal(desk.use(token, "b"), "denied");
  assert_text_equal(desk.use(token, "a", *xmpp::Jid::parse("juliet@h")), "denied");
  assert_text_equal(desk.use(token, "a", *xmpp::Jid::parse("romeo@other")), "denied");
  assert_text_equal(desk.use("guess"), "denied");
  assert_text_equal(desk.use(token), "yes");
}

void token_is_bound_to_its_mechanism_and_channel(void**) {
  Desk desk;
  const std::string token = desk.issue("a", romeo(), Mechanism::kHtSha256Expr);
  xmpp::FastProof proof{romeo(), "a", Mechanism::kHtSha256Expr, hash(token, "Initiatorchannel"),
                        "channel"};
  assert_text_equal(desk.outcome(proof), "yes");
  assert_true(desk.tokens.check(proof)->answer == hash(token, "Responderchannel"));
  proof.binding = "another";
  assert_text_equal(desk.outcome(proof), "denied");
  proof.binding = "channel";
  proof.mechanism = Mechanism::kHtSha256Endp;
  assert_text_equal(desk.outcome(proof), "denied");
  assert_text_equal(desk.use(token), "denied");
}

void token_expires(void**) {
  Desk desk;
  const xmpp::FastToken token = desk.tokens.issue({romeo(), "a"});
  assert_true(token.expiry == desk.clock.wall_now() + hours(100));
  desk.clock.passed = kLifetime - Duration(std::chrono::milliseconds(1));
  assert_text_equal(desk.use(token.token), "rotate");
  desk.clock.passed = kLifetime;
  assert_text_equal(desk.use(token.token), "timeout");
  assert_text_equal(desk.use("guess"), "denied");
}

void token_past_half_of_its_life_is_due_for_rotation(void**) {
  Desk desk;
  const std::string token = desk.issue();
  desk.clock.passed = hours(49);
  assert_text_equal(desk.use(token), "yes");
  desk.clock.passed = hours(50);
  assert_text_equal(desk.use(token), "rotate");
}

void old_token_is_good_until_the_new_one_has_been_used(void**) {
  Desk desk;
  const std::string old = desk.issue();
  assert_text_equal(desk.use(old), "yes");
  const std::string lost = desk.issue();
  assert_text_equal(desk.use(old), "yes");
  const std::string fresh = desk.issue();
  assert_text_equal(desk.use(lost), "denied");
  assert_text_equal(desk.use(old), "yes");
  assert_text_equal(desk.use(fresh), "yes");
  assert_text_equal(desk.use(old), "denied");
  assert_text_equal(desk.use(fresh), "yes");
}

void invalidated_token_is_used_for_the_last_time(void**) {
  Desk desk;
  const std::string token = desk.issue();
  xmpp::FastProof proof = Desk::prove(token);
  proof.invalidate = true;
  assert_text_equal(desk.outcome(proof), "yes");
  assert_text_equal(desk.use(token), "denied");
  assert_int_equal(desk.tokens.size(), 0);
}

void count_that_was_seen_is_a_replay(void**) {
  Desk desk;
  const std::string token = desk.issue();
  xmpp::FastProof proof = Desk::prove(token);
  const auto use = [&](std::uint32_t count) {
    proof.count = count;
    return desk.outcome(proof);
  };
  assert_text_equal(use(3), "yes");
  assert_text_equal(use(3), "denied");
  assert_text_equal(use(2), "denied");
  assert_text_equal(use(4), "yes");
  // A client that does not count does not send anything ahead of TLS either.
  assert_text_equal(desk.use(token), "yes");
}

void token_does_not_outlive_the_login_that_it_was_given_for(void**) {
  Desk desk;
  const WallTime end = desk.clock.wall_now() + hours(10);
  const xmpp::FastToken token = desk.tokens.issue({romeo(), "a", Mechanism::kHtSha256None, end});
  assert_true(token.expiry == end);
  const auto login = desk.tokens.check(Desk::prove(token.token));
  assert_true(login.has_value() && login->expires == end);
  desk.clock.passed = hours(10);
  assert_text_equal(desk.use(token.token), "timeout");
}

void revoked_tokens_are_good_for_nothing(void**) {
  Desk desk;
  const std::string one = desk.issue("a");
  const std::string two = desk.issue("b");
  const xmpp::Jid juliet = *xmpp::Jid::parse("juliet@h");
  const std::string hers = desk.issue("a", juliet);
  desk.tokens.revoke(*xmpp::Jid::parse("romeo@h/orchard"));
  assert_text_equal(desk.use(one, "a"), "denied");
  assert_text_equal(desk.use(two, "b"), "denied");
  assert_text_equal(desk.use(hers, "a", juliet), "yes");
  desk.tokens.revoke(romeo());
  assert_int_equal(desk.tokens.size(), 1);
}

void one_agent_too_many_of_a_user_costs_his_least_lately_used_one(void**) {
  Desk desk({2, 100});
  const xmpp::Jid juliet = *xmpp::Jid::parse("juliet@h");
  const std::string hers = desk.issue("a", juliet);
  const std::string one = desk.issue("1");
  const std::string two = desk.issue("2");
  assert_text_equal(desk.use(one, "1"), "yes");
  const std::string three = desk.issue("3");
  assert_text_equal(desk.use(two, "2"), "denied");
  assert_text_equal(desk.use(one, "1"), "yes");
  assert_text_equal(desk.use(three, "3"), "yes");
  assert_text_equal(desk.use(hers, "a", juliet), "yes");
}

void one_agent_too_many_in_all_costs_the_least_lately_used_one(void**) {
  Desk desk({2, 3});
  const auto user = [](int i) { return *xmpp::Jid::make("u" + std::to_string(i), "h"); };
  std::string given[4];
  for (int i = 0; i < 3; ++i) given[i] = desk.issue("a", user(i));
  assert_text_equal(desk.use(given[0], "a", user(0)), "yes");
  given[3] = desk.issue("a", user(3));
  assert_int_equal(desk.tokens.size(), 3);
  assert_text_equal(desk.use(given[1], "a", user(1)), "denied");
  for (const int i : {0, 2, 3}) assert_text_equal(desk.use(given[i], "a", user(i)), "yes");
}

void agents_that_never_came_back_are_forgotten(void**) {
  Desk desk;
  for (int i = 0; i < 5; ++i) desk.issue(std::to_string(i));
  assert_int_equal(desk.tokens.size(), 5);
  desk.clock.passed = kLifetime;
  desk.issue("another");
  assert_int_equal(desk.tokens.size(), 1);
}

void tokens_that_are_switched_off_are_all_forgotten(void**) {
  Desk desk;
  const std::string token = desk.issue();
  desk.tokens.set_lifetime(hours(1));
  assert_text_equal(desk.use(token), "yes");
  desk.tokens.set_lifetime(Duration::zero());
  assert_int_equal(desk.tokens.size(), 0);
  assert_text_equal(desk.use(token), "denied");
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      cmocka_unit_test(token_lets_in_again_and_again_and_proves_the_server),
      cmocka_unit_test(token_is_of_no_use_to_anybody_else),
      cmocka_unit_test(token_is_bound_to_its_mechanism_and_channel),
      cmocka_unit_test(token_expires),
      cmocka_unit_test(token_past_half_of_its_life_is_due_for_rotation),
      cmocka_unit_test(old_token_is_good_until_the_new_one_has_been_used),
      cmocka_unit_test(invalidated_token_is_used_for_the_last_time),
      cmocka_unit_test(count_that_was_seen_is_a_replay),
      cmocka_unit_test(token_does_not_outlive_the_login_that_it_was_given_for),
      cmocka_unit_test(revoked_tokens_are_good_for_nothing),
      cmocka_unit_test(one_agent_too_many_of_a_user_costs_his_least_lately_used_one),
      cmocka_unit_test(one_agent_too_many_in_all_costs_the_least_lately_used_one),
      cmocka_unit_test(agents_that_never_came_back_are_forgotten),
      cmocka_unit_test(tokens_that_are_switched_off_are_all_forgotten),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
