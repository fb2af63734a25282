// SPDX-License-Identifier: MIT
// What answers and faults of the web app mean for who logs in, and for the log.
#include "app/auth_request.h"

#include "unit/app/auth_stage.h"

namespace rosterd::app {
namespace {

AuthOptions make_options(std::string url = "http://app.example.org/auth") {
  AuthOptions options;
  options.kind = AuthKind::kHttpBasic;
  options.url = std::move(url);
  return options;
}

void fail_often(AuthStage& stage) {
  for (int i = 0; i < Breaker::kFailures; ++i) {
    stage.check("john@h", "secr");
    stage.web_app.fail("/auth", Errc::kUnavailable);
  }
  stage.logins.take();
}

void each_status_is_a_yes_a_no_or_neither(void**) {
  struct Row {
    int status;
    const char* outcome;
    std::size_t lines;  // in the log
  };
  for (const Row& row : {Row{200, "1:john@h", 0},
                         {204, "1:john@h", 0},
                         {401, "1:denied", 0},
                         {403, "1:denied", 0},
                         {404, "1:denied", 0},
                         {301, "1:invalid", 1},
                         {302, "1:invalid", 1},
                         {304, "1:invalid", 1},
                         {400, "1:invalid", 1},
                         {405, "1:invalid", 1},
                         {408, "1:unavailable", 0},
                         {429, "1:unavailable", 0},
                         {500, "1:unavailable", 0},
                         {502, "1:unavailable", 0},
                         {503, "1:unavailable", 0}}) {
    AuthStage stage(make_options());
    stage.check("john@h", "secr");
    stage.web_app.answer("/auth", row.status, "body");
    assert_text_equal(stage.logins.take(), row.outcome);
    assert_int_equal(stage.journal.lines.size(), row.lines);
  }
}

void each_fault_of_the_exchange_says_nothing_about_who_logs_in(void**) {
  for (const Errc fault :
       {Errc::kTimeout, Errc::kUnavailable, Errc::kInvalid, Errc::kTooLarge, Errc::kCancelled}) {
    AuthStage stage(make_options());
    stage.check("john@h", "secr");
    stage.web_app.fail("/auth", fault);
    assert_text_equal(stage.logins.take(), std::string("1:") + to_string(fault));
    const bool lasts = fault == Errc::kInvalid || fault == Errc::kTooLarge;
    assert_int_equal(stage.journal.count("cannot be used"), lasts ? 1 : 0);
  }
}

void nothing_is_sent_twice(void**) {
  AuthStage stage(make_options());
  stage.check("john@h", "secr");
  stage.web_app.answer("/auth", 503);
  stage.pass(std::chrono::seconds(30));
  assert_int_equal(stage.web_app.asked, 1);
}

void answer_that_takes_too_long_is_not_waited_for(void**) {
  AuthOptions options = make_options();
  options.timeout = std::chrono::seconds(2);
  AuthStage stage(options);
  stage.check("john@h", "secr");
  stage.web_app.send("/auth");
  stage.pass(std::chrono::milliseconds(1900));
  assert_text_equal(stage.logins.take(), "");
  stage.pass(std::chrono::milliseconds(100));
  assert_text_equal(stage.logins.take(), "1:timeout");
  assert_int_equal(stage.web_app.withdrawn, 1);
}

void outage_is_two_lines_however_many_log_in(void**) {
  AuthStage stage(make_options());
  fail_often(stage);
  assert_int_equal(stage.web_app.asked, Breaker::kFailures);
  for (int i = 0; i < 100; ++i) stage.check("john@h", "secr");
  assert_text_equal(stage.logins.take(), "");
  stage.settle();
  assert_true(stage.logins.take().starts_with("1:unavailable 1:unavailable "));
  assert_int_equal(stage.web_app.asked, Breaker::kFailures);
  assert_int_equal(stage.journal.lines.size(), 1);
  assert_int_equal(stage.journal.count("the web application fails, only probes are sent host=h"),
                   1);
  stage.pass(std::chrono::seconds(3));
  stage.check("john@h", "secr", 1);
  stage.check("mary@h", "secr", 2);  // not a second probe
  stage.settle();
  assert_text_equal(stage.logins.take(), "2:unavailable");
  stage.web_app.answer("/auth", 401);
  assert_text_equal(stage.logins.take(), "1:denied");
  assert_int_equal(stage.journal.count("the web application answers again host=h"), 1);
  stage.check("john@h", "secr");
  stage.web_app.answer("/auth", 200);
  assert_text_equal(stage.logins.take(), "1:john@h");
  assert_int_equal(stage.journal.lines.size(), 2);
}

void those_who_are_denied_do_not_make_an_outage(void**) {
  AuthStage stage(make_options());
  for (const int status : {401, 404, 429, 302}) {
    for (int i = 0; i < 2 * Breaker::kFailures; ++i) {
      stage.check("john@h", "secr");
      stage.web_app.answer("/auth", status);
    }
  }
  assert_int_equal(stage.journal.count("only probes are sent"), 0);
}

void waiting_for_a_free_connection_is_no_failure_of_the_web_app(void**) {
  AuthStage stage(make_options());
  for (int i = 0; i < 2 * Breaker::kFailures; ++i) stage.check("john@h", "secr");
  stage.pass(std::chrono::seconds(5));
  assert_int_equal(stage.web_app.withdrawn, 2 * Breaker::kFailures);
  assert_int_equal(stage.journal.lines.size(), 0);
}

void roster_fetches_of_that_host_share_the_breaker(void**) {
  AuthStage stage(make_options());
  const auto breaker = stage.breakers.of("h", "http://app.example.org");
  for (int i = 0; i < Breaker::kFailures; ++i) {
    breaker->settle(OriginBreaker::Outcome::kFailed, "no roster", stage.clock.now());
  }
  stage.check("john@h", "secr");
  stage.settle();
  assert_text_equal(stage.logins.take(), "1:unavailable");
  assert_int_equal(stage.web_app.asked, 0);
}

void question_on_its_way_is_answered_after_a_reload(void**) {
  AuthStage stage(make_options());
  stage.check("john@h", "secr", 1);
  stage.set_options(make_options("http://app.example.org/new"));
  stage.check("john@h", "secr", 2);
  stage.set_options({});
  stage.web_app.answer("/auth", 200);
  stage.web_app.answer("/new", 403);
  assert_text_equal(stage.logins.take(), "1:john@h 2:denied");
}

void no_log_line_holds_what_was_asked_or_answered(void**) {
  AuthStage stage(make_options("http://app.example.org/auth?p=$password"));
  stage.check("john@h", "s3cr3t");
  stage.web_app.answer("/auth?p=s3cr3t", 302, "b0dy");
  for (int i = 0; i < Breaker::kFailures; ++i) {
    stage.check("john@h", "s3cr3t");
    stage.web_app.fail("/auth?p=s3cr3t", Errc::kUnavailable);
  }
  assert_int_equal(stage.journal.lines.size(), 2);
  for (const char* secret : {"s3cr3t", "b0dy", "?p="}) {
    assert_int_equal(stage.journal.count(secret), 0);
  }
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      cmocka_unit_test(each_status_is_a_yes_a_no_or_neither),
      cmocka_unit_test(each_fault_of_the_exchange_says_nothing_about_who_logs_in),
      cmocka_unit_test(nothing_is_sent_twice),
      cmocka_unit_test(answer_that_takes_too_long_is_not_waited_for),
      cmocka_unit_test(outage_is_two_lines_however_many_log_in),
      cmocka_unit_test(those_who_are_denied_do_not_make_an_outage),
      cmocka_unit_test(waiting_for_a_free_connection_is_no_failure_of_the_web_app),
      cmocka_unit_test(roster_fetches_of_that_host_share_the_breaker),
      cmocka_unit_test(question_on_its_way_is_answered_after_a_reload),
      cmocka_unit_test(no_log_line_holds_what_was_asked_or_answered),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
