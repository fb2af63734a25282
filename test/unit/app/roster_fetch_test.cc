// SPDX-License-Identifier: MIT
// One question as the web app sees it: attempts, redirects, deadlines.
#include "app/roster_fetch.h"

#include "unit/app/stage.h"

namespace rosterd::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kFriends = R"({"romeo@h": {"name": "Romeo"}})";
constexpr Duration kTimeout = seconds(10);

void passing_faults_are_retried_three_times(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  refetch(stage, sink);
  stage.web_app.answer("/juliet", 500);
  assert_text_equal(stage.web_app.open(), "");
  stage.pass(milliseconds(187));
  assert_text_equal(stage.web_app.open(), "");
  stage.pass(milliseconds(126));
  stage.web_app.fail("/juliet", Errc::kUnavailable);
  stage.pass(milliseconds(1250));
  stage.web_app.fail("/juliet", Errc::kTimeout);
  stage.pass(seconds(5));
  assert_text_equal(sink.told, "");
  stage.web_app.answer("/juliet", 429);
  assert_text_equal(sink.told, "juliet@h unavailable: HTTP status 429");
  stage.pass(seconds(60));
  assert_int_equal(stage.web_app.asked, 4);
}

void status_that_says_not_now_is_retried(void** state) {
  for (const int status : {408, 425, 429, 500, 501, 503, 599}) {
    Stage& stage = stage_of(state);
    Sink sink;
    refetch(stage, sink);
    stage.web_app.answer("/juliet", status);
    stage.pass(milliseconds(313));
    stage.web_app.answer("/juliet", kFriends);
    assert_text_equal(sink.told, "juliet@h Romeo");
  }
}

void retry_may_succeed(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet");
  stage.web_app.answer("/juliet", 503);
  stage.pass(milliseconds(313));
  stage.web_app.answer("/juliet", kFriends);
  assert_text_equal(stage.read(juliet), "result 1 roster romeo@h both Romeo");
}

void lasting_refusals_are_not_retried(void** state) {
  for (const int status : {204, 304, 400, 404, 410}) {
    Stage& stage = stage_of(state);
    Sink sink;
    refetch(stage, sink);
    stage.web_app.answer("/juliet", status, "{}");
    assert_int_not_equal(sink.told.find("HTTP status " + std::to_string(status)),
                         std::string::npos);
    stage.pass(seconds(60));
    assert_text_equal(stage.web_app.open(), "");
  }
}

void malformed_and_oversize_answers_are_not_retried(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  refetch(stage, sink);
  stage.web_app.fail("/juliet", Errc::kInvalid);
  refetch(stage, sink);
  stage.web_app.fail("/juliet", Errc::kTooLarge);
  assert_text_equal(sink.told, "juliet@h invalid: no luck; juliet@h too-large: no luck");
}

http::Fields with(std::string name, std::string value) {
  http::Fields fields;
  fields.add(std::move(name), std::move(value));
  return fields;
}

void retry_after_is_waited_for(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  refetch(stage, sink);
  stage.web_app.answer("/juliet", 503, {}, with("Retry-After", "3"));
  stage.pass(milliseconds(2999));
  assert_text_equal(stage.web_app.open(), "");
  stage.pass(milliseconds(1));
  assert_text_equal(stage.web_app.open(), "/juliet");
}

void retry_after_beyond_the_timeout_fails_now(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  refetch(stage, sink);
  stage.web_app.answer("/juliet", 429, {}, with("Retry-After", "10"));
  assert_text_equal(sink.told, "juliet@h unavailable: HTTP status 429");
}

void request_without_an_answer_is_given_up(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  refetch(stage, sink);
  stage.web_app.send("/juliet");
  stage.pass(kTimeout - milliseconds(1));
  assert_text_equal(sink.told, "");
  stage.pass(milliseconds(1));
  assert_text_equal(sink.told, "juliet@h timeout: no answer in time");
  assert_int_equal(stage.web_app.withdrawn, 1);
}

void timeout_includes_the_retries(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  refetch(stage, sink);
  stage.pass(seconds(60));
  stage.web_app.send("/juliet");
  stage.pass(seconds(5));
  stage.web_app.answer("/juliet", 502);
  stage.pass(seconds(1));
  stage.web_app.send("/juliet");
  stage.pass(milliseconds(3999));
  assert_text_equal(sink.told, "");
  stage.pass(milliseconds(1));
  assert_text_equal(sink.told, "juliet@h unavailable: HTTP status 502");
  assert_text_equal(stage.web_app.open(), "");
}

