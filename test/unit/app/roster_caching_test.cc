// SPDX-License-Identifier: MIT
// What is not asked or not sent again: conditional requests, bodies that are equal, freshness; and
// rosters in pages.
#include "unit/app/stage.h"

namespace rosterd::app {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* kFriends = R"({"romeo@h": {"name": "Romeo"}})";
constexpr const char* kOther = R"({"paris@h": {"name": "Paris"}})";

http::Fields with(std::initializer_list<std::pair<const char*, const char*>> all) {
  http::Fields fields;
  for (const auto& [name, value] : all) fields.add(name, value);
  return fields;
}

// She is online with a roster of version v1.
Handle<im::Session> log_in_juliet(Stage& stage) {
  const auto juliet = stage.login("juliet");
  stage.web_app.answer("/juliet", 200, kFriends, with({{"ETag", "\"v1\""}}));
  assert_text_equal(stage.read(juliet), "result 1 roster romeo@h both Romeo");
  return juliet;
}

void first_question_is_unconditional(void** state) {
  Stage& stage = stage_of(state);
  stage.login("juliet");
  assert_text_equal(stage.web_app.field("/juliet", "If-None-Match"), "");
}

void later_question_names_what_is_held(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = log_in_juliet(stage);
  stage.post("[\"juliet\"]");
  assert_text_equal(stage.web_app.field("/juliet", "If-None-Match"), "\"v1\"");
  stage.web_app.answer("/juliet", 304);
  assert_text_equal(stage.read(juliet), "");
  assert_int_not_equal(stage.answer(1).find("\"updated\":1,\"errors\":0"), std::string::npos);
}

void roster_without_etag_is_asked_for_unconditionally(void** state) {
  Stage& stage = stage_of(state);
  stage.login("juliet", kFriends);
  stage.post("[\"juliet\"]");
  assert_text_equal(stage.web_app.field("/juliet", "If-None-Match"), "");
}

void not_modified_that_was_not_asked_for_is_a_failure(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", kFriends);
  stage.post("[\"juliet\"]");
  stage.web_app.answer("/juliet", 304);
  assert_int_not_equal(stage.answer(1).find("HTTP status 304"), std::string::npos);
  assert_text_equal(stage.read(juliet), "");
}

void kept_copy_is_confirmed_at_the_next_login(void** state) {
  Stage& stage = stage_of(state);
  stage.logout(log_in_juliet(stage));
  const auto juliet = stage.login("juliet");
  assert_text_equal(stage.web_app.field("/juliet", "If-None-Match"), "\"v1\"");
  stage.web_app.answer("/juliet", 304);
  assert_text_equal(stage.read(juliet), "result 1 roster romeo@h both Romeo");
}

// The roster changes and changes back while two refreshes overlap: "not modified" is about the one
// that was asked about.
void not_modified_brings_back_the_roster_that_was_asked_about(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = log_in_juliet(stage);
  const auto nurse = stage.login("nurse", "{}");
  stage.post("[\"juliet\", \"nurse\"]");
  stage.web_app.answer("/juliet", 200, kOther, with({{"ETag", "\"v2\""}}));
  stage.post("[\"juliet\"]");
  assert_text_equal(stage.web_app.field("/juliet", "If-None-Match"), "\"v1\"");
  stage.web_app.answer("/nurse", "{}");  // the first refresh is applied
  assert_text_equal(stage.read(juliet), "push romeo@h remove\npush paris@h both Paris");
  stage.web_app.answer("/juliet", 304);
  assert_text_equal(stage.read(juliet), "push romeo@h both Romeo\npush paris@h remove");
  stage.read(nurse);
}

void equal_body_is_not_read_again(void** state) {
  Stage& stage = stage_of(state);
  // What cannot be used is told when it is read.
  const char* body = R"({"romeo@h": {"name": "Romeo"}, "@": {}})";
  const auto juliet = stage.login("juliet", body);
  assert_int_equal(stage.journal.count("skipped"), 1);
  stage.pass(minutes(5));
  stage.post("[\"juliet\"]");
  stage.web_app.answer("/juliet", body);
  assert_int_equal(stage.journal.count("skipped"), 1);
  assert_text_equal(stage.read(juliet), "");
  assert_int_equal(
      stage.source.stats().counters.fetches(FetchOutcome::kUnchanged, FetchReason::kRefresh), 1);
  stage.post("[\"juliet\"]");
  stage.web_app.answer("/juliet", kOther);
  assert_text_equal(stage.read(juliet), "push romeo@h remove\npush paris@h both Paris");
}

void fresh_roster_serves_a_login_unasked(void** state) {
  Stage& stage = stage_of(state);
  const auto first = stage.login("juliet");
  stage.web_app.answer("/juliet", 200, kFriends, with({{"Cache-Control", "max-age=60"}}));
  stage.logout(first);
  stage.pass(seconds(59));
  const auto juliet = stage.login("juliet");
  assert_text_equal(stage.web_app.open(), "");
  stage.logout(juliet);
  stage.pass(seconds(1));
  stage.login("juliet");
  assert_text_equal(stage.web_app.open(), "/juliet");
}

void refresh_asks_for_a_fresh_roster_too(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet");
  stage.web_app.answer("/juliet", 200, kFriends, with({{"Cache-Control", "max-age=60"}}));
  stage.read(juliet);
  stage.post("[\"juliet\"]");
  assert_text_equal(stage.web_app.open(), "/juliet");
  stage.web_app.fail("/juliet", Errc::kInvalid);
  stage.logout(juliet);
  // The web app has said that the roster changed.
  stage.login("juliet");
  assert_text_equal(stage.web_app.open(), "/juliet");
}

// --- pages ---------------------------------------------------------------------------------------

void pages_are_joined(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet");
  stage.web_app.answer("/juliet", R"({"$meta": {"next": "/juliet?page=2"}, "a@h": {}})");
  assert_text_equal(stage.read(juliet), "");
  stage.web_app.answer("/juliet?page=2", 200, R"({"b@h": {}})",
                       with({{"Link", "</juliet?page=3>; rel=\"next\""}}));
  stage.web_app.answer("/juliet?page=3", R"({"a@h": {"name": "A"}, "c@h": {}})");
  assert_text_equal(stage.read(juliet), "result 1 roster a@h both A, b@h both, c@h both");
}

void first_page_that_is_as_the_whole_was_is_not_the_whole(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", R"({"a@h": {}})");
  stage.read(juliet);
  Sink sink;
  refetch(stage, sink);
  stage.web_app.answer("/juliet", 200, R"({"a@h": {}})", with({{"Link", "<?page=2>; rel=next"}}));
  stage.web_app.answer("/juliet?page=2", R"({"b@h": {"name": "B"}})");
  assert_text_equal(sink.told, "juliet@h B");
}

// The tag of a page is not the tag of the whole.
void roster_in_pages_is_asked_for_unconditionally(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet");
  stage.web_app.answer("/juliet", 200, R"({"$meta": {"next": "?page=2"}})",
                       with({{"ETag", "\"p1\""}, {"Cache-Control", "max-age=60"}}));
  stage.web_app.answer("/juliet?page=2", 200, "{}", with({{"ETag", "\"p2\""}}));
  stage.logout(juliet);
  stage.login("juliet");
  assert_text_equal(stage.web_app.open(), "/juliet");
  assert_text_equal(stage.web_app.field("/juliet", "If-None-Match"), "");
}

void failed_page_is_a_failed_roster(void** state) {
  for (const char* next : {"http://elsewhere.example.org/x", "//elsewhere.example.org/x", "h t"}) {
    Stage& stage = stage_of(state);
    Sink sink;
    refetch(stage, sink);
    stage.web_app.answer("/juliet", R"({"$meta": {"next": ")" + std::string(next) + R"("}})");
    assert_int_not_equal(sink.told.find("invalid: a next page"), std::string::npos);
  }
}

void page_that_fails_for_the_moment_begins_again_at_the_first(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  refetch(stage, sink);
  stage.web_app.answer("/juliet", R"({"$meta": {"next": "?p=2"}, "a@h": "A"})");
  stage.web_app.answer("/juliet?p=2", 503);
  stage.pass(seconds(1));
  stage.web_app.answer("/juliet", R"({"b@h": "B"})");
  assert_text_equal(sink.told, "juliet@h B");
}

void endless_pages_end(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  refetch(stage, sink);
  for (int i = 0; i < 100; ++i) {
    stage.web_app.answer("/juliet", R"({"$meta": {"next": "/juliet"}})");
  }
  assert_text_equal(sink.told, "juliet@h too-large: more than 100 pages");
}

void contacts_of_all_pages_are_limited_together(void** state) {
  Stage& stage = stage_of(state);
  RosterSourceOptions options = Stage::make_roster_options();
  options.limits.contacts = 3;
  stage.source.set_options(options);
  Sink sink;
  refetch(stage, sink);
  stage.web_app.answer("/juliet", R"({"$meta": {"next": "?p=2"}, "a@h": {}, "b@h": {}})");
  stage.web_app.answer("/juliet?p=2", R"({"c@h": {}, "d@h": {}})");
  assert_int_not_equal(sink.told.find("juliet@h too-large: "), std::string::npos);
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      STAGE_TEST(first_question_is_unconditional),
      STAGE_TEST(later_question_names_what_is_held),
      STAGE_TEST(roster_without_etag_is_asked_for_unconditionally),
      STAGE_TEST(not_modified_that_was_not_asked_for_is_a_failure),
      STAGE_TEST(kept_copy_is_confirmed_at_the_next_login),
      STAGE_TEST(not_modified_brings_back_the_roster_that_was_asked_about),
      STAGE_TEST(equal_body_is_not_read_again),
      STAGE_TEST(fresh_roster_serves_a_login_unasked),
      STAGE_TEST(refresh_asks_for_a_fresh_roster_too),
      STAGE_TEST(pages_are_joined),
      STAGE_TEST(first_page_that_is_as_the_whole_was_is_not_the_whole),
      STAGE_TEST(roster_in_pages_is_asked_for_unconditionally),
      STAGE_TEST(failed_page_is_a_failed_roster),
      STAGE_TEST(page_that_fails_for_the_moment_begins_again_at_the_first),
      STAGE_TEST(endless_pages_end),
      STAGE_TEST(contacts_of_all_pages_are_limited_together),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
