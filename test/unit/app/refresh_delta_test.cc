// SPDX-License-Identifier: MIT
// Refreshes that bring rosters, patches or edges with them: what is asked for all the same, what
// the HTTP client is told, and what XMPP clients see.
#include "app/refresh.h"
#include "unit/app/stage.h"

namespace rosterd::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kWithRomeo = R"({"romeo@h": {"name": "Romeo"}})";
constexpr const char* kWithJuliet = R"({"juliet@h": {"name": "Juliet"}})";

std::string done(int updated, int errors, std::string_view message = "roster update complete") {
  return R"(200 {"status":"ok","message":")" + std::string(message) + R"(","updated":)" +
         std::to_string(updated) + ",\"errors\":" + std::to_string(errors) + "}";
}

std::string edges_done(int updated, int errors) { return done(updated, errors, "edges applied"); }

bool starts_with(const std::string& text, std::string_view start) {
  if (text.starts_with(start)) return true;
  print_message("%s\n", text.c_str());
  return false;
}

std::string held_etag(Stage& stage, std::string_view user) {
  return stage.core.find_held_roster(make_jid(im::at_host(user)))->tag.etag;
}

// Logged in, with a roster that a POST has brought under the entity tag "v1".
Handle<im::Session> login_tagged(Stage& stage, std::string_view user, const std::string& roster) {
  const auto session = stage.login(user, "{}");
  stage.post(R"([{"user": ")" + std::string(user) + R"(", "roster": )" + roster +
             R"(, "etag": "v1"}])");
  stage.read(session);
  stage.clients.answers.clear();
  return session;
}

// --- Rosters ------------------------------------------------------------------------------------

void roster_in_the_post_is_applied_at_once(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", "{}");
  stage.post(R"([{"user": "juliet", "roster": {"romeo@h": {"name": "Romeo"}}, "etag": "\"v7\""}])");
  assert_text_equal(stage.answer(1), done(1, 0));
  assert_text_equal(stage.read(juliet), "push romeo@h both Romeo");
  assert_text_equal(stage.web_app.open(), "");
  assert_text_equal(held_etag(stage, "juliet"), "\"v7\"");
}

void delivered_and_fetched_rosters_are_applied_together(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", "{}");
  const auto romeo = stage.login("romeo", "{}");
  stage.post(R"([{"user": "juliet", "roster": {"romeo@h": {}}}, "romeo"])");
  assert_text_equal(stage.web_app.open(), "/romeo");
  assert_text_equal(stage.read(juliet), "");
  stage.web_app.answer("/romeo", kWithJuliet);
  assert_text_equal(stage.answer(1), done(2, 0));
  assert_text_equal(stage.read(juliet), "push romeo@h both\navailable romeo@h/r");
  assert_text_equal(stage.read(romeo), "push juliet@h both Juliet\navailable juliet@h/r");
}

void roster_in_the_post_is_newer_than_a_request_on_the_wire(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet");
  stage.web_app.send("/juliet");
  stage.post(R"([{"user": "juliet", "roster": {"romeo@h": {}}}])");
  assert_text_equal(stage.answer(1), done(1, 0));
  assert_text_equal(stage.read(juliet), "result 1 roster romeo@h both");
  stage.web_app.answer("/juliet", "{}");
  assert_text_equal(stage.read(juliet), "");
}

void request_that_waits_in_the_queue_is_newer_than_the_roster_in_the_post(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet");
  stage.post(R"([{"user": "juliet", "roster": {"romeo@h": {}}}])");
  stage.read(juliet);
  stage.post(R"(["juliet"])");
  stage.web_app.answer("/juliet", "{}");
  assert_text_equal(stage.answer(2), done(1, 0));
  assert_text_equal(stage.read(juliet), "push romeo@h remove");
}

void older_batch_does_not_bring_its_roster_back(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", "{}");
  stage.login("romeo", "{}");
  stage.post(R"([{"user": "juliet", "roster": {"old@h": {}}}, "romeo"])");
  stage.post(R"([{"user": "juliet", "roster": {"new@h": {}}}])");
  assert_text_equal(stage.answer(1), done(1, 0));
  assert_text_equal(stage.read(juliet), "push new@h both");
  stage.web_app.answer("/romeo", "{}");
  assert_text_equal(stage.answer(2), done(2, 0));
  assert_text_equal(stage.read(juliet), "");
}

