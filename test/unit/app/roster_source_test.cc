// SPDX-License-Identifier: MIT
#include "app/roster_source.h"

#include "unit/app/stage.h"

namespace rosterd::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kFriends = R"({"romeo@h": {"name": "Romeo"}})";
constexpr const char* kOther = R"({"paris@h": {"name": "Paris"}})";

void login_asks_as_the_protocol_says(void** state) {
  Stage& stage = stage_of(state);
  stage.login("juliet");
  assert_text_equal(stage.web_app.open(), "/juliet");
  assert_text_equal(stage.web_app.field("/juliet", "Accept"), "application/json, text/plain, */*");
  assert_text_equal(stage.web_app.field("/juliet", "User-Agent"), "rosterd/1.0");
  assert_text_equal(stage.web_app.field("/juliet", "Rosterd-Host"), "h");
  assert_text_equal(stage.web_app.field("/juliet", "Rosterd-Reason"), "login");
}

void answer_to_a_login_reaches_the_client(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet");
  assert_text_equal(stage.read(juliet), "");
  stage.web_app.answer("/juliet", kFriends);
  assert_text_equal(stage.read(juliet), "result 1 roster romeo@h both Romeo");
  assert_text_equal(stage.web_app.open(), "");
}

void username_is_encoded_in_the_path(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  refetch(stage, sink, "r2+d2#%");
  refetch(stage, sink, "zo\xC3\xAB");
  assert_text_equal(stage.web_app.open(), "/r2%2Bd2%23%25 /zo%C3%AB");
}

void refresh_gives_its_reason(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  refetch(stage, sink, "juliet@other");
  assert_text_equal(stage.web_app.field("/juliet", "Rosterd-Reason"), "refresh");
  assert_text_equal(stage.web_app.field("/juliet", "Rosterd-Host"), "other");
}

void request_that_is_not_sent_yet_is_shared(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  const auto juliet = stage.login("juliet");
  const auto first = refetch(stage, sink);
  const auto second = refetch(stage, sink);
  assert_text_equal(stage.web_app.open(), "/juliet");
  stage.web_app.answer("/juliet", kFriends);
  assert_text_equal(stage.read(juliet), "result 1 roster romeo@h both Romeo");
  assert_text_equal(sink.told, "juliet@h Romeo; juliet@h Romeo");
  assert_true((sink.tickets == std::vector<std::uint64_t>{first, second}));
  assert_text_equal(stage.web_app.open(), "");
}

void request_on_the_wire_is_not_new_enough_for_a_refresh(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  const auto juliet = stage.login("juliet");
  stage.web_app.send("/juliet");
  refetch(stage, sink);
  refetch(stage, sink);
  assert_text_equal(stage.web_app.open(), "/juliet");
  stage.web_app.answer("/juliet", kFriends);
  assert_text_equal(stage.read(juliet), "result 1 roster romeo@h both Romeo");
  assert_text_equal(sink.told, "");
  assert_text_equal(stage.web_app.open(), "/juliet");
  stage.web_app.answer("/juliet", kOther);
  assert_text_equal(sink.told, "juliet@h Paris; juliet@h Paris");
  assert_text_equal(stage.web_app.open(), "");
  assert_int_equal(stage.web_app.asked, 2);
}

void requests_are_numbered_in_order(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  refetch(stage, sink);
  stage.web_app.send("/juliet");
  refetch(stage, sink);
  stage.web_app.answer("/juliet", kFriends);
  stage.web_app.answer("/juliet", kOther);
  assert_int_equal(sink.sequences.size(), 2);
  assert_true(sink.sequences[0] < sink.sequences[1]);
}

void request_in_the_queue_is_newer_than_what_is_at_hand_meanwhile(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  refetch(stage, sink, "juliet");
  refetch(stage, sink, "romeo");
  stage.web_app.send("/juliet");
  const std::uint64_t at_hand = stage.source.next_sequence();
  stage.web_app.answer("/juliet", kFriends);
  stage.web_app.answer("/romeo", kFriends);
  assert_int_equal(sink.sequences.size(), 2);
  assert_true(sink.sequences[0] < at_hand);
  assert_true(sink.sequences[1] > at_hand);
}

