// SPDX-License-Identifier: MIT
// The refresh endpoint over a real im::Core: what the HTTP client is told, and what XMPP clients
// see. T… are the rows of the protocol's section 7.
#include "app/refresh.h"

#include "unit/app/stage.h"

namespace rosterd::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kDone = R"(200 {"status":"ok","message":"roster update complete",)";
constexpr const char* kWithRomeo = R"({"romeo@h": {"name": "Romeo"}})";
constexpr const char* kWithJuliet = R"({"juliet@h": {"name": "Juliet"}})";

std::string done(int updated, int errors) {
  return kDone + std::string("\"updated\":") + std::to_string(updated) +
         ",\"errors\":" + std::to_string(errors) + "}";
}

bool starts_with(const std::string& text, std::string_view start) {
  if (text.starts_with(start)) return true;
  print_message("%s\n", text.c_str());
  return false;
}

// --- The conversation ---------------------------------------------------------------------------

void answer_waits_for_every_roster(void** state) {
  Stage& stage = stage_of(state);
  stage.login("juliet", "{}");
  stage.login("romeo", "{}");
  stage.post(R"(["juliet", "romeo"])");
  assert_text_equal(stage.web_app.open(), "/juliet /romeo");
  assert_text_equal(stage.web_app.field("/romeo", "Rosterd-Reason"), "refresh");
  stage.web_app.answer("/romeo", "{}");
  assert_int_equal(stage.clients.answers.size(), 0);
  assert_int_equal(stage.refresh.running(), 1);
  stage.web_app.answer("/juliet", "{}");
  assert_text_equal(stage.answer(1), done(2, 0));
  assert_int_equal(stage.refresh.running(), 0);
}

void nothing_is_applied_before_all_have_answered(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", "{}");
  stage.login("romeo", "{}");
  stage.post(R"(["juliet", "romeo"])");
  stage.web_app.answer("/juliet", kWithRomeo);
  assert_text_equal(stage.read(juliet), "");
  stage.web_app.answer("/romeo", kWithJuliet);
  assert_text_equal(stage.read(juliet), "push romeo@h both Romeo\navailable romeo@h/r");
}

struct Watch {
  Stage* stage;
  Handle<im::Session> session;
  std::string seen;
};

void pushes_stand_in_the_outboxes_when_the_answer_is_given(void** state) {
  Stage& stage = stage_of(state);
  Watch watch{&stage, stage.login("juliet", "{}"), {}};
  stage.clients.context = &watch;
  stage.clients.before_answer = [](void* context) {
    Watch& w = *static_cast<Watch*>(context);
    w.seen = w.stage->read(w.session);
  };
  stage.post(R"(["juliet"])");
  stage.web_app.answer("/juliet", kWithRomeo);
  assert_text_equal(watch.seen, "push romeo@h both Romeo");
}

void failed_roster_leaves_its_user_as_he_was(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", kWithRomeo);
  const auto romeo = stage.login("romeo", kWithJuliet);
  stage.read(juliet);
  stage.read(romeo);
  stage.post(R"(["juliet", "romeo"])");
  stage.web_app.answer("/juliet", 404);
  stage.web_app.answer("/romeo", R"({"juliet@h": {"name": "Jules"}})");
  assert_text_equal(stage.answer(1), done(1, 1));
  assert_text_equal(stage.read(juliet), "");
  assert_text_equal(stage.read(romeo), "push juliet@h both Jules");
}

void doubles_are_fetched_once_and_each_element_counts(void** state) {
  Stage& stage = stage_of(state);
  stage.login("juliet", "{}");
  stage.login("romeo", "{}");
  stage.post(R"(["juliet", "romeo", "Juliet", "juliet@h", "romeo@h/x"])");
  assert_text_equal(stage.web_app.open(), "/juliet /romeo");
  stage.web_app.answer("/romeo", 400);
  stage.web_app.answer("/juliet", "{}");
  assert_text_equal(stage.answer(1), done(3, 2));
}

void request_already_on_the_wire_is_repeated(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet");
  stage.web_app.send("/juliet");
  stage.post(R"(["juliet"])");
  stage.web_app.answer("/juliet", "{}");
  assert_text_equal(stage.read(juliet), "result 1 roster ");
  assert_int_equal(stage.clients.answers.size(), 0);
  stage.web_app.answer("/juliet", kWithRomeo);
  assert_text_equal(stage.read(juliet), "push romeo@h both Romeo");
  assert_text_equal(stage.answer(1), done(1, 0));
}