void delta_of_somebody_offline_is_dropped_with_the_kept_copy(void** state) {
  Stage& stage = stage_of(state);
  stage.logout(stage.login("juliet", kWithRomeo));
  stage.logout(stage.login("romeo", kWithJuliet));
  stage.post(R"([{"user": "juliet", "roster": {}}, {"user": "romeo", "patch": {}}])");
  assert_text_equal(stage.answer(1), done(2, 0));
  for (const char* user : {"juliet", "romeo"}) {
    const auto session = stage.login(user);
    stage.web_app.answer(Stage::path_of(user), 400);
    assert_text_equal(stage.read(session), "error iq 1 wait/remote-server-timeout");
  }
}

void one_sided_roster_in_the_post_asks_for_the_counterpart(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", "{}");
  const auto romeo = stage.login("romeo", "{}");
  stage.post(R"([{"user": "juliet", "roster": {"romeo@h": {}}}])");
  assert_text_equal(stage.web_app.open(), "/romeo");
  stage.web_app.answer("/romeo", kWithJuliet);
  assert_text_equal(stage.answer(1), done(1, 0));
  assert_text_equal(stage.read(juliet), "push romeo@h both\navailable romeo@h/r");
  assert_text_equal(stage.read(romeo), "push juliet@h both Juliet\navailable juliet@h/r");
}

void what_cannot_be_used_is_skipped_and_logged(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", "{}");
  stage.post(R"([{"user": "juliet", "roster": {"romeo@h": {"name": "\u0001"}, "@": {}}}])");
  assert_text_equal(stage.read(juliet), "push romeo@h both");
  assert_int_equal(
      stage.journal.count("refresh what cannot be used is skipped user=juliet@h contacts=1 "
                          "texts=1 first=\"romeo@h: "),
      1);
}

void roster_in_a_request_that_anybody_can_repeat_is_not_believed(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", "{}");
  stage.requester.repeatable = true;
  stage.post(R"([{"user": "juliet", "roster": {"old@h": {}}}])");
  stage.web_app.answer("/juliet", kWithRomeo);
  assert_text_equal(stage.answer(1), done(1, 0));
  assert_text_equal(stage.read(juliet), "push romeo@h both Romeo");
}

// --- Patches ------------------------------------------------------------------------------------

void patch_changes_what_it_names(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = login_tagged(stage, "juliet", R"({"a@x": {"name": "A"}, "b@x": "B"})");
  stage.post(
      R"([{"user": "juliet", "patch": {"a@x": null, "c@x": "C"}, "if": "v1", "etag": "v2"}])");
  assert_text_equal(stage.answer(1), done(1, 0));
  assert_text_equal(stage.read(juliet), "push a@x remove\npush c@x both C");
  assert_text_equal(held_etag(stage, "juliet"), "v2");
  assert_text_equal(stage.web_app.open(), "");
}

void contact_in_a_patch_is_replaced_whole(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", R"({"a@x": {"name": "A", "groups": ["G"]}})");
  stage.post(R"([{"user": "juliet", "patch": {"a@x": {"subscription": "to"}}}])");
  assert_text_equal(stage.read(juliet), "push a@x to");
}

void patch_without_an_etag_leaves_none(void** state) {
  Stage& stage = stage_of(state);
  login_tagged(stage, "juliet", "{}");
  stage.post(R"([{"user": "juliet", "patch": {"a@x": {}}, "if": "v1"}])");
  assert_text_equal(stage.answer(1), done(1, 0));
  assert_text_equal(held_etag(stage, "juliet"), "");
}

void patch_of_another_roster_asks_instead(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = login_tagged(stage, "juliet", "{}");
  stage.post(R"([{"user": "juliet", "patch": {"a@x": {}}, "if": "v0", "etag": "v2"}])");
  assert_text_equal(stage.web_app.open(), "/juliet");
  assert_text_equal(stage.web_app.field("/juliet", "Rosterd-Reason"), "refresh");
  stage.web_app.answer("/juliet", kWithRomeo);
  assert_text_equal(stage.answer(1), done(1, 0));
  assert_text_equal(stage.read(juliet), "push romeo@h both Romeo");
}