void login_does_not_share_what_was_sent_before_it(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  refetch(stage, sink);
  stage.web_app.send("/juliet");
  const auto juliet = stage.login("juliet");
  stage.web_app.answer("/juliet", kFriends);
  assert_text_equal(stage.read(juliet), "");
  assert_text_equal(stage.web_app.field("/juliet", "Rosterd-Reason"), "login");
  stage.web_app.answer("/juliet", kOther);
  assert_text_equal(stage.read(juliet), "result 1 roster paris@h both Paris");
}

void users_do_not_wait_for_each_other(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  refetch(stage, sink, "juliet");
  refetch(stage, sink, "romeo");
  assert_text_equal(stage.web_app.open(), "/juliet /romeo");
  stage.web_app.answer("/romeo", kOther);
  assert_text_equal(sink.told, "romeo@h Paris");
}

void answer_that_is_no_roster_is_an_error(void** state) {
  Stage& stage = stage_of(state);
  for (const char* body : {"<html></html>", "", "[1]", "\"john\"", "{\"a@h\":"}) {
    Sink sink;
    refetch(stage, sink);
    stage.web_app.answer("/juliet", body);
    assert_text_equal(sink.told.substr(0, 16), "juliet@h invalid");
    assert_text_equal(stage.web_app.open(), "");
  }
}

void refresh_joins_a_retry_that_is_not_sent_yet(void** state) {
  Stage& stage = stage_of(state);
  Sink early;
  Sink late;
  refetch(stage, early);
  stage.web_app.send("/juliet");
  refetch(stage, late);
  stage.web_app.answer("/juliet", 500);
  refetch(stage, late);
  stage.pass(milliseconds(313));
  stage.web_app.answer("/juliet", kFriends);
  assert_text_equal(early.told, "juliet@h Romeo");
  assert_text_equal(late.told, "juliet@h Romeo; juliet@h Romeo");
  assert_int_equal(stage.web_app.asked, 2);
}

void refresh_behind_a_failed_request_gets_its_own(void** state) {
  Stage& stage = stage_of(state);
  Sink early;
  Sink late;
  refetch(stage, early);
  stage.web_app.send("/juliet");
  refetch(stage, late);
  stage.web_app.answer("/juliet", 400);
  assert_text_equal(early.told, "juliet@h invalid: HTTP status 400");
  assert_text_equal(late.told, "");
  stage.web_app.answer("/juliet", kFriends);
  assert_text_equal(late.told, "juliet@h Romeo");
}

void missing_user_is_an_error_unless_configured_as_empty(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  refetch(stage, sink);
  stage.web_app.answer("/juliet", 404);
  assert_text_equal(sink.told, "juliet@h not-found: HTTP status 404");
  stage.roster_options.missing_is_empty = true;
  stage.source.set_options(stage.roster_options);
  refetch(stage, sink);
  stage.web_app.answer("/juliet", 404);
  assert_text_equal(sink.told, "juliet@h not-found: HTTP status 404; juliet@h ");
}

void refused_authorization_alarms_the_administrator_now_and_then(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  for (const int status : {401, 403, 401}) {
    refetch(stage, sink);
    stage.web_app.answer("/juliet", status);
  }
  assert_int_equal(stage.journal.count("kind=denied"), 1);
  stage.pass(seconds(10));
  refetch(stage, sink);
  stage.web_app.answer("/juliet", 401);
  assert_int_equal(stage.journal.count("kind=denied"), 2);
  assert_int_equal(stage.journal.count("not_logged=2"), 1);
}

void what_cannot_be_used_is_logged_with_a_count(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  refetch(stage, sink);
  stage.web_app.answer("/juliet", R"({"a@h": 7, "b@h": {"name": 1}, "c@h": {}})");
  assert_int_equal(stage.journal.count("contacts=1 texts=1"), 1);
}

