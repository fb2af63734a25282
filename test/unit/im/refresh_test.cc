// SPDX-License-Identifier: MIT
// Core::apply(): what changes when rosters change, and in which order it is told.
#include <array>
#include <optional>

#include "scene.h"

namespace rosterd::im {
namespace {

const char* const kGet = "<iq id='1' type='get'><query xmlns='jabber:iq:roster'/></iq>";

// --- every transition between two users ----------------------------------------------------------

// What one roster says of the other user; nullopt: it does not name him.
using Entry = std::optional<Subscription>;
constexpr std::array<Entry, 5> kEntries = {std::nullopt, Subscription::kNone, Subscription::kTo,
                                           Subscription::kFrom, Subscription::kBoth};

bool wants(const Entry& entry) { return entry && has_to(*entry); }
bool grants(const Entry& entry) { return entry && has_from(*entry); }

Contacts contacts_of(const char* contact, const Entry& entry) {
  if (!entry) return {};
  return {{contact, *entry}};
}

// Romeo and Juliet, each with two available interested resources, one interested without presence
// and one that asked for nothing.
struct Pair {
  Pair(const Entry& his, const Entry& hers) {
    for (const char* resource : {"1", "2", "quiet", "none"}) {
      romeo.push_back(&scene.connect("romeo", resource));
      juliet.push_back(&scene.connect("juliet", resource));
    }
    scene.load("romeo", contacts_of("juliet", his));
    scene.load("juliet", contacts_of("romeo", hers));
    for (const auto& clients : {romeo, juliet}) {
      for (std::size_t i = 0; i < 3; ++i) clients[i]->send(kGet);
      for (std::size_t i = 0; i < 2; ++i) clients[i]->send("<presence/>");
    }
    for (const auto& clients : {romeo, juliet}) {
      for (Client* client : clients) client->drop();
    }
  }
  Scene scene;
  std::vector<Client*> romeo, juliet;
};

std::string presences(const char* type, const char* user) {
  const std::string line = std::string(type) + " " + user + "@h/";
  return line + "1\n" + line + "2\n";
}

std::string push(const char* contact, const Entry& before, const Entry& after) {
  if (before == after) return "";
  return std::string("push ") + contact + "@h " +
         (after ? std::string(to_string(*after)) : "remove") + "\n";
}

void expect(std::string_view actual, std::string expected) {
  if (!expected.empty()) expected.pop_back();
  assert_text_equal(actual, expected);
}

// What the sessions of one of the two get: the loss, the push, the gain, in this order.
void expect_told(const std::vector<Client*>& clients, const char* contact, bool saw, bool sees,
                 const std::string& pushed) {
  const std::string lost = saw && !sees ? presences("unavailable", contact) : "";
  const std::string gained = !saw && sees ? presences("available", contact) : "";
  expect(clients[0]->read(), lost + pushed + gained);
  expect(clients[1]->read(), lost + pushed + gained);
  expect(clients[2]->read(), pushed);
  expect(clients[3]->read(), "");
}

void expect_change(Pair& at, const Entry& his_old, const Entry& her_old, const Entry& his_new,
                   const Entry& her_new) {
  expect_told(at.romeo, "juliet", wants(his_old) && grants(her_old),
              wants(his_new) && grants(her_new), push("juliet", his_old, his_new));
  expect_told(at.juliet, "romeo", wants(her_old) && grants(his_old),
              wants(her_new) && grants(his_new), push("romeo", her_old, her_new));
}

template <class Check>
void for_all_transitions(Check check) {
  for (const Entry& his_old : kEntries) {
    for (const Entry& her_old : kEntries) {
      for (const Entry& his_new : kEntries) {
        for (const Entry& her_new : kEntries) check(his_old, her_old, his_new, her_new);
      }
    }
  }
}

void every_transition_of_both_rosters_in_one_batch_is_told(void**) {
  for_all_transitions(
      [](const Entry& his_old, const Entry& her_old, const Entry& his_new, const Entry& her_new) {
        for (const bool he_is_first : {true, false}) {
          Pair at(his_old, her_old);
          const std::pair<std::string, Contacts> his{"romeo", contacts_of("juliet", his_new)};
          const std::pair<std::string, Contacts> hers{"juliet", contacts_of("romeo", her_new)};
          if (he_is_first) {
            at.scene.refresh({his, hers});
          } else {
            at.scene.refresh({hers, his});
          }
          expect_change(at, his_old, her_old, his_new, her_new);
        }
      });
}

void every_transition_of_one_roster_after_the_other_is_told(void**) {
  for_all_transitions(
      [](const Entry& his_old, const Entry& her_old, const Entry& his_new, const Entry& her_new) {
        Pair at(his_old, her_old);
        at.scene.refresh({{"romeo", contacts_of("juliet", his_new)}});
        expect_change(at, his_old, her_old, his_new, her_old);
        at.scene.refresh({{"juliet", contacts_of("romeo", her_new)}});
        expect_change(at, his_new, her_old, his_new, her_new);
      });
}

void presence_after_a_transition_reaches_those_who_see_it_now(void**) {
  for_all_transitions(
      [](const Entry& his_old, const Entry& her_old, const Entry& his_new, const Entry& her_new) {
        Pair at(his_old, her_old);
        at.scene.refresh(
            {{"romeo", contacts_of("juliet", his_new)}, {"juliet", contacts_of("romeo", her_new)}});
        for (const auto& clients : {at.romeo, at.juliet}) {
          for (Client* client : clients) client->drop();
        }
        at.juliet[0]->send("<presence><show>dnd</show></presence>");
        const bool he_sees = wants(his_new) && grants(her_new);
        assert_text_equal(at.romeo[0]->read(), he_sees ? "available juliet@h/1 dnd" : "");
        at.scene.disconnect(*at.juliet[0]);
        assert_text_equal(at.romeo[0]->read(), he_sees ? "unavailable juliet@h/1" : "");
      });
}

// --- scenes --------------------------------------------------------------------------------------

void an_unfriending_that_names_only_one_of_two_is_told_to_both(void** state) {
  Scene& scene = scene_of(state);
  Client& one = scene.login("one", "a", {{"two"}});
  Client& two = scene.login("two", "b", {{"one"}});
  two.send(kGet);
  for (Client* client : {&one, &two}) client->drop();
  scene.refresh({{"one", {}}});
  assert_text_equal(one.read(), "unavailable two@h/b");
  assert_text_equal(two.read(), "unavailable one@h/a");  // her roster still lists him: no push
  two.send("<presence><show>away</show></presence>");
  assert_text_equal(one.read(), "");
}

void a_befriending_that_names_only_one_of_two_shows_both_at_once(void** state) {
  Scene& scene = scene_of(state);
  Client& one = scene.login("one", "a", {});
  Client& two = scene.login("two", "b", {{"one"}});
  one.send(kGet);
  for (Client* client : {&one, &two}) client->drop();
  scene.refresh({{"one", {{"two"}}}});
  assert_text_equal(one.read(), "push two@h both\navailable two@h/b");
  assert_text_equal(two.read(), "available one@h/a");
}

void a_renaming_is_pushed_and_moves_no_presence(void** state) {
  Scene& scene = scene_of(state);
  Client& one = scene.login("one", "a", {{"two", Subscription::kBoth, "Two", {"Friends"}}});
  Client& two = scene.login("two", "b", {{"one"}});
  one.send(kGet);
  for (Client* client : {&one, &two}) client->drop();
  scene.refresh({{"one", {{"two", Subscription::kBoth, "Zwei", {"Work"}}}}});
  assert_text_equal(one.read(), "push two@h both Zwei [Work]");
  assert_text_equal(two.read(), "");
}

void one_batch_befriends_and_unfriends(void** state) {
  Scene& scene = scene_of(state);
  Client& a = scene.login("a", "1", {{"b"}});
  Client& b = scene.login("b", "1", {{"a"}});
  Client& c = scene.login("c", "1", {});
  for (Client* client : {&a, &b, &c}) {
    client->send(kGet);
    client->drop();
  }
  scene.refresh({{"a", {{"c"}}}, {"b", {{"c"}}}, {"c", {{"a"}, {"b"}}}});
  assert_text_equal(a.read_sorted(),
                    "available c@h/1\npush b@h remove\npush c@h both\nunavailable b@h/1");
  assert_text_equal(b.read_sorted(),
                    "available c@h/1\npush a@h remove\npush c@h both\nunavailable a@h/1");
  const std::string told = c.read();
  assert_true(told == "push a@h both\npush b@h both\navailable a@h/1\navailable b@h/1" ||
              told == "push b@h both\npush a@h both\navailable a@h/1\navailable b@h/1");
}

void a_batch_may_be_the_first_load_of_both(void** state) {
  Scene& scene = scene_of(state);
  Client& a = scene.connect("a", "1");
  Client& b = scene.connect("b", "1");
  for (Client* client : {&a, &b}) {
    client->send(kGet);
    client->send("<presence/>");
    client->drop();
  }
  scene.refresh({{"a", {{"b"}}}, {"b", {{"a"}}}});
  assert_text_equal(a.read(), "result 1 roster b@h both\navailable b@h/1");
  assert_text_equal(b.read(), "result 1 roster a@h both\navailable a@h/1");
  scene.load("a", {{"b"}});  // the login's own answer, later
  assert_text_equal(a.read(), "");
  assert_text_equal(b.read(), "");
}

void the_current_presence_is_shown_not_the_first(void** state) {
  Scene& scene = scene_of(state);
  Client& a = scene.login("a", "1", {});
  Client& b = scene.login("b", "1", {});
  b.send("<presence><show>xa</show><status>away &amp; out</status></presence>");
  scene.refresh({{"a", {{"b"}}}, {"b", {{"a"}}}});
  assert_text_equal(a.read(), "available b@h/1 xa: away & out");
}

void of_two_changes_of_one_user_the_newest_counts(void** state) {
  Scene& scene = scene_of(state);
  for (const bool newest_first : {true, false}) {
    Client& a = scene.login("a", "1", {});
    a.send(kGet);
    a.drop();
    const std::uint64_t number = scene.sequence += 2;
    RosterBatch batch;
    batch.push_back(scene.change("a", {{"new"}}, newest_first ? number : number - 1));
    batch.push_back(scene.change("a", {{"old"}}, newest_first ? number - 1 : number));
    scene.core.apply(std::move(batch));
    assert_text_equal(a.read(), newest_first ? "push new@h both" : "push old@h both");
    scene.disconnect(a);
  }
}

void a_stale_change_in_a_batch_leaves_the_others_alone(void** state) {
  Scene& scene = scene_of(state);
  Client& a = scene.login("a", "1", {{"b"}});
  Client& b = scene.login("b", "1", {{"a"}});
  RosterChange old = scene.change("a", {}, scene.sequence - 2);
  for (Client* client : {&a, &b}) {
    client->send(kGet);
    client->drop();
  }
  RosterBatch batch;
  batch.push_back(std::move(old));
  batch.push_back(scene.change("b", {{"a", Subscription::kTo}}));
  scene.core.apply(std::move(batch));
  assert_text_equal(a.read(), "unavailable b@h/1");
  assert_text_equal(b.read(), "push a@h to");
}

void who_left_before_the_batch_ended_is_no_obstacle(void** state) {
  Scene& scene = scene_of(state);
  Client& a = scene.login("a", "1", {});
  Client& b = scene.login("b", "1", {});
  scene.disconnect(b);
  scene.refresh({{"a", {{"b"}}}, {"b", {{"a"}}}, {"never-here", {{"a"}}}});
  assert_text_equal(a.read(), "");
  Client& again = scene.connect("b", "2");
  again.send("<presence/>");
  again.drop();
  assert_text_equal(a.read(), "");  // her roster is fetched anew first
  scene.load("b", {{"a"}});
  assert_text_equal(a.read(), "available b@h/2");
  assert_text_equal(again.read(), "available a@h/1");
}

void losing_sight_ends_directed_presence_too(void** state) {
  Scene& scene = scene_of(state);
  Client& a = scene.login("a", "1", {{"b"}});
  Client& b = scene.login("b", "1", {{"a"}});
  b.send("<presence to='a@h'/>");
  b.send("<presence to='a@h/1'/>");
  a.drop();
  scene.refresh({{"a", {}}});
  assert_text_equal(a.read(), "unavailable b@h/1");
  scene.disconnect(b);
  assert_text_equal(a.read(), "");
}

void an_unmodified_roster_is_confirmed_and_pushes_nothing(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.login("romeo", "a", {{"juliet"}});
  romeo.send(kGet);
  romeo.drop();
  const HeldRoster* held = scene.core.find_held_roster(make_jid("romeo@h"));
  RosterChange same{make_jid("romeo@h"), held->roster, {"\"v1\"", {}, {}}, ++scene.sequence};
  RosterBatch batch;
  batch.push_back(std::move(same));
  scene.core.apply(std::move(batch));
  assert_text_equal(romeo.read(), "");
  assert_text_equal(scene.core.find_held_roster(make_jid("romeo@h"))->tag.etag, "\"v1\"");
  assert_true(scene.core.find_held_roster(make_jid("romeo@h"))->sequence == scene.sequence);
}

// "Not modified" is about the roster that was in force when the question left.
void a_roster_that_returns_by_not_modified_is_pushed(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.login("romeo", "a", {{"juliet"}});
  romeo.send(kGet);
  const SharedRoster first = scene.core.find_held_roster(make_jid("romeo@h"))->roster;
  scene.refresh({{"romeo", {{"nurse"}}}});
  romeo.drop();
  RosterBatch batch;
  batch.push_back({make_jid("romeo@h"), first, {}, ++scene.sequence});
  scene.core.apply(std::move(batch));
  assert_text_equal(romeo.read(), "push juliet@h both\npush nurse@h remove");
}

void a_roster_is_current_until_a_refresh_names_its_user(void** state) {
  Scene& scene = scene_of(state);
  const xmpp::Jid romeo = make_jid("romeo@h");
  assert_null(scene.core.find_current_roster(romeo));
  scene.connect("romeo", "a");
  assert_null(scene.core.find_current_roster(romeo));  // not there yet
  scene.load("romeo", {{"juliet"}});
  assert_non_null(scene.core.find_current_roster(romeo));
  const std::uint64_t named = ++scene.sequence;
  scene.core.outdate_roster(romeo, named);
  assert_null(scene.core.find_current_roster(romeo));
  const auto apply = [&](std::uint64_t sequence) {
    RosterBatch batch;
    batch.push_back(scene.change("romeo", {}, sequence));
    scene.core.apply(std::move(batch));
  };
  const std::uint64_t again = ++scene.sequence;
  scene.core.outdate_roster(romeo, again);
  apply(named);  // what the first brings is not what the second is about
  assert_null(scene.core.find_current_roster(romeo));
  apply(again);
  assert_non_null(scene.core.find_current_roster(romeo));
}

void a_stale_copy_is_not_current(void** state) {
  Scene& scene = scene_of(state);
  scene.disconnect(scene.login("romeo", "a", {{"juliet"}}));
  scene.connect("romeo", "a");
  scene.fail("romeo");
  assert_non_null(scene.core.find_held_roster(make_jid("romeo@h")));
  assert_null(scene.core.find_current_roster(make_jid("romeo@h")));
}

void an_empty_batch_is_nothing(void** state) {
  Scene& scene = scene_of(state);
  Client& a = scene.login("a", "1", {{"b"}});
  scene.core.apply({});
  assert_text_equal(a.read(), "");
}

// What the batch with this one change tells `client`.
std::string apply_prepared(Scene& scene, Client& client, RosterChange change) {
  RosterBatch batch;
  batch.push_back(std::move(change));
  scene.core.apply(std::move(batch));
  return client.read();
}

void a_prepared_change_tells_what_an_unprepared_one_does(void** state) {
  Scene& scene = scene_of(state);
  Client& a = scene.login("a", "1", {{"b"}, {"c"}});
  a.send(kGet);
  a.drop();
  RosterChange change = scene.change("a", {{"b"}, {"d"}});
  scene.core.prepare(change);
  assert_true(change.prepared.has_value());
  assert_int_equal(change.prepared->differences.size(), 2);
  assert_text_equal(apply_prepared(scene, a, std::move(change)), "push c@h remove\npush d@h both");
}

void what_comes_between_preparing_and_applying_counts(void** state) {
  Scene& scene = scene_of(state);
  Client& a = scene.login("a", "1", {{"b"}});
  a.send(kGet);
  a.drop();
  RosterChange change = scene.change("a", {{"c"}}, scene.sequence + 2);
  scene.core.prepare(change);
  scene.refresh({{"a", {{"c"}, {"d"}}}});
  assert_text_equal(a.read(), "push b@h remove\npush c@h both\npush d@h both");
  assert_text_equal(apply_prepared(scene, a, std::move(change)), "push d@h remove");
}

void a_change_prepared_for_an_earlier_login_counts_for_the_later_one(void** state) {
  Scene& scene = scene_of(state);
  Client& before = scene.login("a", "1", {{"b"}});
  RosterChange change = scene.change("a", {{"c"}}, 100);
  scene.core.prepare(change);
  scene.disconnect(before);
  Client& a = scene.login("a", "1", {{"d"}});
  a.send(kGet);
  a.drop();
  assert_text_equal(apply_prepared(scene, a, std::move(change)), "push c@h both\npush d@h remove");
}

void nobody_is_prepared_for_who_is_not_here(void** state) {
  Scene& scene = scene_of(state);
  RosterChange change = scene.change("a", {{"b"}});
  scene.core.prepare(change);
  assert_false(change.prepared.has_value());
}

void replaced_rosters_are_dropped_at_the_end_of_the_turn(void** state) {
  Scene& scene = scene_of(state);
  scene.login("a", "1", {{"b"}});
  const std::size_t names = scene.core.interner().size();
  RosterBatch batch;
  batch.push_back(scene.change("a", {{"c"}}));
  batch.back().roster.make_whole();
  scene.core.apply(std::move(batch));
  assert_int_equal(scene.core.interner().size(), names + 1);
  scene.core.drop_replaced();
  assert_int_equal(scene.core.interner().size(), names);
}

void roster_that_is_changed_in_its_place_is_one(void** state) {
  Scene& scene = scene_of(state);
  scene.login("a", "1", {{"b"}, {"d"}});
  const std::size_t names = scene.core.interner().size();
  scene.refresh({{"a", {{"c"}, {"d"}}}});
  assert_int_equal(scene.core.stats().rosters, 1);
  assert_int_equal(scene.core.stats().contacts, 2);
  scene.core.drop_replaced();
  assert_int_equal(scene.core.interner().size(), names);
}

void contacts_elsewhere_are_pushed_like_others(void** state) {
  Scene& scene = scene_of(state);
  Client& a = scene.login("a", "1", {});
  a.send(kGet);
  a.drop();
  scene.refresh({{"a", {{"x@example.org", Subscription::kBoth, "X"}}}});
  assert_text_equal(a.read(), "push x@example.org both X");
}

}  // namespace
}  // namespace rosterd::im