void roster_may_depend_on_an_etag_as_well(void** state) {
  Stage& stage = stage_of(state);
  login_tagged(stage, "juliet", "{}");
  stage.post(R"([{"user": "juliet", "roster": {}, "if": "v1", "etag": "v2"}])");
  assert_text_equal(stage.answer(1), done(1, 0));
  stage.post(R"([{"user": "juliet", "roster": {}, "if": "v1", "etag": "v2"}])");
  assert_text_equal(stage.web_app.open(), "/juliet");
}

void patch_before_the_roster_is_there_asks_for_it(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet");
  stage.web_app.send("/juliet");
  stage.post(R"([{"user": "juliet", "patch": {"a@x": {}}}])");
  stage.web_app.answer("/juliet", "{}");
  assert_int_equal(stage.clients.answers.size(), 0);
  stage.web_app.answer("/juliet", R"({"a@x": {}})");
  assert_text_equal(stage.answer(1), done(1, 0));
  assert_text_equal(stage.read(juliet), "result 1 roster \npush a@x both");
}

void patch_of_a_stale_copy_asks_instead(void** state) {
  Stage& stage = stage_of(state);
  stage.logout(stage.login("juliet", kWithRomeo));
  stage.login("juliet");
  stage.web_app.answer("/juliet", 400);
  stage.post(R"([{"user": "juliet", "patch": {"a@x": {}}}])");
  assert_text_equal(stage.web_app.open(), "/juliet");
}

void patch_behind_a_refresh_on_its_way_asks_instead(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", "{}");
  stage.post(R"(["juliet"])");
  stage.web_app.send("/juliet");
  stage.post(R"([{"user": "juliet", "patch": {"b@x": {}}}])");
  stage.web_app.answer("/juliet", R"({"a@x": {}})");
  assert_text_equal(stage.answer(1), done(1, 0));
  stage.web_app.answer("/juliet", R"({"a@x": {}, "b@x": {}})");
  assert_text_equal(stage.answer(2), done(1, 0));
  assert_text_equal(stage.read(juliet), "push a@x both\npush b@x both");
}

void patch_behind_a_failed_refresh_asks_instead(void** state) {
  Stage& stage = stage_of(state);
  stage.login("juliet", "{}");
  stage.post(R"(["juliet"])");
  stage.web_app.answer("/juliet", 400);
  stage.post(R"([{"user": "juliet", "patch": {"b@x": {}}}])");
  assert_text_equal(stage.web_app.open(), "/juliet");
  stage.web_app.answer("/juliet", "{}");
  stage.post(R"([{"user": "juliet", "patch": {"b@x": {}}}])");
  assert_text_equal(stage.answer(3), done(1, 0));
}

// The first batch has the patch, but still waits for somebody else.
void patch_behind_a_patch_on_its_way_asks_instead(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", "{}");
  stage.login("romeo", "{}");
  stage.post(R"([{"user": "juliet", "patch": {"a@x": {}}}, "romeo"])");
  stage.post(R"([{"user": "juliet", "patch": {"b@x": {}}}])");
  assert_text_equal(stage.web_app.open(), "/romeo /juliet");
  stage.web_app.answer("/juliet", R"({"a@x": {}, "b@x": {}})");
  assert_text_equal(stage.answer(1), done(1, 0));
  assert_text_equal(stage.read(juliet), "push a@x both\npush b@x both");
  stage.web_app.answer("/romeo", "{}");
  assert_text_equal(stage.answer(2), done(2, 0));
  assert_text_equal(stage.read(juliet), "");
}