void overlapping_batches_share_what_is_new_enough(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", "{}");
  stage.post(R"(["juliet"])");
  stage.post(R"(["juliet"])");
  stage.web_app.send("/juliet");
  stage.post(R"(["juliet"])");
  assert_int_equal(stage.refresh.running(), 3);
  stage.web_app.answer("/juliet", kWithRomeo);
  assert_text_equal(stage.answer(2), done(1, 0));
  stage.web_app.answer("/juliet", "{}");
  assert_text_equal(stage.answer(3), done(1, 0));
  assert_true((stage.clients.answered == std::vector<std::uint32_t>{0, 1, 2}));
  assert_text_equal(stage.read(juliet), "push romeo@h both Romeo\npush romeo@h remove");
}

void user_who_logs_out_in_mid_batch_counts_as_updated(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", "{}");
  stage.post(R"(["juliet"])");
  stage.logout(juliet);
  stage.web_app.answer("/juliet", kWithRomeo);
  assert_text_equal(stage.answer(1), done(1, 0));
}

void user_who_logs_in_after_being_named_gets_a_fresh_roster(void** state) {
  Stage& stage = stage_of(state);
  stage.logout(stage.login("juliet", kWithRomeo));
  stage.login("romeo", "{}");
  stage.post(R"(["juliet", "romeo"])");
  const auto juliet = stage.login("juliet");
  stage.web_app.answer("/romeo", "{}");
  assert_text_equal(stage.answer(1), done(2, 0));
  stage.web_app.answer("/juliet", R"({"paris@h": {}})");
  assert_text_equal(stage.read(juliet), "result 1 roster paris@h both");
}

void offline_user_loses_the_kept_copy(void** state) {
  Stage& stage = stage_of(state);
  stage.logout(stage.login("juliet", kWithRomeo));
  stage.post(R"(["juliet"])");
  assert_text_equal(stage.answer(1), done(1, 0));
  assert_text_equal(stage.web_app.open(), "");
  const auto juliet = stage.login("juliet");
  stage.web_app.answer("/juliet", 400);
  assert_text_equal(stage.read(juliet), "error iq 1 wait/remote-server-timeout");
}

void client_that_has_gone_does_not_end_its_batch(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", "{}");
  stage.post(R"(["juliet"])");
  stage.refresh.on_request_abandoned({0, 1});
  stage.web_app.answer("/juliet", kWithRomeo);
  assert_text_equal(stage.read(juliet), "push romeo@h both Romeo");
}

void batch_is_one_line_of_the_log(void** state) {
  Stage& stage = stage_of(state);
  stage.login("juliet", "{}");
  stage.post(R"(["juliet", "nurse"])");
  stage.pass(milliseconds(40));
  stage.web_app.answer("/juliet", "{}");
  assert_int_equal(stage.journal.count("refresh done users=2 updated=2 errors=0 ms=40"), 1);
}

// --- Limits and failures ------------------------------------------------------------------------

void deadline_counts_what_is_missing_and_applies_the_rest(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", "{}");
  stage.login("romeo", "{}");
  stage.post(R"(["juliet", "romeo", "romeo"])");
  stage.web_app.answer("/juliet", kWithRomeo);
  stage.pass(seconds(30) - milliseconds(1));
  assert_int_equal(stage.clients.answers.size(), 0);
  stage.pass(milliseconds(1));
  assert_text_equal(stage.answer(1), done(1, 2));
  assert_text_equal(stage.read(juliet), "push romeo@h both Romeo");
  assert_text_equal(stage.web_app.open(), "");
}

void deadline_leaves_a_login_its_request(void** state) {
  Stage& stage = stage_of(state);
  RefreshOptions options = Stage::make_refresh_options();
  options.deadline = seconds(5);
  stage.refresh.set_options(options);
  const auto juliet = stage.login("juliet");
  stage.post(R"(["juliet"])");
  stage.pass(seconds(5));
  assert_true(starts_with(stage.answer(1), R"(200 {"status":"error")"));
  stage.web_app.answer("/juliet", "{}");
  assert_text_equal(stage.read(juliet), "result 1 roster ");
}

