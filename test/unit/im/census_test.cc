// SPDX-License-Identifier: MIT
// Who is here, as those outside are told; and how somebody is made to go.
#include "im/census.h"

#include "scene.h"

namespace rosterd::im {
namespace {

using std::chrono::seconds;

UserInfo look(Scene& scene, std::string_view user) {
  return scene.core.census().find_user(make_jid(at_host(user)));
}

RosterInfo look_at_roster(Scene& scene, std::string_view user) {
  const auto roster = scene.core.census().find_roster(make_jid(at_host(user)));
  assert_true(roster.has_value());
  return *roster;
}

// --- one user ------------------------------------------------------------------------------------

void a_session_is_described_by_its_last_presence(void** state) {
  Scene& scene = scene_of(state);
  scene.clock.passed = seconds(7);
  Client& romeo = scene.login("romeo", "a", {});
  scene.clock.passed = seconds(9);
  romeo.send(
      "<presence><show>away</show><status>l &amp; \xc3\xa4</status><priority>5</priority>"
      "</presence>");
  const UserInfo info = look(scene, "romeo");
  assert_text_equal(info.user.text(), "romeo@h");
  assert_int_equal(info.sessions.size(), 1);
  const SessionInfo& session = info.sessions[0];
  assert_text_equal(session.resource, "a");
  assert_true(session.available);
  assert_text_equal(session.show, "away");
  assert_text_equal(session.status, "l & \xc3\xa4");
  assert_int_equal(session.priority, 5);
  assert_true(session.since == WallTime(seconds(7)));
  assert_false(info.last.has_value());
}

void a_show_without_meaning_is_none(void** state) {
  Scene& scene = scene_of(state);
  scene.login("romeo", "a", {}).send("<presence><show>busy</show></presence>");
  assert_text_equal(look(scene, "romeo").sessions[0].show, "");
}

void a_session_without_presence_is_there_but_not_available(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.connect("romeo", "a");
  assert_false(look(scene, "romeo").sessions[0].available);
  romeo.send("<presence><show>xa</show></presence>");
  assert_true(look(scene, "romeo").sessions[0].available);
  romeo.send("<presence type='unavailable'><status>bye</status></presence>");
  assert_false(look(scene, "romeo").sessions[0].available);
  assert_text_equal(look(scene, "romeo").sessions[0].status, "");
}

void who_has_left_was_last_there_when_his_last_session_ended(void** state) {
  Scene& scene = scene_of(state);
  assert_false(look(scene, "romeo").last.has_value());
  Client& one = scene.connect("romeo", "1");
  Client& two = scene.connect("romeo", "2");
  scene.clock.passed = seconds(1);
  scene.disconnect(one);
  assert_false(look(scene, "romeo").last.has_value());
  scene.clock.passed = seconds(2);
  scene.disconnect(two);
  scene.clock.passed = seconds(3);
  assert_true(look(scene, "romeo").last == WallTime(seconds(2)));
  scene.connect("romeo", "1");
  assert_false(look(scene, "romeo").last.has_value());
}

// --- rosters -------------------------------------------------------------------------------------

void a_roster_is_described_as_far_as_it_is_known(void** state) {
  Scene& scene = scene_of(state);
  assert_false(scene.core.census().find_roster(make_jid("romeo@h")).has_value());
  Client& romeo = scene.connect("romeo", "a");
  assert_true(look_at_roster(scene, "romeo").state == RosterState::kLoading);
  assert_false(look_at_roster(scene, "romeo").contacts.has_value());
  scene.fail("romeo");
  assert_true(look_at_roster(scene, "romeo").state == RosterState::kFailed);
  scene.load("romeo", {{"juliet"}, {"nurse"}});
  scene.clock.passed += seconds(5);
  const RosterInfo current = look_at_roster(scene, "romeo");
  assert_true(current.state == RosterState::kCurrent);
  assert_true(current.contacts == 2);
  assert_true(current.age == seconds(5));
  assert_int_equal(current.version.size(), 32);
  scene.disconnect(romeo);
  assert_false(look_at_roster(scene, "romeo").state.has_value());
  assert_true(look_at_roster(scene, "romeo").contacts == 2);
}

void a_copy_that_serves_is_stale(void** state) {
  Scene& scene = scene_of(state);
  scene.disconnect(scene.login("romeo", "a", {{"juliet"}}));
  scene.connect("romeo", "a");
  assert_true(look_at_roster(scene, "romeo").state == RosterState::kLoading);
  assert_true(look_at_roster(scene, "romeo").contacts == 1);
  scene.fail("romeo");
  assert_true(look_at_roster(scene, "romeo").state == RosterState::kStale);
}

// --- all of them, page by page -------------------------------------------------------------------

std::string names(const CensusPage& page) {
  std::string line;
  for (const UserInfo& user : page.users) {
    (line += line.empty() ? "" : " ") += user.user.text();
  }
  return line;
}

// All pages of `limit` from `after` on, one line.
std::string walk(Scene& scene, std::size_t limit, Atom after = kNoAtom) {
  std::string line;
  do {
    const CensusPage page = scene.core.census().list_online(after, limit);
    assert_true(page.users.size() <= limit);
    (line += line.empty() || page.users.empty() ? "" : " ") += names(page);
    after = page.next;
  } while (after != kNoAtom);
  return line;
}

void pages_hold_everybody_once(void** state) {
  Scene& scene = scene_of(state);
  assert_text_equal(walk(scene, 10), "");
  for (const char* user : {"a", "b", "c", "d", "e"}) scene.login(user, "r", {{"x"}, {"y"}});
  assert_text_equal(walk(scene, 10), "a@h b@h c@h d@h e@h");
  assert_text_equal(walk(scene, 5), "a@h b@h c@h d@h e@h");
  assert_text_equal(walk(scene, 2), "a@h b@h c@h d@h e@h");
  assert_int_equal(scene.core.census().list_online(kNoAtom, 5).next, kNoAtom);
}

void who_stays_is_met_once_whoever_comes_and_goes(void** state) {
  Scene& scene = scene_of(state);
  std::map<std::string, Client*> clients;
  for (const char* user : {"a", "b", "c", "d", "e"}) clients[user] = &scene.login(user, "r", {});
  const CensusPage first = scene.core.census().list_online(kNoAtom, 2);
  assert_text_equal(names(first), "a@h b@h");
  scene.disconnect(*clients["b"]);  // met already: nobody moves into his place unseen
  scene.disconnect(*clients["d"]);
  scene.login("f", "r", {});
  scene.login("g", "r", {});
  const std::string rest = walk(scene, 2, first.next);
  for (const char* stayed : {"c@h", "e@h"}) {
    assert_true(rest.find(stayed) != std::string::npos);
    assert_true(rest.find(stayed) == rest.rfind(stayed));
  }
  assert_true(rest.find("a@h") == std::string::npos);
  assert_true(rest.find("d@h") == std::string::npos);
}

void only_who_has_a_session_is_online(void** state) {
  Scene& scene = scene_of(state);
  scene.core.begin_user(make_jid("romeo@h"));
  assert_text_equal(walk(scene, 10), "");
  scene.bind("romeo", "a");
  assert_text_equal(walk(scene, 10), "romeo@h");
}

void one_host_alone_can_be_listed(void** state) {
  Scene& scene = scene_of(state);
  for (const char* user : {"a", "b@other", "c", "d@other"}) scene.login(user, "r", {});
  Census& census = scene.core.census();
  assert_text_equal(names(census.list_online(kNoAtom, 10, "other")), "b@other d@other");
  const CensusPage first = census.list_online(kNoAtom, 1, "other");
  assert_text_equal(names(first), "b@other");
  assert_text_equal(names(census.list_online(first.next, 1, "other")), "d@other");
  assert_int_equal(census.list_online(first.next, 1, "other").next, kNoAtom);
}

void a_page_beyond_all_places_is_empty_and_the_last(void** state) {
  Scene& scene = scene_of(state);
  scene.login("romeo", "r", {});
  const CensusPage page = scene.core.census().list_online(UINT32_MAX, 10);
  assert_true(page.users.empty());
  assert_int_equal(page.next, kNoAtom);
}

void a_page_ends_when_it_has_text_enough(void** state) {
  Scene& scene = scene_of(state);
  const std::string status(300'000, 's');
  for (const char* user : {"a", "b", "c"}) {
    scene.login(user, "r", {}).send("<presence><status>" + status + "</status></presence>");
  }
  const CensusPage page = scene.core.census().list_online(kNoAtom, 10);
  assert_text_equal(names(page), "a@h b@h");
  assert_text_equal(walk(scene, 10, page.next), "c@h");
}

void a_page_looks_at_a_bounded_number_of_places(void** state) {
  Scene& scene = scene_of(state);
  Contacts many;
  for (int i = 0; i < 100'001; ++i) many.push_back({"c" + std::to_string(i) + "@far"});
  scene.login("first", "r", many);
  scene.login("last", "r", {});
  const CensusPage page = scene.core.census().list_online(kNoAtom, 10);
  assert_text_equal(names(page), "first@h");
  assert_text_equal(walk(scene, 10, page.next), "last@h");
}

// --- kicking -------------------------------------------------------------------------------------

void all_sessions_of_a_user_are_kicked(void** state) {
  Scene& scene = scene_of(state);
  Client& juliet = scene.login("juliet", "b", {{"romeo"}});
  Client& one = scene.login("romeo", "1", {{"juliet"}});
  Client& two = scene.bind("romeo", "2");
  juliet.drop();
  assert_int_equal(scene.core.kick(make_jid("romeo@h"), std::nullopt, "logged out"), 2);
  assert_text_equal(juliet.read(), "unavailable romeo@h/1");
  for (Client* client : {&one, &two}) {
    assert_true(client->session()->end == xmpp::StreamCondition::kNotAuthorized);
    assert_text_equal(client->session()->end_text, "logged out");
    assert_true(client->session()->dirty.linked());
  }
  assert_int_equal(scene.core.kick(make_jid("romeo@h"), std::nullopt, "logged out"), 0);
}

void one_resource_alone_can_be_kicked(void** state) {
  Scene& scene = scene_of(state);
  Client& one = scene.login("romeo", "1", {});
  Client& two = scene.login("romeo", "2", {});
  assert_int_equal(scene.core.kick(make_jid("romeo@h"), "2", ""), 1);
  assert_int_equal(scene.core.kick(make_jid("romeo@h"), "3", ""), 0);
  assert_true(one.session()->end == xmpp::StreamCondition::kNone);
  assert_true(two.session()->end == xmpp::StreamCondition::kNotAuthorized);
  assert_text_equal(one.read(), "available romeo@h/2\nunavailable romeo@h/2");
}

void nobody_is_kicked_who_is_not_there(void** state) {
  Scene& scene = scene_of(state);
  assert_int_equal(scene.core.kick(make_jid("romeo@h"), std::nullopt, ""), 0);
}

}  // namespace
}  // namespace rosterd::im

int main() {
  using namespace rosterd::im;
  const CMUnitTest tests[] = {
      SCENE_TEST(a_session_is_described_by_its_last_presence),
      SCENE_TEST(a_show_without_meaning_is_none),
      SCENE_TEST(a_session_without_presence_is_there_but_not_available),
      SCENE_TEST(who_has_left_was_last_there_when_his_last_session_ended),
      SCENE_TEST(a_roster_is_described_as_far_as_it_is_known),
      SCENE_TEST(a_copy_that_serves_is_stale),
      SCENE_TEST(pages_hold_everybody_once),
      SCENE_TEST(who_stays_is_met_once_whoever_comes_and_goes),
      SCENE_TEST(only_who_has_a_session_is_online),
      SCENE_TEST(one_host_alone_can_be_listed),
      SCENE_TEST(a_page_beyond_all_places_is_empty_and_the_last),
      SCENE_TEST(a_page_ends_when_it_has_text_enough),
      SCENE_TEST(a_page_looks_at_a_bounded_number_of_places),
      SCENE_TEST(all_sessions_of_a_user_are_kicked),
      SCENE_TEST(one_resource_alone_can_be_kicked),
      SCENE_TEST(nobody_is_kicked_who_is_not_there),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
