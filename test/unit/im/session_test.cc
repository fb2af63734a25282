// SPDX-License-Identifier: MIT
// Users and sessions from login to logout: bind, conflicts, limits, what is fetched and kept.
#include "scene.h"

namespace rosterd::im {
namespace {

void a_resource_is_taken_as_asked_for_or_chosen(void** state) {
  Scene& scene = scene_of(state);
  Client& asked = scene.connect("romeo", "Orchard");
  assert_text_equal(asked.session()->jid.text(), "romeo@h/Orchard");
  Client& chosen = scene.connect("romeo", "");
  Client& another = scene.connect("romeo", "");
  assert_true(chosen.session()->jid.resource().size() >= 12);
  assert_true(chosen.session()->jid.resource() != another.session()->jid.resource());
  assert_int_equal(scene.core.session_count(), 3);
}

void a_resource_that_cannot_be_prepared_is_invalid(void** state) {
  Scene& scene = scene_of(state);
  scene.core.begin_user(make_jid("romeo@h"));
  const auto bound = scene.core.bind(make_jid("romeo@h"), "a\xc2\x85z");  // a control character
  assert_false(bound.has_value());
  assert_true(bound.error().code == Errc::kInvalid);
  const auto huge = scene.core.bind(make_jid("romeo@h"), std::string(1024, 'r'));
  assert_true(!huge && huge.error().code == Errc::kInvalid);
}

void a_new_session_replaces_the_old_one_after_its_unavailable(void** state) {
  Scene& scene = scene_of(state);
  Client& juliet = scene.login("juliet", "b", {{"romeo"}});
  Client& before = scene.login("romeo", "a", {{"juliet"}});
  juliet.drop();
  Client& after = scene.connect("romeo", "a");
  assert_true(before.session()->end == xmpp::StreamCondition::kConflict);
  assert_true(before.session()->dirty.linked());
  assert_text_equal(juliet.read(), "unavailable romeo@h/a");
  after.send("<presence/>");
  assert_text_equal(juliet.read(), "available romeo@h/a");
  after.drop();
  juliet.send("<message to='romeo@h/a' type='chat'><body>x</body></message>");
  assert_text_equal(after.read(), "message juliet@h/b: x");
  assert_text_equal(before.read(), "");
  scene.disconnect(before);  // the channel closes what was ended: nobody hears of it again
  assert_text_equal(juliet.read(), "");
  assert_true(scene.core.is_online(make_jid("romeo@h")));
  juliet.send("<message to='romeo@h/a' type='chat'><body>y</body></message>");
  assert_text_equal(after.read(), "message juliet@h/b: y");
}

void a_new_session_is_refused_where_the_policy_says_so(void** state) {
  Scene& scene = scene_of(state);
  scene.options.conflict = Options::Conflict::kRefuseNew;
  scene.core.set_options(scene.options);
  Client& old = scene.connect("romeo", "a");
  const auto bound = scene.core.bind(make_jid("romeo@h"), "a");
  assert_true(!bound && bound.error().code == Errc::kConflict);
  assert_true(old.session()->end == xmpp::StreamCondition::kNone);
}

void a_new_session_gets_another_resource_where_the_policy_says_so(void** state) {
  Scene& scene = scene_of(state);
  scene.options.conflict = Options::Conflict::kRename;
  scene.core.set_options(scene.options);
  Client& old = scene.connect("romeo", "a");
  Client& renamed = scene.connect("romeo", "a");
  assert_text_equal(old.session()->jid.text(), "romeo@h/a");
  assert_text_equal(renamed.session()->jid.bare_text(), "romeo@h");
  assert_true(renamed.session()->jid.resource() != "a");
}

void an_account_has_a_limited_number_of_sessions(void** state) {
  Scene& scene = scene_of(state);
  scene.options.sessions_per_user = 2;
  scene.core.set_options(scene.options);
  scene.connect("romeo", "a");
  Client& second = scene.connect("romeo", "b");
  const auto third = scene.core.bind(make_jid("romeo@h"), "c");
  assert_true(!third && third.error().code == Errc::kTooLarge);
  // Replacing is not adding.
  assert_true(scene.core.bind(make_jid("romeo@h"), "a").has_value());
  scene.core.end_session(second.handle());
  assert_true(scene.core.bind(make_jid("romeo@h"), "c").has_value());
}

void a_roster_is_asked_for_once_per_login_of_the_user(void** state) {
  Scene& scene = scene_of(state);
  Client& one = scene.connect("romeo", "1");
  Client& two = scene.connect("romeo", "2");
  assert_int_equal(scene.fetcher.asked.size(), 1);
  scene.load("romeo", {});
  Client& three = scene.connect("romeo", "3");
  for (Client* client : {&one, &two, &three}) {
    assert_true(scene.fetcher.cancelled.empty());
    scene.disconnect(*client);
  }
  assert_int_equal(scene.fetcher.cancelled.size(), 1);
  assert_false(scene.core.is_online(make_jid("romeo@h")));
  scene.connect("romeo", "4");
  assert_int_equal(scene.fetcher.asked.size(), 2);
}

void an_ended_session_is_gone_and_ending_it_again_is_harmless(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.connect("romeo", "a");
  scene.disconnect(romeo);
  assert_null(scene.core.find_session(romeo.handle()));
  scene.core.end_session(romeo.handle());
  scene.core.end_session({});
  scene.core.handle_stanza(romeo.handle(), xml::Element());
  assert_int_equal(scene.core.session_count(), 0);
}

// --- rosters of users who have left --------------------------------------------------------------

const char* const kGet = "<iq id='1' type='get'><query xmlns='jabber:iq:roster'/></iq>";

// Romeo logs in while the web app is down.
std::string roster_without_web_app(Scene& scene) {
  Client& romeo = scene.connect("romeo", "a");
  romeo.send(kGet);
  assert_text_equal(romeo.read(), "");
  scene.fail("romeo");
  const std::string answer = romeo.read();
  scene.disconnect(romeo);
  return answer;
}

void a_kept_roster_serves_while_the_web_app_is_down(void** state) {
  Scene& scene = scene_of(state);
  scene.disconnect(scene.login("romeo", "a", {{"juliet"}}));
  assert_text_equal(roster_without_web_app(scene), "result 1 roster juliet@h both");
}

void a_kept_roster_serves_for_a_limited_time_however_often_it_is_used(void** state) {
  Scene& scene = scene_of(state);
  scene.disconnect(scene.login("romeo", "a", {{"juliet"}}));
  scene.clock.passed += std::chrono::minutes(59);
  assert_text_equal(roster_without_web_app(scene), "result 1 roster juliet@h both");
  scene.clock.passed += std::chrono::minutes(1);
  assert_text_equal(roster_without_web_app(scene), "error iq 1 wait/remote-server-timeout");
}

void the_time_counts_from_the_logout(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.login("romeo", "a", {{"juliet"}});
  scene.clock.passed += std::chrono::hours(10);
  scene.disconnect(romeo);
  scene.clock.passed += std::chrono::minutes(59);
  assert_text_equal(roster_without_web_app(scene), "result 1 roster juliet@h both");
}

void expired_rosters_are_dropped(void** state) {
  Scene& scene = scene_of(state);
  const std::size_t empty = scene.core.interner().size();
  scene.disconnect(scene.login("romeo", "a", {{"juliet", Subscription::kBoth, "J", {"G"}}}));
  scene.clock.passed += std::chrono::minutes(59);
  scene.core.expire();
  assert_true(scene.core.interner().size() > empty);
  scene.clock.passed += std::chrono::minutes(1);
  scene.core.expire();
  assert_int_equal(scene.core.interner().size(), empty);
}

void of_too_many_kept_rosters_the_first_goes(void** state) {
  Scene& scene = scene_of(state);
  scene.options.cached_rosters = 2;
  scene.core.set_options(scene.options);
  for (const char* user : {"romeo", "b", "c"}) {
    scene.disconnect(scene.login(user, "a", {{"juliet"}}));
  }
  assert_text_equal(roster_without_web_app(scene), "error iq 1 wait/remote-server-timeout");
}

void a_forgotten_roster_is_not_used_again(void** state) {
  Scene& scene = scene_of(state);
  scene.disconnect(scene.login("romeo", "a", {{"juliet"}}));
  scene.core.forget_roster(make_jid("romeo@h"));
  assert_text_equal(roster_without_web_app(scene), "error iq 1 wait/remote-server-timeout");
}

void a_roster_forgotten_while_it_is_fetched_is_not_used_either(void** state) {
  Scene& scene = scene_of(state);
  scene.disconnect(scene.login("romeo", "a", {{"juliet"}}));
  Client& romeo = scene.connect("romeo", "a");
  scene.core.forget_roster(make_jid("romeo@h"));
  romeo.send(kGet);
  scene.fail("romeo");
  assert_text_equal(romeo.read(), "error iq 1 wait/remote-server-timeout");
}

void forgetting_leaves_a_roster_in_force(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.login("romeo", "a", {{"juliet"}});
  scene.core.forget_roster(make_jid("romeo@h"));
  romeo.send(kGet);
  assert_text_equal(romeo.read(), "result 1 roster juliet@h both");
}

void a_batch_that_ends_after_the_logout_improves_the_kept_roster(void** state) {
  Scene& scene = scene_of(state);
  scene.disconnect(scene.login("romeo", "a", {{"juliet"}}));
  scene.refresh({{"romeo", {{"nurse"}}}});
  assert_text_equal(roster_without_web_app(scene), "result 1 roster nurse@h both");
}

void a_batch_cannot_bring_back_what_was_forgotten_or_is_newer(void** state) {
  Scene& scene = scene_of(state);
  scene.disconnect(scene.login("romeo", "a", {{"juliet"}}));
  RosterChange late = scene.change("romeo", {{"nurse"}}, 0);
  RosterBatch batch;
  batch.push_back(std::move(late));
  scene.core.apply(std::move(batch));
  assert_text_equal(roster_without_web_app(scene), "result 1 roster juliet@h both");
  scene.core.forget_roster(make_jid("romeo@h"));
  scene.refresh({{"romeo", {{"nurse"}}}});
  assert_text_equal(roster_without_web_app(scene), "error iq 1 wait/remote-server-timeout");
}

void a_kept_roster_grants_nothing_until_it_is_in_force(void** state) {
  Scene& scene = scene_of(state);
  Client& juliet = scene.login("juliet", "b", {{"romeo"}});
  scene.disconnect(scene.login("romeo", "a", {{"juliet"}}));
  juliet.drop();
  Client& romeo = scene.connect("romeo", "a");
  romeo.send("<presence/>");
  assert_text_equal(romeo.read(), "available romeo@h/a");  // his own
  assert_text_equal(juliet.read(), "");
  scene.fail("romeo");
  assert_text_equal(juliet.read(), "available romeo@h/a");
  assert_text_equal(romeo.read(), "available juliet@h/b");
}

// The roster of a user who has logged out, called fresh for ten minutes by the web app.
void leave_fresh_copy(Scene& scene) {
  Client& romeo = scene.connect("romeo", "a");
  RosterChange change = scene.change("romeo", {{"juliet"}});
  change.tag.fresh_until = scene.clock.now() + std::chrono::minutes(10);
  scene.core.on_roster_fetched(make_jid("romeo@h"), std::move(change));
  scene.disconnect(romeo);
  scene.fetcher.asked.clear();
}

void a_fresh_copy_serves_a_login_without_a_question(void** state) {
  Scene& scene = scene_of(state);
  Client& juliet = scene.login("juliet", "b", {{"romeo"}});
  leave_fresh_copy(scene);
  juliet.drop();
  scene.clock.passed += std::chrono::minutes(9);
  Client& romeo = scene.connect("romeo", "a");
  assert_int_equal(scene.fetcher.asked.size(), 0);
  romeo.send(kGet);
  assert_text_equal(romeo.read(), "result 1 roster juliet@h both");
  romeo.send("<presence/>");
  assert_text_equal(juliet.read(), "available romeo@h/a");
}

void a_copy_that_is_fresh_no_more_is_asked_about(void** state) {
  Scene& scene = scene_of(state);
  leave_fresh_copy(scene);
  scene.clock.passed += std::chrono::minutes(10);
  scene.connect("romeo", "a");
  assert_int_equal(scene.fetcher.asked.size(), 1);
}

void a_refresh_ends_the_freshness_of_the_roster_in_force(void** state) {
  Scene& scene = scene_of(state);
  leave_fresh_copy(scene);
  Client& romeo = scene.connect("romeo", "a");
  scene.core.outdate_roster(make_jid("romeo@h"), 1);
  romeo.send(kGet);
  assert_text_equal(romeo.read(), "result 1 roster juliet@h both");
  scene.disconnect(romeo);
  scene.connect("romeo", "b");
  assert_int_equal(scene.fetcher.asked.size(), 1);
}

}  // namespace
}  // namespace rosterd::im