void too_many_elements_are_refused(void** state) {
  Stage& stage = stage_of(state);
  RefreshOptions options = Stage::make_refresh_options();
  options.batch_users = 2;
  stage.refresh.set_options(options);
  stage.post(R"(["a", "b", "c"])");
  assert_true(starts_with(stage.answer(1), R"(413 {"status":"error","message":")"));
}

void too_many_batches_are_told_to_come_back(void** state) {
  Stage& stage = stage_of(state);
  RefreshOptions options = Stage::make_refresh_options();
  options.batches = 1;
  stage.refresh.set_options(options);
  stage.login("juliet", "{}");
  stage.post(R"(["juliet"])");
  stage.post(R"(["juliet"])");
  assert_true(starts_with(stage.clients.answers.back().body, R"({"status":"error")"));
  assert_int_equal(stage.clients.answers.back().status, 503);
  assert_int_equal(stage.clients.answered.back(), 1);
  assert_text_equal(stage.clients.answers.back().fields.get("Retry-After"), "1");
}

void stop_ends_batches_with_what_they_have(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", "{}");
  stage.login("romeo", "{}");
  stage.post(R"(["juliet", "romeo"])");
  stage.web_app.answer("/juliet", kWithRomeo);
  stage.refresh.stop();
  assert_text_equal(stage.answer(1), done(1, 1));
  assert_text_equal(stage.read(juliet), "push romeo@h both Romeo");
  assert_int_equal(stage.refresh.running(), 0);
  stage.post(R"(["juliet"])");
  assert_true(starts_with(stage.answer(2), R"(503 {"status":"error")"));
}

void other_methods_are_not_allowed(void** state) {
  Stage& stage = stage_of(state);
  stage.request("GET", "/roster_admin/refresh");
  assert_true(starts_with(stage.answer(1), R"(405 {"status":"error")"));
  assert_text_equal(stage.clients.answers.back().fields.get("Allow"), "POST");
  stage.request("POST", "/roster_admin/refresh/juliet");
  assert_true(starts_with(stage.answer(2), R"(405 {"status":"error")"));
  assert_text_equal(stage.clients.answers.back().fields.get("Allow"), "GET");
}

void query_is_ignored(void** state) {
  Stage& stage = stage_of(state);
  stage.request("POST", "/roster_admin/refresh?x=/y", "[]");
  assert_text_equal(stage.answer(1), done(0, 0));
  stage.request("GET", "/roster_admin/refresh/juliet?x=/y");
  assert_true(starts_with(stage.answer(2), R"(200 {"status":"ok")"));
}

// --- One user -----------------------------------------------------------------------------------

void single_refresh_is_answered_without_counts(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", "{}");
  stage.request("GET", "/roster_admin/refresh/juliet");
  stage.web_app.answer("/juliet", kWithRomeo);
  assert_text_equal(stage.read(juliet), "push romeo@h both Romeo");
  assert_text_equal(stage.answer(1), R"(200 {"status":"ok","message":"roster update complete"})");
}

void single_username_is_percent_decoded(void** state) {
  Stage& stage = stage_of(state);
  stage.login("r2+d2#%", "{}");
  stage.login("zo\xC3\xAB", "{}");
  stage.request("GET", "/roster_admin/refresh/r2+d2%23%25");
  stage.request("GET", "/roster_admin/refresh/zo%C3%AB");
  stage.request("GET", "/roster_admin/refresh/zo%c3%ab%40h");
  assert_text_equal(stage.web_app.open(), "/r2%2Bd2%23%25 /zo%C3%AB");
}

void single_failure_says_so(void** state) {
  Stage& stage = stage_of(state);
  stage.login("juliet", "{}");
  stage.request("GET", "/roster_admin/refresh/juliet");
  stage.web_app.answer("/juliet", 403);
  assert_text_equal(stage.answer(1),
                    R"(200 {"status":"error","message":"roster update failed: juliet@h: )"
                    R"(HTTP status 403"})");
}

void single_username_that_is_none_is_refused(void** state) {
  Stage& stage = stage_of(state);
  std::size_t answers = 0;
  for (const char* name : {"", "a%2Fb", "juliet/", "a%20b", "x%", "%00", "%FF", "a@elsewhere"}) {
    stage.request("GET", std::string("/roster_admin/refresh/") + name);
    assert_true(starts_with(stage.answer(++answers), R"(400 {"status":"error","message":")"));
  }
}

void caller_of_one_host_refreshes_its_users_alone(void** state) {
  Stage& stage = stage_of(state);
  stage.requester.host = "other";
  stage.post(R"(["juliet", "romeo@other"])");
  assert_text_equal(stage.answer(1), done(2, 0));
  stage.post(R"(["juliet", "romeo@h"])");
  assert_text_equal(
      stage.answer(2),
      R"(403 {"status":"error","message":"JSON, byte 20: element [1]: \"romeo@h\" is not on a host served here"})"
      "\n");
  stage.request("GET", "/roster_admin/refresh/romeo@h");
  assert_text_equal(stage.answer(3),
                    R"(403 {"status":"error","message":"\"romeo@h\" is not on a host served here"})"
                    "\n");
}

