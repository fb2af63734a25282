// SPDX-License-Identifier: MIT
// Rosters by "sharedroster" of JSXC's external API: what is asked, and what the answers mean.
#include "app/jsxc.h"
#include "app/roster_fetch.h"
#include "unit/app/stage.h"

namespace rosterd::app {
namespace {

using std::chrono::seconds;

constexpr const char* kPath = "/api";

int set_jsxc_stage(void** state) {
  RosterSourceOptions options = Stage::make_roster_options();
  options.format = RosterFormat::kJsxc;
  options.url = "http://app.example.org/api";
  options.jsxc_secret = "key";
  options.limits.contacts = 5;
  *state = new Stage(options);
  return 0;
}

std::string shared(const std::string& roster) {
  return R"({"result":"success","data":{"sharedRoster":)" + roster + "}}";
}

// Refetches juliet's roster from this answer: who is in it, or why not.
std::string fetch_from(Stage& stage, const std::string& body) {
  Sink sink;
  refetch(stage, sink);
  stage.web_app.answer(kPath, body);
  return sink.told;
}

// Of juliet, who has just come: result of her roster get.
std::string log_in_with(Stage& stage, const std::string& roster) {
  const auto juliet = stage.login("juliet");
  stage.web_app.answer(kPath, shared(roster));
  return stage.read(juliet);
}

void question_is_a_signed_form(void** state) {
  Stage& stage = stage_of(state);
  stage.login("juliet");
  const std::string body = stage.web_app.body(kPath);
  assert_text_equal(body, "operation=sharedroster&username=juliet&domain=h");
  assert_text_equal(stage.web_app.field(kPath, "X-JSXC-SIGNATURE"),
                    "sha1=" + text::hex_encode(crypto::hmac(crypto::Hash::kSha1, "key", body)));
  assert_text_equal(stage.web_app.field(kPath, "Content-Type"),
                    "application/x-www-form-urlencoded");
  assert_text_equal(stage.web_app.field(kPath, "Rosterd-Reason"), "login");
}

void user_ids_become_addresses_of_the_host_without_the_owner(void** state) {
  Stage& stage = stage_of(state);
  assert_text_equal(log_in_with(stage, R"({"marie": {"name": "Marie", "groups": ["Friends"]},
      "juliet": {"name": "Juliet"}, "Paul": {"name": "Paul", "groups": []},
      "ann@else.where": {"name": "Ann"}})"),
                    "result 1 roster ann@else.where both Ann, marie@h both Marie [Friends], "
                    "paul@h both Paul");
}

void nobody_may_be_an_empty_array(void** state) {
  assert_text_equal(log_in_with(stage_of(state), "[]"), "result 1 roster ");
}

void id_that_is_no_name_is_left_out(void** state) {
  Stage& stage = stage_of(state);
  assert_text_equal(log_in_with(stage, R"({"a b": {}, "a/x": {}, "": {}, "marie": {}})"),
                    "result 1 roster marie@h both");
  assert_int_equal(stage.journal.count("contacts=3"), 1);
}

void answer_that_is_none_is_an_error_and_not_asked_for_again(void** state) {
  Stage& stage = stage_of(state);
  for (const char* body :
       {"", "[]", "{}", "<html>", R"({"result":"success"})", R"({"result":"success","data":{}})",
        R"({"result":"success","data":[]})", R"({"result":"yes","data":{"sharedRoster":{}}})"}) {
    assert_true(fetch_from(stage, body).starts_with("juliet@h invalid: "));
  }
  assert_true(fetch_from(stage, shared("null")).starts_with("juliet@h invalid: "));
  assert_true(fetch_from(stage, shared("[1]")).starts_with("juliet@h invalid: "));
  assert_text_equal(fetch_from(stage, R"({"result":"noauth"})"),
                    "juliet@h denied: the web application says no");
  assert_text_equal(stage.web_app.open(), "");
}

void more_contacts_than_allowed_are_an_error(void** state) {
  const std::string many = R"({"a":{},"b":{},"c":{},"d":{},"e":{},"f":{}})";
  assert_text_equal(fetch_from(stage_of(state), shared(many)),
                    "juliet@h too-large: more than 5 contacts");
}

void error_of_the_application_is_retried(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  refetch(stage, sink);
  stage.web_app.answer(kPath, R"({"result":"error","data":{"msg":"no"}})");
  assert_text_equal(sink.told, "");
  stage.pass(seconds(1));
  stage.web_app.answer(kPath, shared(R"({"marie": {"name": "Marie"}})"));
  assert_text_equal(sink.told, "juliet@h Marie");
}

void redirect_is_not_followed(void** state) {
  Stage& stage = stage_of(state);
  Sink sink;
  refetch(stage, sink);
  http::Fields fields;
  fields.add("Location", "/login");
  stage.web_app.answer(kPath, 307, "", fields);
  assert_text_equal(sink.told, "juliet@h invalid: HTTP status 307");
}

void equal_answer_is_recognised_and_asked_for_without_a_condition(void** state) {
  Stage& stage = stage_of(state);
  const std::string body = shared(R"({"marie": {"name": "Marie"}})");
  const auto juliet = stage.login("juliet");
  http::Fields fields;
  fields.add("ETag", "\"v1\"");
  stage.web_app.answer(kPath, 200, body, fields);
  stage.read(juliet);
  Sink sink;
  refetch(stage, sink);
  assert_text_equal(stage.web_app.field(kPath, "If-None-Match"), "");
  stage.web_app.answer(kPath, body);
  assert_text_equal(sink.told, "juliet@h Marie");
  assert_int_equal(
      stage.source.stats().counters.fetches(FetchOutcome::kUnchanged, FetchReason::kRefresh), 1);
}

void several_questions_share_one_request(void** state) {
  Stage& stage = stage_of(state);
  Sink one, two;
  refetch(stage, one);
  refetch(stage, two);
  assert_int_equal(stage.web_app.open_count(), 1);
  stage.web_app.answer(kPath, shared(R"({"marie": {"name": "Marie"}})"));
  assert_text_equal(one.told, "juliet@h Marie");
  assert_text_equal(two.told, "juliet@h Marie");
}

}  // namespace
}  // namespace rosterd::app

#define JSXC_TEST(test) \
  cmocka_unit_test_setup_teardown(test, set_jsxc_stage, rosterd::app::clear_stage)

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      JSXC_TEST(question_is_a_signed_form),
      JSXC_TEST(user_ids_become_addresses_of_the_host_without_the_owner),
      JSXC_TEST(nobody_may_be_an_empty_array),
      JSXC_TEST(id_that_is_no_name_is_left_out),
      JSXC_TEST(answer_that_is_none_is_an_error_and_not_asked_for_again),
      JSXC_TEST(more_contacts_than_allowed_are_an_error),
      JSXC_TEST(error_of_the_application_is_retried),
      JSXC_TEST(redirect_is_not_followed),
      JSXC_TEST(equal_answer_is_recognised_and_asked_for_without_a_condition),
      JSXC_TEST(several_questions_share_one_request),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