// The login's own request, repeated after a failure, left before the POST and brings another base.
void patch_whose_base_changes_before_it_is_applied_asks_again(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet");
  stage.login("romeo", "{}");
  stage.web_app.answer("/juliet", 400);
  stage.post(R"([{"user": "juliet", "roster": {}}])");
  stage.pass(seconds(5));
  stage.web_app.send("/juliet");
  stage.post(R"(["romeo", {"user": "juliet", "patch": {"b@x": {}}}])");
  stage.read(juliet);
  stage.web_app.answer("/juliet", R"({"a@x": {}})");
  assert_text_equal(stage.read(juliet), "push a@x both");
  assert_text_equal(stage.web_app.open(), "/romeo");
  stage.web_app.answer("/romeo", "{}");
  assert_text_equal(stage.web_app.open(), "/juliet");
  stage.web_app.answer("/juliet", R"({"a@x": {}, "b@x": {}})");
  assert_text_equal(stage.answer(2), done(2, 0));
  assert_text_equal(stage.read(juliet), "push b@x both");
}

void patch_of_somebody_who_leaves_meanwhile_is_dropped_with_the_copy(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", kWithRomeo);
  stage.login("romeo", "{}");
  stage.post(R"(["romeo", {"user": "juliet", "patch": {"b@x": {}}}])");
  stage.logout(juliet);
  stage.web_app.answer("/romeo", "{}");
  assert_text_equal(stage.answer(1), done(2, 0));
  const auto again = stage.login("juliet");
  stage.web_app.answer("/juliet", 400);
  assert_text_equal(stage.read(again), "error iq 1 wait/remote-server-timeout");
}

void patch_over_the_limit_of_contacts_asks_instead(void** state) {
  Stage& stage = stage_of(state);
  stage.roster_options.limits.contacts = 2;
  stage.source.set_options(stage.roster_options);
  stage.login("juliet", R"({"a@x": {}})");
  stage.post(R"([{"user": "juliet", "patch": {"b@x": {}}}])");
  assert_text_equal(stage.answer(1), done(1, 0));
  stage.post(R"([{"user": "juliet", "patch": {"c@x": {}}}])");
  assert_text_equal(stage.web_app.open(), "/juliet");
}

void elements_of_one_user_are_made_in_their_order(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", "{}");
  stage.post(R"([{"user": "juliet", "roster": {"a@x": "A", "b@x": {}}, "etag": "v1"},
                 {"user": "juliet", "patch": {"a@x": null}, "if": "v1", "etag": "v2"},
                 {"user": "juliet", "patch": {"a@x": "again"}, "if": "v2"}])");
  assert_text_equal(stage.answer(1), done(3, 0));
  assert_text_equal(stage.read(juliet), "push a@x both again\npush b@x both");
  stage.post(R"([{"user": "juliet", "patch": {}, "etag": "v3"},
                 {"user": "juliet", "patch": {"c@x": {}}, "if": "v1"}])");
  assert_text_equal(stage.web_app.open(), "/juliet");
  stage.web_app.answer("/juliet", 400);
  assert_text_equal(stage.clients.answers.back().body.substr(0, 17), R"({"status":"error")");
}

void failed_fetch_in_place_of_a_patch_is_an_error_of_its_elements(void** state) {
  Stage& stage = stage_of(state);
  stage.login("juliet");
  stage.login("romeo", "{}");
  stage.post(R"([{"user": "juliet", "patch": {}}, {"user": "romeo", "patch": {}},
                 {"user": "juliet", "patch": {}}])");
  stage.web_app.answer("/juliet", 400);
  assert_text_equal(stage.answer(1), done(1, 2));
}

// --- Edges --------------------------------------------------------------------------------------

void edge_befriends_both_at_once(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", "{}");
  const auto romeo = stage.login("romeo", "{}");
  stage.post_edges(R"([{"a": "juliet", "b": "romeo", "subscription": "both", "a_name": "Juliet",
                        "b_name": "Romeo", "groups": ["Verona"]}])");
  assert_text_equal(stage.answer(1), edges_done(1, 0));
  assert_text_equal(stage.read(juliet), "push romeo@h both Romeo [Verona]\navailable romeo@h/r");
  assert_text_equal(stage.read(romeo), "push juliet@h both Juliet [Verona]\navailable juliet@h/r");
  assert_text_equal(stage.web_app.open(), "");
}

void edge_removes_both_at_once(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", kWithRomeo);
  const auto romeo = stage.login("romeo", kWithJuliet);
  stage.read(juliet);
  stage.post_edges(R"([{"a": "romeo", "b": "juliet", "subscription": "remove"}])");
  assert_text_equal(stage.answer(1), edges_done(1, 0));
  assert_text_equal(stage.read(juliet), "unavailable romeo@h/r\npush romeo@h remove");
  assert_text_equal(stage.read(romeo), "unavailable juliet@h/r\npush juliet@h remove");
}

