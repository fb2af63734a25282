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

// What it needs can be sent only when the refresh's request is over, and may take as long again.
void login_behind_an_earlier_request_waits_no_longer_than_the_timeout(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  refetch(stage, sink);
  stage.web_app.send("/juliet");
  stage.pass(seconds(4));
  const auto juliet = stage.login("juliet");
  stage.pass(seconds(6));
  assert_text_equal(sink.told, "juliet@h timeout: no answer in time");
  stage.pass(seconds(4) - milliseconds(1));
  assert_text_equal(stage.read(juliet), "");
  stage.pass(milliseconds(1));
  assert_text_equal(stage.read(juliet), "error iq 1 wait/remote-server-timeout");
  assert_text_equal(stage.web_app.open(), "/juliet");
  stage.web_app.answer("/juliet", kFriends);
  assert_text_equal(stage.read(juliet), "push romeo@h both Romeo");
}

void login_behind_an_earlier_request_is_not_late_when_it_has_its_answer(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  refetch(stage, sink);
  stage.web_app.send("/juliet");
  const auto juliet = stage.login("juliet");
  stage.web_app.answer("/juliet", "{}");
  stage.web_app.answer("/juliet", kFriends);
  assert_text_equal(stage.read(juliet), "result 1 roster romeo@h both Romeo");
  stage.pass(seconds(60));
  assert_int_equal(stage.journal.count("fetch failed"), 0);
}

void who_leaves_before_he_is_late_is_not_told_of(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  refetch(stage, sink);
  stage.web_app.send("/juliet");
  stage.logout(stage.login("juliet"));
  refetch(stage, sink);
  stage.web_app.answer("/juliet", kFriends);
  stage.pass(seconds(60));
  assert_int_equal(stage.journal.count("fetch failed"), 0);
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

// --- options that are loaded again -----------------------------------------------------------

void ask_elsewhere(Stage& stage, std::string url) {
  stage.roster_options.url = std::move(url);
  stage.source.set_options(stage.roster_options);
}

// One has a place, another waits.
void fill_gate(Stage& stage, Sink& sink) {
  stage.roster_options.parallel = 1;
  stage.source.set_options(stage.roster_options);
  refetch(stage, sink);
  refetch(stage, sink, "nurse");
  assert_text_equal(stage.web_app.open(), "/juliet");
}

void who_waits_is_asked_for_by_the_options_that_are_loaded_meanwhile(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  fill_gate(stage, sink);
  stage.roster_options.user_agent = "new";
  ask_elsewhere(stage, "http://new.example.org/of/%s");
  stage.web_app.origin = "http://new.example.org";
  stage.web_app.answer("/juliet", kFriends);
  stage.pass(seconds(0));
  assert_text_equal(stage.web_app.open(), "/of/nurse");
  assert_text_equal(stage.web_app.field("/of/nurse", "User-Agent"), "new");
  stage.web_app.answer("/of/nurse", kFriends);
  assert_text_equal(sink.told, "juliet@h Romeo; nurse@h Romeo");
}

void who_waits_may_find_that_rosters_are_files_now(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  fill_gate(stage, sink);
  ask_elsewhere(stage, "file:///srv/%s.json");
  stage.web_app.answer("/juliet", kFriends);
  stage.pass(seconds(0));
  stage.files.answer("/srv/nurse.json", kFriends);
  assert_text_equal(sink.told, "juliet@h Romeo; nurse@h Romeo");
  assert_int_equal(stage.source.stats().in_flight, 0);
}

void file_that_is_being_read_is_withdrawn_as_one(void** state) {
  Stage& stage = stage_of(state);
  ask_elsewhere(stage, "file:///srv/%s.json");
  Sink sink;
  const auto ticket = refetch(stage, sink);
  ask_elsewhere(stage, "http://app.example.org/%s");
  stage.source.cancel_refetch(ticket);
  assert_text_equal(stage.files.open(), "");
}

void who_waits_may_find_that_the_name_cannot_stand_in_the_new_url(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  stage.roster_options.parallel = 1;
  ask_elsewhere(stage, "http://app.example.org/of-%s");
  refetch(stage, sink);
  refetch(stage, sink, "..");
  ask_elsewhere(stage, "http://app.example.org/%s");
  stage.web_app.answer("/of-juliet", kFriends);
  stage.pass(seconds(0));
  assert_text_equal(sink.told, "juliet@h Romeo; ..@h invalid: the name is no path component");
  assert_int_equal(stage.source.stats().in_flight, 0);
}

void retry_goes_where_the_options_say_that_are_loaded_meanwhile(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  refetch(stage, sink);
  stage.web_app.answer("/juliet", 503);
  ask_elsewhere(stage, "http://app.example.org/of/%s");
  stage.pass(milliseconds(313));
  assert_text_equal(stage.web_app.open(), "/of/juliet");
}

void what_has_left_keeps_its_options_to_the_last_page(void** state) {
  Stage& stage = stage_of(state);
  stage.roster_options.user_agent = "old";
  stage.source.set_options(stage.roster_options);
  Sink sink;
  refetch(stage, sink);
  stage.web_app.send("/juliet");
  stage.roster_options.user_agent = "new";
  ask_elsewhere(stage, "http://app.example.org/of/%s");
  stage.web_app.answer("/juliet", 200, kFriends, with("Link", "</more>; rel=\"next\""));
  assert_text_equal(stage.web_app.field("/more", "User-Agent"), "old");
}

void deadline_of_who_waits_goes_on_when_options_are_loaded(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet");
  stage.pass(seconds(9));
  ask_elsewhere(stage, "http://app.example.org/of/%s");
  stage.pass(seconds(1));
  assert_text_equal(stage.read(juliet), "error iq 1 wait/remote-server-timeout");
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
      STAGE_TEST(login_behind_an_earlier_request_waits_no_longer_than_the_timeout),
      STAGE_TEST(login_behind_an_earlier_request_is_not_late_when_it_has_its_answer),
      STAGE_TEST(who_leaves_before_he_is_late_is_not_told_of),
      STAGE_TEST(refresh_that_joins_late_gets_the_whole_timeout),
      STAGE_TEST(redirects_are_followed_three_times),
      STAGE_TEST(fourth_redirect_is_an_error),
      STAGE_TEST(redirect_to_another_origin_is_an_error),
      STAGE_TEST(redirect_to_nowhere_is_an_error),
      STAGE_TEST(retry_after_a_redirect_starts_at_the_beginning),
      STAGE_TEST(name_that_cannot_stand_in_the_url_fails_later),
      STAGE_TEST(who_waits_is_asked_for_by_the_options_that_are_loaded_meanwhile),
      STAGE_TEST(who_waits_may_find_that_rosters_are_files_now),
      STAGE_TEST(file_that_is_being_read_is_withdrawn_as_one),
      STAGE_TEST(who_waits_may_find_that_the_name_cannot_stand_in_the_new_url),
      STAGE_TEST(retry_goes_where_the_options_say_that_are_loaded_meanwhile),
      STAGE_TEST(what_has_left_keeps_its_options_to_the_last_page),
      STAGE_TEST(deadline_of_who_waits_goes_on_when_options_are_loaded),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
