// SPDX-License-Identifier: MIT
// Rosters that come with a login, from the question to the session.
#include "app/login_rosters.h"

#include "unit/app/stage.h"

namespace rosterd::app {
namespace {

json::Tape tape_of(std::string_view text) {
  json::Tape tape;
  assert_true(json::read(text, tape).has_value());
  return tape;
}

const xmpp::Jid& romeo() {
  static const xmpp::Jid jid = make_jid("romeo@h");
  return jid;
}

// A login whose answer brings this.
void bring(Stage& stage, std::string_view roster, std::string etag = {}) {
  LoginRosters& rosters = stage.source.login_rosters();
  const std::uint64_t sequence = rosters.expect(romeo());
  rosters.bring(romeo(), {sequence, tape_of(roster), std::move(etag)});
}

void session_has_the_roster_that_came_with_its_login_without_a_fetch(void**) {
  Stage stage;
  bring(stage, R"({"juliet@h":{"name":"J"}})", "\"v1\"");
  const auto session = stage.login("romeo");
  assert_text_equal(stage.read(session), "");
  stage.pass(Duration(0));
  assert_int_equal(stage.web_app.asked, 0);
  assert_true(stage.read(session).find("juliet@h") != std::string::npos);
  // It is one like any other: the next question is about its tag.
  stage.post("[\"romeo\"]");
  assert_text_equal(stage.web_app.field("/romeo", "If-None-Match"), "\"v1\"");
}

void post_about_him_makes_what_left_before_it_worthless(void**) {
  for (const bool has_come : {false, true}) {
    Stage stage;
    LoginRosters& rosters = stage.source.login_rosters();
    const std::uint64_t sequence = rosters.expect(romeo());
    if (has_come) rosters.bring(romeo(), {sequence, tape_of("{}"), ""});
    stage.post("[\"romeo\"]");
    rosters.bring(romeo(), {sequence, tape_of("{}"), ""});
    stage.login("romeo");
    stage.pass(Duration(0));
    assert_text_equal(stage.web_app.open(), "/romeo");
  }
}

void roster_that_cannot_be_used_is_fetched(void**) {
  Stage stage;
  bring(stage, "[1]");
  stage.login("romeo");
  stage.pass(Duration(0));
  assert_text_equal(stage.web_app.open(), "/romeo");
  assert_int_equal(stage.journal.count("what came with a login is fetched instead"), 1);
}

void user_who_leaves_at_once_is_not_told(void**) {
  Stage stage;
  bring(stage, "{}");
  const auto session = stage.login("romeo");
  stage.logout(session);
  stage.pass(Duration(0));
  stage.login("romeo");
  stage.pass(Duration(0));
  assert_text_equal(stage.web_app.open(), "/romeo");
}

void roster_is_kept_for_one_session_and_not_for_long(void**) {
  Stage stage;
  LoginRosters& rosters = stage.source.login_rosters();
  bring(stage, "{}");
  assert_true(rosters.take(romeo()).has_value());
  assert_false(rosters.take(romeo()).has_value());
  bring(stage, "{}");
  stage.pass(LoginRosters::kLifetime);
  assert_false(rosters.take(romeo()).has_value());
}

void answer_to_an_older_login_is_not_taken_for_the_newer_one_s(void**) {
  Stage stage;
  LoginRosters& rosters = stage.source.login_rosters();
  const std::uint64_t older = rosters.expect(romeo());
  const std::uint64_t newer = rosters.expect(romeo());
  assert_true(newer > older);
  rosters.bring(romeo(), {older, tape_of("{}"), ""});
  assert_false(rosters.take(romeo()).has_value());
}

void questions_are_bounded(void**) {
  Stage stage;
  LoginRosters& rosters = stage.source.login_rosters();
  for (std::size_t i = 0; i < LoginRosters::kMost; ++i) {
    rosters.expect(make_jid("u" + std::to_string(i) + "@h"));
  }
  bring(stage, "{}");
  assert_false(rosters.take(romeo()).has_value());
  stage.pass(LoginRosters::kLifetime);
  bring(stage, "{}");
  assert_true(rosters.take(romeo()).has_value());
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      cmocka_unit_test(session_has_the_roster_that_came_with_its_login_without_a_fetch),
      cmocka_unit_test(post_about_him_makes_what_left_before_it_worthless),
      cmocka_unit_test(roster_that_cannot_be_used_is_fetched),
      cmocka_unit_test(user_who_leaves_at_once_is_not_told),
      cmocka_unit_test(roster_is_kept_for_one_session_and_not_for_long),
      cmocka_unit_test(answer_to_an_older_login_is_not_taken_for_the_newer_one_s),
      cmocka_unit_test(questions_are_bounded),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