void edge_keeps_names_and_groups_that_it_does_not_give(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", R"({"romeo@h": {"name": "Romeo", "groups": ["G"]}})");
  const auto romeo = stage.login("romeo", kWithJuliet);
  stage.read(juliet);
  stage.post_edges(R"([{"a": "juliet", "b": "romeo", "subscription": "to"}])");
  assert_text_equal(stage.read(juliet), "push romeo@h to Romeo [G]");
  assert_text_equal(stage.read(romeo), "unavailable juliet@h/r\npush juliet@h from Juliet");
}

void edge_to_a_contact_elsewhere_changes_one_roster(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", "{}");
  stage.post_edges(R"([{"a": "juliet", "b": "shop@example.net", "b_name": "Shop"}])");
  assert_text_equal(stage.answer(1), edges_done(1, 0));
  assert_text_equal(stage.read(juliet), "push shop@example.net both Shop");
}

void side_that_is_offline_is_fetched_at_its_login(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", "{}");
  stage.logout(stage.login("romeo", "{}"));
  stage.post_edges(R"([{"a": "romeo", "b": "juliet"}])");
  assert_text_equal(stage.answer(1), edges_done(1, 0));
  assert_text_equal(stage.read(juliet), "push romeo@h both");
  stage.login("romeo", kWithJuliet);
  assert_text_equal(stage.read(juliet), "available romeo@h/r");
}

void side_that_is_not_current_is_fetched(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet");
  const auto romeo = stage.login("romeo", "{}");
  stage.web_app.send("/juliet");
  stage.post_edges(R"([{"a": "juliet", "b": "romeo"}])");
  stage.web_app.answer("/juliet", "{}");
  assert_text_equal(stage.read(romeo), "");
  stage.web_app.answer("/juliet", kWithRomeo);
  assert_text_equal(stage.answer(1), edges_done(1, 0));
  assert_text_equal(stage.read(romeo), "push juliet@h both\navailable juliet@h/r");
  assert_text_equal(stage.read(juliet),
                    "result 1 roster \npush romeo@h both Romeo\navailable romeo@h/r");
}

void edge_with_a_side_that_fails_is_one_error(void** state) {
  Stage& stage = stage_of(state);
  stage.login("juliet");
  stage.login("romeo");
  stage.web_app.send("/juliet");
  stage.web_app.send("/romeo");
  stage.post_edges(R"([{"a": "juliet", "b": "romeo"}, {"a": "nurse", "b": "paris"}])");
  for (int i = 0; i < 2; ++i) {
    stage.web_app.answer("/juliet", 400);
    stage.web_app.answer("/romeo", 400);
  }
  assert_text_equal(stage.answer(1), edges_done(1, 1));
}

void many_edges_of_one_user_are_one_change(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", R"({"c@x": {}})");
  stage.post_edges(R"([{"a": "juliet", "b": "a@x"}, {"a": "juliet", "b": "b@x"},
                       {"a": "juliet", "b": "a@x", "subscription": "remove"},
                       {"a": "juliet", "b": "c@x", "subscription": "none", "b_name": "C"}])");
  assert_text_equal(stage.answer(1), edges_done(4, 0));
  assert_text_equal(stage.read(juliet), "push c@x none C\npush b@x both");
}

