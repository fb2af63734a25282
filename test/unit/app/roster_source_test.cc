// SPDX-License-Identifier: MIT
#include "app/roster_source.h"

#include "unit/app/stage.h"

namespace rosterd::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kFriends = R"({"romeo@h": {"name": "Romeo"}})";
constexpr const char* kOther = R"({"paris@h": {"name": "Paris"}})";
constexpr Duration kTimeout = seconds(10);

// Notes what it is told: "juliet@h #sequence contacts" or "juliet@h kind: text".
class Sink final : public RosterSink {
 public:
  void on_refetched(std::uint64_t ticket, const xmpp::Jid& user,
                    Result<im::RosterChange> change) override {
    tickets.push_back(ticket);
    told += (told.empty() ? "" : "; ") + std::string(user.text()) + " ";
    if (!change) {
      told += std::string(to_string(change.error().code)) + ": " + change.error().text;
      return;
    }
    sequences.push_back(change->sequence);
    for (const auto& item : change->roster.items()) {
      told += change->roster.interner().text(item.name);
    }
    if (again) std::exchange(again, nullptr)->refetch(user, this);
  }
  std::string told;
  std::vector<std::uint64_t> tickets, sequences;
  RosterSource* again = nullptr;
};

std::uint64_t refetch(Stage& stage, Sink& sink, std::string_view user = "juliet") {
  return stage.source.refetch(make_jid(im::at_host(user)), &sink);
}

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

void malformed_and_oversize_answers_are_not_retried(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  refetch(stage, sink);
  stage.web_app.fail("/juliet", Errc::kInvalid);
  refetch(stage, sink);
  stage.web_app.fail("/juliet", Errc::kTooLarge);
  assert_text_equal(sink.told, "juliet@h invalid: no luck; juliet@h too-large: no luck");
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
  assert_int_equal(sink.tickets.size(), 2);
  assert_int_equal(sink.sequences.size(), 0);
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

void name_that_cannot_stand_in_the_url_fails_later(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  refetch(stage, sink, "..");
  assert_text_equal(sink.told, "");
  stage.pass(seconds(0));
  assert_text_equal(sink.told, "..@h invalid: the name is no path component");
  assert_int_equal(stage.web_app.asked, 0);
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
      STAGE_TEST(login_does_not_share_what_was_sent_before_it),
      STAGE_TEST(users_do_not_wait_for_each_other),
      STAGE_TEST(passing_faults_are_retried_three_times),
      STAGE_TEST(retry_may_succeed),
      STAGE_TEST(lasting_refusals_are_not_retried),
      STAGE_TEST(answer_that_is_no_roster_is_an_error),
      STAGE_TEST(malformed_and_oversize_answers_are_not_retried),
      STAGE_TEST(refresh_joins_a_retry_that_is_not_sent_yet),
      STAGE_TEST(refresh_behind_a_failed_request_gets_its_own),
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
      STAGE_TEST(name_that_cannot_stand_in_the_url_fails_later),
      STAGE_TEST(file_url_reads_a_file_per_user),
      STAGE_TEST(file_being_read_is_not_new_enough_for_a_refresh),
      STAGE_TEST(missing_file_is_a_missing_user),
      STAGE_TEST(pending_file_is_cancelled_like_a_request),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