int main() {
  using namespace rosterd::im;
  const CMUnitTest tests[] = {
      SCENE_TEST(a_resource_is_taken_as_asked_for_or_chosen),
      SCENE_TEST(a_resource_that_cannot_be_prepared_is_invalid),
      SCENE_TEST(a_new_session_replaces_the_old_one_after_its_unavailable),
      SCENE_TEST(a_new_session_is_refused_where_the_policy_says_so),
      SCENE_TEST(a_new_session_gets_another_resource_where_the_policy_says_so),
      SCENE_TEST(an_account_has_a_limited_number_of_sessions),
      SCENE_TEST(a_roster_is_asked_for_once_per_login_of_the_user),
      SCENE_TEST(an_ended_session_is_gone_and_ending_it_again_is_harmless),
      SCENE_TEST(a_kept_roster_serves_while_the_web_app_is_down),
      SCENE_TEST(a_kept_roster_serves_for_a_limited_time_however_often_it_is_used),
      SCENE_TEST(the_time_counts_from_the_logout),
      SCENE_TEST(expired_rosters_are_dropped),
      SCENE_TEST(of_too_many_kept_rosters_the_first_goes),
      SCENE_TEST(a_forgotten_roster_is_not_used_again),
      SCENE_TEST(a_roster_forgotten_while_it_is_fetched_is_not_used_either),
      SCENE_TEST(forgetting_leaves_a_roster_in_force),
      SCENE_TEST(a_batch_that_ends_after_the_logout_improves_the_kept_roster),
      SCENE_TEST(a_batch_cannot_bring_back_what_was_forgotten_or_is_newer),
      SCENE_TEST(a_kept_roster_grants_nothing_until_it_is_in_force),
      SCENE_TEST(a_fresh_copy_serves_a_login_without_a_question),
      SCENE_TEST(a_copy_that_is_fresh_no_more_is_asked_about),
      SCENE_TEST(a_refresh_ends_the_freshness_of_the_roster_in_force),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