int main() {
  using namespace rosterd::im;
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_transition_of_both_rosters_in_one_batch_is_told),
      cmocka_unit_test(every_transition_of_one_roster_after_the_other_is_told),
      cmocka_unit_test(presence_after_a_transition_reaches_those_who_see_it_now),
      SCENE_TEST(an_unfriending_that_names_only_one_of_two_is_told_to_both),
      SCENE_TEST(a_befriending_that_names_only_one_of_two_shows_both_at_once),
      SCENE_TEST(a_renaming_is_pushed_and_moves_no_presence),
      SCENE_TEST(one_batch_befriends_and_unfriends),
      SCENE_TEST(a_batch_may_be_the_first_load_of_both),
      SCENE_TEST(the_current_presence_is_shown_not_the_first),
      SCENE_TEST(of_two_changes_of_one_user_the_newest_counts),
      SCENE_TEST(a_stale_change_in_a_batch_leaves_the_others_alone),
      SCENE_TEST(who_left_before_the_batch_ended_is_no_obstacle),
      SCENE_TEST(losing_sight_ends_directed_presence_too),
      SCENE_TEST(an_unmodified_roster_is_confirmed_and_pushes_nothing),
      SCENE_TEST(a_roster_that_returns_by_not_modified_is_pushed),
      SCENE_TEST(a_roster_is_current_until_a_refresh_names_its_user),
      SCENE_TEST(a_stale_copy_is_not_current),
      SCENE_TEST(an_empty_batch_is_nothing),
      SCENE_TEST(a_prepared_change_tells_what_an_unprepared_one_does),
      SCENE_TEST(what_comes_between_preparing_and_applying_counts),
      SCENE_TEST(a_change_prepared_for_an_earlier_login_counts_for_the_later_one),
      SCENE_TEST(nobody_is_prepared_for_who_is_not_here),
      SCENE_TEST(roster_that_is_changed_in_its_place_is_one),
      SCENE_TEST(replaced_rosters_are_dropped_at_the_end_of_the_turn),
      SCENE_TEST(contacts_elsewhere_are_pushed_like_others),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