void wrong_edges_change_nothing(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", "{}");
  stage.post_edges(R"([{"a": "juliet", "b": "romeo"}, {"a": "juliet"}])");
  assert_true(starts_with(stage.answer(1), R"(400 {"status":"error","message":"JSON, byte)"));
  stage.request("GET", "/roster_admin/edges");
  assert_true(starts_with(stage.answer(2), R"(405 {"status":"error")"));
  assert_text_equal(stage.read(juliet), "");
}

// --- At once, and all or nothing ----------------------------------------------------------------

void asynchronous_refresh_is_answered_at_once_and_goes_on(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", "{}");
  stage.post_with("Prefer", "wait=5, Respond-Async", R"(["juliet"])");
  assert_text_equal(stage.answer(1), R"(202 {"status":"ok","message":"accepted"})");
  assert_text_equal(stage.clients.answers.back().fields.get("Preference-Applied"), "respond-async");
  assert_int_equal(stage.refresh.running(), 1);
  stage.pass(milliseconds(40));
  stage.web_app.answer("/juliet", kWithRomeo);
  assert_text_equal(stage.read(juliet), "push romeo@h both Romeo");
  assert_int_equal(stage.clients.answers.size(), 1);
  assert_int_equal(stage.journal.count("refresh done users=1 updated=1 errors=0 ms=40"), 1);
}

void asynchronous_refresh_that_is_wrong_is_refused(void** state) {
  Stage& stage = stage_of(state);
  stage.post_with("Prefer", "respond-async", "[1]");
  assert_true(starts_with(stage.answer(1), R"(400 {"status":"error")"));
}

void other_preferences_change_nothing(void** state) {
  Stage& stage = stage_of(state);
  stage.post_with("Prefer", "return=minimal, wait=10", "[]");
  assert_text_equal(stage.answer(1), done(0, 0));
}

void atomic_refresh_with_one_failure_applies_nothing(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", "{}");
  const auto romeo = stage.login("romeo", "{}");
  stage.login("nurse", "{}");
  stage.post_with("Rosterd-Atomic", "all",
                  R"([{"user": "juliet", "roster": {"a@x": {}}}, "romeo", "nurse"])");
  stage.web_app.answer("/romeo", R"({"a@x": {}})");
  stage.web_app.answer("/nurse", 400);
  assert_text_equal(stage.answer(1),
                    R"(502 {"status":"error","message":"nothing is applied: nurse@h: )"
                    R"(HTTP status 400","updated":0,"errors":3})");
  assert_text_equal(stage.read(juliet), "");
  assert_text_equal(stage.read(romeo), "");
  assert_int_equal(stage.journal.count("refresh nothing applied users=3 updated=0 errors=3"), 1);
  // Both have changed in the web app, and nobody here knows how.
  stage.post(R"([{"user": "juliet", "patch": {}}])");
  assert_text_equal(stage.web_app.open(), "/juliet");
}

void atomic_refresh_ends_with_its_first_failure(void** state) {
  Stage& stage = stage_of(state);
  stage.login("juliet", "{}");
  stage.login("romeo", "{}");
  stage.post_with("Rosterd-Atomic", "ALL", R"(["juliet", "romeo"])");
  stage.web_app.answer("/romeo", 400);
  assert_true(starts_with(stage.answer(1), R"(502 {"status":"error")"));
  assert_text_equal(stage.web_app.open(), "");
}

void atomic_refresh_that_takes_too_long_applies_nothing(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", "{}");
  stage.login("romeo", "{}");
  stage.post_with("Rosterd-Atomic", "all", R"(["juliet", "romeo"])");
  stage.web_app.answer("/juliet", kWithRomeo);
  stage.pass(seconds(30));
  assert_true(starts_with(stage.answer(1), R"(502 {"status":"error")"));
  assert_text_equal(stage.read(juliet), "");
}

void failure_of_a_counterpart_is_none_of_an_atomic_refresh(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", "{}");
  stage.login("romeo", "{}");
  stage.post_with("Rosterd-Atomic", "all", R"(["juliet"])");
  stage.web_app.answer("/juliet", kWithRomeo);
  stage.web_app.answer("/romeo", 400);
  assert_text_equal(stage.answer(1), done(1, 0));
  assert_text_equal(stage.read(juliet), "push romeo@h both Romeo");
}

void atomic_refresh_without_failures_is_like_any_other(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", "{}");
  stage.post_with("Rosterd-Atomic", "all", R"(["juliet", "nobody"])");
  stage.web_app.answer("/juliet", kWithRomeo);
  assert_text_equal(stage.answer(1), done(2, 0));
  assert_text_equal(stage.read(juliet), "push romeo@h both Romeo");
}