// Lets time pass until something is asked for, and tells how much.
Duration wait_for_request(Stage& stage) {
  const Duration start = stage.clock.passed;
  while (stage.web_app.open().empty()) stage.pass(milliseconds(1));
  return stage.clock.passed - start;
}

void failed_login_is_tried_again_until_it_succeeds(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet");
  stage.web_app.answer("/juliet", 400);
  assert_text_equal(stage.read(juliet), "error iq 1 wait/remote-server-timeout");
  for (const int delay : {2, 4, 8, 16, 30, 30}) {
    const Duration waited = wait_for_request(stage);
    assert_true(waited >= milliseconds(delay * 750));
    assert_true(waited <= milliseconds(delay * 1250 + 1));
    assert_text_equal(stage.web_app.field("/juliet", "Rosterd-Reason"), "retry");
    stage.web_app.answer("/juliet", 404);
  }
  wait_for_request(stage);
  stage.web_app.answer("/juliet", kFriends);
  assert_text_equal(stage.read(juliet), "push romeo@h both Romeo");
  stage.pass(seconds(100));
  assert_text_equal(stage.web_app.open(), "");
}

void refresh_ends_the_wait_of_a_failed_login(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  const auto juliet = stage.login("juliet");
  stage.web_app.answer("/juliet", 400);
  stage.read(juliet);
  refetch(stage, sink);
  stage.web_app.answer("/juliet", kFriends);
  assert_text_equal(stage.read(juliet), "push romeo@h both Romeo");
  stage.pass(seconds(60));
  assert_text_equal(stage.web_app.open(), "");
}

void refresh_that_fails_as_well_leaves_the_login_waiting(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  stage.login("juliet");
  stage.web_app.answer("/juliet", 400);
  refetch(stage, sink);
  stage.web_app.answer("/juliet", 400);
  assert_int_equal(sink.tickets.size(), 1);
  wait_for_request(stage);
  assert_text_equal(stage.web_app.field("/juliet", "Rosterd-Reason"), "retry");
}

void logout_cancels_the_request_and_the_retries(void** state) {
  Stage& stage = stage_of(state);
  stage.logout(stage.login("juliet"));
  assert_text_equal(stage.web_app.open(), "");
  assert_int_equal(stage.web_app.withdrawn, 1);
  const auto juliet = stage.login("juliet");
  stage.web_app.answer("/juliet", 500);
  stage.logout(juliet);
  const auto again = stage.login("juliet");
  stage.web_app.answer("/juliet", 400);
  stage.logout(again);
  const int asked = stage.web_app.asked;
  stage.pass(seconds(100));
  assert_int_equal(stage.web_app.asked, asked);
}

void logout_leaves_a_refresh_its_request(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  const auto juliet = stage.login("juliet");
  refetch(stage, sink);
  stage.logout(juliet);
  stage.web_app.answer("/juliet", kFriends);
  assert_text_equal(sink.told, "juliet@h Romeo");
}

void cancelled_refetch_is_not_answered(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  const auto first = refetch(stage, sink);
  const auto second = refetch(stage, sink);
  stage.source.cancel_refetch(first);
  assert_int_equal(stage.web_app.withdrawn, 0);
  stage.web_app.answer("/juliet", kFriends);
  assert_true(sink.tickets == std::vector<std::uint64_t>{second});
  stage.source.cancel_refetch(refetch(stage, sink));
  stage.source.cancel_refetch(first);
  assert_int_equal(stage.web_app.withdrawn, 1);
  assert_text_equal(stage.web_app.open(), "");
}

void sink_may_ask_again_while_it_is_told(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  sink.again = &stage.source;
  refetch(stage, sink);
  refetch(stage, sink);
  stage.web_app.answer("/juliet", kFriends);
  assert_text_equal(sink.told, "juliet@h Romeo; juliet@h Romeo");
  stage.web_app.answer("/juliet", kOther);
  assert_text_equal(sink.told, "juliet@h Romeo; juliet@h Romeo; juliet@h Paris");
}

void use_files(Stage& stage) {
  stage.roster_options.url = "file:///srv/{host}/%s.json";
  stage.source.set_options(stage.roster_options);
}