// --- What the peer gets wrong -------------------------------------------------------------------

void t1_groups_may_be_an_array_or_an_object(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet");
  stage.web_app.answer("/juliet", R"({"a@h": {"groups": ["F"]}, "b@h": {"groups": {"F": true}}})");
  assert_text_equal(stage.read(juliet), "result 1 roster a@h both [F], b@h both [F]");
}

void t2_changed_name_and_group_are_pushed(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", kWithRomeo);
  stage.post(R"(["juliet"])");
  stage.web_app.answer("/juliet", R"({"romeo@h": {"name": "R.", "groups": "Friends"}})");
  assert_text_equal(stage.read(juliet), "push romeo@h both R. [Friends]");
}

void t3_unfriended_by_one_name_neither_sees_the_other(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", kWithRomeo);
  const auto romeo = stage.login("romeo", kWithJuliet);
  stage.read(juliet);
  stage.read(romeo);
  stage.post(R"(["juliet"])");
  stage.web_app.answer("/juliet", "{}");
  assert_text_equal(stage.read(juliet), "unavailable romeo@h/r\npush romeo@h remove");
  assert_text_equal(stage.read(romeo), "unavailable juliet@h/r");
  stage.tell(romeo, "<presence><show>away</show></presence>");
  assert_text_equal(stage.read(juliet), "");
}

void t14_befriended_by_one_name_both_see_each_other(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", "{}");
  const auto romeo = stage.login("romeo", kWithJuliet);
  stage.post(R"(["juliet"])");
  stage.web_app.answer("/juliet", kWithRomeo);
  assert_text_equal(stage.read(juliet), "push romeo@h both Romeo\navailable romeo@h/r");
  assert_text_equal(stage.read(romeo), "available juliet@h/r");
}

void t15_resource_without_presence_is_skipped(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", "{}");
  const auto romeo = stage.login("romeo", kWithJuliet);
  assert_true(stage.core.bind(make_jid("juliet@h"), "silent").has_value());
  stage.post(R"(["juliet"])");
  stage.web_app.answer("/juliet", kWithRomeo);
  assert_text_equal(stage.answer(1), done(1, 0));
  assert_text_equal(stage.read(romeo), "available juliet@h/r");
  assert_text_equal(stage.read(juliet), "push romeo@h both Romeo\navailable romeo@h/r");
}

void t9_presence_waits_for_a_slow_roster(void** state) {
  Stage& stage = stage_of(state);
  const auto romeo = stage.login("romeo", kWithJuliet);
  const auto juliet = stage.login("juliet");
  stage.pass(milliseconds(400));
  assert_text_equal(stage.read(romeo), "");
  stage.web_app.answer("/juliet", kWithRomeo);
  assert_text_equal(stage.read(juliet), "result 1 roster romeo@h both Romeo\navailable romeo@h/r");
  assert_text_equal(stage.read(romeo), "available juliet@h/r");
}

void t12_t13_host_and_content_type_do_not_matter(void** state) {
  Stage& stage = stage_of(state);
  stage.request("POST", "/roster_admin/refresh", "[\"nobody\"]\r\n");
  assert_text_equal(stage.answer(1), done(1, 0));
}

void t6_empty_array_is_done_at_once(void** state) {
  Stage& stage = stage_of(state);
  stage.post("[]");
  assert_text_equal(stage.answer(1), done(0, 0));
}