void another_atomicity_is_refused(void** state) {
  Stage& stage = stage_of(state);
  stage.post_with("Rosterd-Atomic", "some", "[]");
  assert_true(starts_with(stage.answer(1), R"(400 {"status":"error","message":"Rosterd-Atomic )"));
}

void stop_ends_atomic_and_asynchronous_refreshes(void** state) {
  Stage& stage = stage_of(state);
  const auto juliet = stage.login("juliet", "{}");
  stage.login("romeo", "{}");
  stage.post_with("Rosterd-Atomic", "all",
                  R"([{"user": "juliet", "roster": {"a@x": {}}}, "romeo"])");
  stage.post_with("Prefer", "respond-async", R"(["romeo"])");
  stage.refresh.stop();
  assert_int_equal(stage.refresh.running(), 0);
  assert_true(starts_with(stage.answer(2), R"(502 {"status":"error")"));
  assert_text_equal(stage.read(juliet), "");
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      STAGE_TEST(roster_in_the_post_is_applied_at_once),
      STAGE_TEST(delivered_and_fetched_rosters_are_applied_together),
      STAGE_TEST(roster_in_the_post_is_newer_than_a_request_on_the_wire),
      STAGE_TEST(request_that_waits_in_the_queue_is_newer_than_the_roster_in_the_post),
      STAGE_TEST(older_batch_does_not_bring_its_roster_back),
      STAGE_TEST(delta_of_somebody_offline_is_dropped_with_the_kept_copy),
      STAGE_TEST(one_sided_roster_in_the_post_asks_for_the_counterpart),
      STAGE_TEST(what_cannot_be_used_is_skipped_and_logged),
      STAGE_TEST(roster_in_a_request_that_anybody_can_repeat_is_not_believed),
      STAGE_TEST(patch_changes_what_it_names),
      STAGE_TEST(contact_in_a_patch_is_replaced_whole),
      STAGE_TEST(patch_without_an_etag_leaves_none),
      STAGE_TEST(patch_of_another_roster_asks_instead),
      STAGE_TEST(roster_may_depend_on_an_etag_as_well),
      STAGE_TEST(patch_before_the_roster_is_there_asks_for_it),
      STAGE_TEST(patch_of_a_stale_copy_asks_instead),
      STAGE_TEST(patch_behind_a_refresh_on_its_way_asks_instead),
      STAGE_TEST(patch_behind_a_failed_refresh_asks_instead),
      STAGE_TEST(patch_behind_a_patch_on_its_way_asks_instead),
      STAGE_TEST(patch_whose_base_changes_before_it_is_applied_asks_again),
      STAGE_TEST(patch_of_somebody_who_leaves_meanwhile_is_dropped_with_the_copy),
      STAGE_TEST(patch_over_the_limit_of_contacts_asks_instead),
      STAGE_TEST(elements_of_one_user_are_made_in_their_order),
      STAGE_TEST(failed_fetch_in_place_of_a_patch_is_an_error_of_its_elements),
      STAGE_TEST(edge_befriends_both_at_once),
      STAGE_TEST(edge_removes_both_at_once),
      STAGE_TEST(edge_keeps_names_and_groups_that_it_does_not_give),
      STAGE_TEST(edge_to_a_contact_elsewhere_changes_one_roster),
      STAGE_TEST(side_that_is_offline_is_fetched_at_its_login),
      STAGE_TEST(side_that_is_not_current_is_fetched),
      STAGE_TEST(edge_with_a_side_that_fails_is_one_error),
      STAGE_TEST(many_edges_of_one_user_are_one_change),
      STAGE_TEST(wrong_edges_change_nothing),
      STAGE_TEST(asynchronous_refresh_is_answered_at_once_and_goes_on),
      STAGE_TEST(asynchronous_refresh_that_is_wrong_is_refused),
      STAGE_TEST(other_preferences_change_nothing),
      STAGE_TEST(atomic_refresh_with_one_failure_applies_nothing),
      STAGE_TEST(atomic_refresh_ends_with_its_first_failure),
      STAGE_TEST(atomic_refresh_that_takes_too_long_applies_nothing),
      STAGE_TEST(failure_of_a_counterpart_is_none_of_an_atomic_refresh),
      STAGE_TEST(atomic_refresh_without_failures_is_like_any_other),
      STAGE_TEST(another_atomicity_is_refused),
      STAGE_TEST(stop_ends_atomic_and_asynchronous_refreshes),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