void login_does_not_wait_in_the_queue_beyond_the_timeout(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet");
  stage.pass(kTimeout);
  assert_text_equal(stage.read(juliet), "error iq 1 wait/remote-server-timeout");
}

void refresh_that_joins_late_gets_the_whole_timeout(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  stage.login("juliet");
  stage.pass(seconds(9));
  refetch(stage, sink);
  stage.pass(seconds(9));
  assert_text_equal(sink.told, "");
  stage.web_app.answer("/juliet", kFriends);
  assert_text_equal(sink.told, "juliet@h Romeo");
}

void redirects_are_followed_three_times(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  refetch(stage, sink);
  stage.web_app.answer("/juliet", 301, {}, with("Location", "/a"));
  assert_text_equal(stage.web_app.field("/a", "Rosterd-Reason"), "refresh");
  stage.web_app.answer("/a", 302, {}, with("Location", "http://app.example.org/b?x=1"));
  stage.web_app.answer("/b?x=1", 308, {}, with("Location", "c"));
  stage.web_app.answer("/c", kFriends);
  assert_text_equal(sink.told, "juliet@h Romeo");
}

void fourth_redirect_is_an_error(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  refetch(stage, sink);
  for (int i = 0; i < 4; ++i) {
    stage.web_app.answer("/juliet", 307, {}, with("Location", "/juliet"));
  }
  assert_text_equal(sink.told, "juliet@h invalid: too many redirects");
}

void redirect_to_another_origin_is_an_error(void** state) {
  Stage& stage = stage_of(state);
  for (const char* location : {"https://app.example.org/juliet", "http://app.example.org:81/juliet",
                               "//evil.example/juliet", "http://evil.example/juliet"}) {
    Sink sink;
    refetch(stage, sink);
    stage.web_app.answer("/juliet", 302, {}, with("Location", location));
    assert_text_equal(sink.told.substr(0, 45), "juliet@h invalid: a redirect to another origi");
  }
}

void redirect_to_nowhere_is_an_error(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  refetch(stage, sink);
  stage.web_app.answer("/juliet", 302);
  refetch(stage, sink);
  stage.web_app.answer("/juliet", 302, {}, with("Location", "file:///etc/passwd"));
  assert_text_equal(sink.told,
                    "juliet@h invalid: a redirect without a Location; juliet@h invalid: a redirect "
                    "to a bad URL: a scheme other than http and https");
}

void retry_after_a_redirect_starts_at_the_beginning(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  refetch(stage, sink);
  stage.web_app.answer("/juliet", 302, {}, with("Location", "/elsewhere"));
  stage.web_app.answer("/elsewhere", 503);
  stage.pass(milliseconds(313));
  assert_text_equal(stage.web_app.open(), "/juliet");
}

void name_that_cannot_stand_in_the_url_fails_later(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  refetch(stage, sink, "..");
  assert_text_equal(sink.told, "");
  stage.pass(seconds(0));
  assert_text_equal(sink.told, "..@h invalid: the name is no path component");
  assert_int_equal(stage.web_app.asked, 0);
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      STAGE_TEST(passing_faults_are_retried_three_times),
      STAGE_TEST(status_that_says_not_now_is_retried),
      STAGE_TEST(retry_may_succeed),
      STAGE_TEST(lasting_refusals_are_not_retried),
      STAGE_TEST(malformed_and_oversize_answers_are_not_retried),
      STAGE_TEST(retry_after_is_waited_for),
      STAGE_TEST(retry_after_beyond_the_timeout_fails_now),
      STAGE_TEST(request_without_an_answer_is_given_up),
      STAGE_TEST(timeout_includes_the_retries),
      STAGE_TEST(login_does_not_wait_in_the_queue_beyond_the_timeout),
      STAGE_TEST(refresh_that_joins_late_gets_the_whole_timeout),
      STAGE_TEST(redirects_are_followed_three_times),
      STAGE_TEST(fourth_redirect_is_an_error),
      STAGE_TEST(redirect_to_another_origin_is_an_error),
      STAGE_TEST(redirect_to_nowhere_is_an_error),
      STAGE_TEST(retry_after_a_redirect_starts_at_the_beginning),
      STAGE_TEST(name_that_cannot_stand_in_the_url_fails_later),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