void t7_wrong_bodies_are_refused_in_json(void** state) {
  Stage& stage = stage_of(state);
  stage.login("juliet", "{}");
  std::size_t answers = 0;
  for (const char* body : {"", "{\"a\":1}", "[\"juliet\"", "nonsense", "[\"juliet\",null,{}]",
                           "[\"juliet\",1]", "[\"juliet\",\"a@elsewhere\"]"}) {
    stage.post(body);
    assert_true(starts_with(stage.answer(++answers), R"(400 {"status":"error","message":")"));
  }
  assert_text_equal(stage.web_app.open(), "");
}

void t7e_unknown_user_and_full_jid_are_updated(void** state) {
  Stage& stage = stage_of(state);
  stage.login("juliet", "{}");
  stage.post(R"(["nobody", "juliet@h/balcony", "nobody@other"])");
  stage.web_app.answer("/juliet", "{}");
  assert_text_equal(stage.answer(1), done(3, 0));
}

void t8_status_is_error_when_all_failed(void** state) {
  Stage& stage = stage_of(state);
  stage.login("juliet", "{}");
  stage.post(R"(["juliet"])");
  stage.web_app.answer("/juliet", 400);
  assert_text_equal(stage.answer(1),
                    R"(200 {"status":"error","message":"roster update failed: juliet@h: )"
                    R"(HTTP status 400","updated":0,"errors":1})");
  RefreshOptions options = Stage::make_refresh_options();
  options.all_failed_ok = true;
  stage.refresh.set_options(options);
  stage.post(R"(["juliet"])");
  stage.web_app.answer("/juliet", 400);
  assert_text_equal(stage.answer(2), done(0, 1));
}

void t8b_html_is_an_error(void** state) {
  Stage& stage = stage_of(state);
  stage.login("juliet", "{}");
  stage.post(R"(["juliet", "nobody"])");
  stage.web_app.answer("/juliet", "<html>It works!</html>");
  assert_text_equal(stage.answer(1), done(1, 1));
}

void t5_refresh_is_answered_while_the_app_is_down(void** state) {
  Stage& stage = stage_of(state);
  stage.login("juliet", "{}");
  stage.post(R"(["juliet"])");
  for (const int delay : {313, 1250, 5000}) {
    stage.web_app.fail("/juliet", Errc::kUnavailable);
    stage.pass(milliseconds(delay));
  }
  stage.web_app.fail("/juliet", Errc::kUnavailable);
  assert_true(starts_with(stage.answer(1), R"(200 {"status":"error")"));
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      STAGE_TEST(answer_waits_for_every_roster),
      STAGE_TEST(nothing_is_applied_before_all_have_answered),
      STAGE_TEST(pushes_stand_in_the_outboxes_when_the_answer_is_given),
      STAGE_TEST(failed_roster_leaves_its_user_as_he_was),
      STAGE_TEST(doubles_are_fetched_once_and_each_element_counts),
      STAGE_TEST(request_already_on_the_wire_is_repeated),
      STAGE_TEST(overlapping_batches_share_what_is_new_enough),
      STAGE_TEST(user_who_logs_out_in_mid_batch_counts_as_updated),
      STAGE_TEST(user_who_logs_in_after_being_named_gets_a_fresh_roster),
      STAGE_TEST(offline_user_loses_the_kept_copy),
      STAGE_TEST(client_that_has_gone_does_not_end_its_batch),
      STAGE_TEST(batch_is_one_line_of_the_log),
      STAGE_TEST(deadline_counts_what_is_missing_and_applies_the_rest),
      STAGE_TEST(deadline_leaves_a_login_its_request),
      STAGE_TEST(too_many_elements_are_refused),
      STAGE_TEST(too_many_batches_are_told_to_come_back),
      STAGE_TEST(stop_ends_batches_with_what_they_have),
      STAGE_TEST(other_methods_are_not_allowed),
      STAGE_TEST(query_is_ignored),
      STAGE_TEST(single_refresh_is_answered_without_counts),
      STAGE_TEST(single_username_is_percent_decoded),
      STAGE_TEST(single_failure_says_so),
      STAGE_TEST(single_username_that_is_none_is_refused),
      STAGE_TEST(caller_of_one_host_refreshes_its_users_alone),
      STAGE_TEST(t1_groups_may_be_an_array_or_an_object),
      STAGE_TEST(t2_changed_name_and_group_are_pushed),
      STAGE_TEST(t3_unfriended_by_one_name_neither_sees_the_other),
      STAGE_TEST(t14_befriended_by_one_name_both_see_each_other),
      STAGE_TEST(t15_resource_without_presence_is_skipped),
      STAGE_TEST(t9_presence_waits_for_a_slow_roster),
      STAGE_TEST(t12_t13_host_and_content_type_do_not_matter),
      STAGE_TEST(t6_empty_array_is_done_at_once),
      STAGE_TEST(t7_wrong_bodies_are_refused_in_json),
      STAGE_TEST(t7e_unknown_user_and_full_jid_are_updated),
      STAGE_TEST(t8_status_is_error_when_all_failed),
      STAGE_TEST(t8b_html_is_an_error),
      STAGE_TEST(t5_refresh_is_answered_while_the_app_is_down),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