void file_url_reads_a_file_per_user(void** state) {
  Stage& stage = stage_of(state);
  use_files(stage);
  const auto juliet = stage.login("juliet");
  assert_text_equal(stage.files.open(), "/srv/h/juliet.json");
  stage.files.answer("/srv/h/juliet.json", kFriends);
  assert_text_equal(stage.read(juliet), "result 1 roster romeo@h both Romeo");
  assert_int_equal(stage.web_app.asked, 0);
}

void file_being_read_is_not_new_enough_for_a_refresh(void** state) {
  Stage& stage = stage_of(state);
  use_files(stage);
  Sink sink;
  refetch(stage, sink);
  refetch(stage, sink);
  stage.files.answer("/srv/h/juliet.json", kFriends);
  assert_text_equal(sink.told, "juliet@h Romeo");
  stage.files.answer("/srv/h/juliet.json", kOther);
  assert_text_equal(sink.told, "juliet@h Romeo; juliet@h Paris");
}

void missing_file_is_a_missing_user(void** state) {
  Stage& stage = stage_of(state);
  use_files(stage);
  Sink sink;
  refetch(stage, sink);
  stage.files.answer("/srv/h/juliet.json", 404);
  assert_text_equal(sink.told, "juliet@h not-found: HTTP status 404");
}

void file_that_is_only_a_page_is_refused(void** state) {
  Stage& stage = stage_of(state);
  use_files(stage);
  Sink sink;
  refetch(stage, sink);
  stage.files.answer("/srv/h/juliet.json", R"({"a@h": {}, "$meta": {"next": "/2"}})");
  assert_text_equal(sink.told, "juliet@h invalid: a file has no next page");
}

void pending_file_is_cancelled_like_a_request(void** state) {
  Stage& stage = stage_of(state);
  use_files(stage);
  Sink sink;
  stage.source.cancel_refetch(refetch(stage, sink));
  assert_int_equal(stage.files.withdrawn, 1);
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      STAGE_TEST(login_asks_as_the_protocol_says),
      STAGE_TEST(answer_to_a_login_reaches_the_client),
      STAGE_TEST(username_is_encoded_in_the_path),
      STAGE_TEST(refresh_gives_its_reason),
      STAGE_TEST(request_that_is_not_sent_yet_is_shared),
      STAGE_TEST(request_on_the_wire_is_not_new_enough_for_a_refresh),
      STAGE_TEST(requests_are_numbered_in_order),
      STAGE_TEST(request_in_the_queue_is_newer_than_what_is_at_hand_meanwhile),
      STAGE_TEST(login_does_not_share_what_was_sent_before_it),
      STAGE_TEST(users_do_not_wait_for_each_other),
      STAGE_TEST(answer_that_is_no_roster_is_an_error),
      STAGE_TEST(refresh_joins_a_retry_that_is_not_sent_yet),
      STAGE_TEST(refresh_behind_a_failed_request_gets_its_own),
      STAGE_TEST(missing_user_is_an_error_unless_configured_as_empty),
      STAGE_TEST(refused_authorization_alarms_the_administrator_now_and_then),
      STAGE_TEST(what_cannot_be_used_is_logged_with_a_count),
      STAGE_TEST(failed_login_is_tried_again_until_it_succeeds),
      STAGE_TEST(refresh_ends_the_wait_of_a_failed_login),
      STAGE_TEST(refresh_that_fails_as_well_leaves_the_login_waiting),
      STAGE_TEST(logout_cancels_the_request_and_the_retries),
      STAGE_TEST(logout_leaves_a_refresh_its_request),
      STAGE_TEST(cancelled_refetch_is_not_answered),
      STAGE_TEST(sink_may_ask_again_while_it_is_told),
      STAGE_TEST(file_url_reads_a_file_per_user),
      STAGE_TEST(file_being_read_is_not_new_enough_for_a_refresh),
      STAGE_TEST(missing_file_is_a_missing_user),
      STAGE_TEST(file_that_is_only_a_page_is_refused),
      STAGE_TEST(pending_file_is_cancelled_like_a_request),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
