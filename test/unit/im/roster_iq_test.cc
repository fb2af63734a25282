// SPDX-License-Identifier: MIT
// jabber:iq:roster on the wire: gets, versions, waiting, failures, pushes, refused sets.
#include "scene.h"

namespace rosterd::im {
namespace {

std::string get(std::string_view id = "1", std::string_view version = "-") {
  std::string query = "<query xmlns='jabber:iq:roster'";
  if (version != "-") query += " ver='" + std::string(version) + "'";
  return "<iq type='get' id='" + std::string(id) + "'>" + query + "/></iq>";
}

const Contacts kContacts = {{"juliet", Subscription::kBoth, "Juliet", {"Friends", "Capulet"}},
                            {"shop@example.org", Subscription::kTo},
                            {"nurse", Subscription::kFrom, "<&'\">"},
                            {"paris", Subscription::kNone}};
const char* const kListed =
    "juliet@h both Juliet [Capulet,Friends], nurse@h from <&'\">, paris@h none, "
    "shop@example.org to";
const char* const kNoAnswer = "error iq 1 wait/remote-server-timeout";

std::string version_of(Scene& scene, Client& client) {
  client.drop();
  client.send(get("v"));
  return scene.describer.version(client.read_raw().at(0));
}

void a_roster_is_listed_with_all_that_is_known(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.login("romeo", "a", kContacts);
  assert_false(romeo.session()->interested);
  romeo.send(get());
  assert_text_equal(romeo.read(), std::string("result 1 roster ") + kListed);
  assert_true(romeo.session()->interested);
  romeo.send("<iq type='get' id='2' to='romeo@h'><query xmlns='jabber:iq:roster'/></iq>");
  const std::string answer = romeo.read_raw().at(0);
  assert_text_equal(scene.describer.attr(answer, "from"), "romeo@h");
}

void an_empty_roster_is_listed_as_such(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.login("romeo", "a", {});
  romeo.send(get());
  const std::string answer = romeo.read_raw().at(0);
  assert_text_equal(scene.describer.describe(answer), "result 1 roster ");
  assert_int_equal(scene.describer.version(answer).size(), 32);
}

void the_version_that_is_current_gets_an_empty_result(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.login("romeo", "a", kContacts);
  const std::string version = version_of(scene, romeo);
  romeo.send(get("1", version));
  assert_text_equal(romeo.read(), "result 1");
  for (const std::string& other : {std::string(), version + "-1", version.substr(1)}) {
    romeo.send(get("1", other));
    assert_text_equal(romeo.read(), std::string("result 1 roster ") + kListed);
  }
}

void a_get_waits_for_the_roster_as_asked(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.connect("romeo", "a");
  Client& other = scene.connect("romeo", "b");
  romeo.send(get("1"));
  romeo.send("<iq type='get' id='2' to='romeo@h'><query xmlns='jabber:iq:roster' ver=''/></iq>");
  other.send(get("3", "old"));
  assert_text_equal(romeo.read(), "");
  scene.load("romeo", {{"juliet"}});
  const auto answers = romeo.read_raw();
  assert_int_equal(answers.size(), 2);
  assert_text_equal(scene.describer.describe(answers[0]), "result 1 roster juliet@h both");
  assert_text_equal(scene.describer.attr(answers[0], "from"), "");
  assert_text_equal(scene.describer.attr(answers[0], "to"), "romeo@h/a");
  assert_text_equal(scene.describer.describe(answers[1]), "result 2 roster juliet@h both");
  assert_text_equal(scene.describer.attr(answers[1], "from"), "romeo@h");
  assert_text_equal(other.read(), "result 3 roster juliet@h both");
}

void a_get_that_waits_with_the_right_version_gets_an_empty_result(void** state) {
  Scene& scene = scene_of(state);
  Client& before = scene.login("romeo", "a", kContacts);
  const std::string version = version_of(scene, before);
  scene.disconnect(before);
  Client& romeo = scene.connect("romeo", "a");
  romeo.send(get("1", version));
  assert_text_equal(romeo.read(), "");
  scene.load("romeo", kContacts);
  assert_text_equal(romeo.read(), "result 1");
}

void waiting_gets_are_limited_per_session(void** state) {
  Scene& scene = scene_of(state);
  scene.options.waiting_iqs_per_session = 2;
  scene.core.set_options(scene.options);
  Client& romeo = scene.connect("romeo", "a");
  Client& other = scene.connect("romeo", "b");
  romeo.send(get("1"));
  romeo.send(get("2"));
  romeo.send(get("3"));
  assert_text_equal(romeo.read(), "error iq 3 wait/resource-constraint");
  other.send(get("4"));
  assert_text_equal(other.read(), "");
  scene.load("romeo", {});
  assert_text_equal(romeo.read(), "result 1 roster \nresult 2 roster ");
  assert_text_equal(other.read(), "result 4 roster ");
}

void who_has_left_is_not_answered(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.connect("romeo", "a");
  Client& other = scene.connect("romeo", "b");
  romeo.send(get("1"));
  scene.disconnect(romeo);
  Client& again = scene.connect("romeo", "a");
  scene.load("romeo", {});
  assert_text_equal(again.read(), "");
  assert_text_equal(other.read(), "");
}

void a_failure_is_answered_and_a_late_success_pushed(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.connect("romeo", "a");
  Client& quiet = scene.connect("romeo", "quiet");
  romeo.send(get("1"));
  scene.fail("romeo");
  assert_text_equal(romeo.read(), kNoAnswer);
  scene.fail("romeo");  // said again and again by the fetcher's retries
  assert_text_equal(romeo.read(), "");
  romeo.send(get("1"));  // asked after the failure
  assert_text_equal(romeo.read(), kNoAnswer);
  scene.load("romeo", kContacts);
  assert_text_equal(romeo.read_sorted(),
                    "push juliet@h both Juliet [Capulet,Friends]\npush nurse@h from <&'\">\n"
                    "push paris@h none\npush shop@example.org to");
  assert_text_equal(quiet.read(), "");
  assert_true(romeo.session()->end == xmpp::StreamCondition::kNone);
}

void a_stale_roster_is_used_and_what_differs_pushed_later(void** state) {
  Scene& scene = scene_of(state);
  scene.disconnect(scene.login("romeo", "a", {{"juliet"}, {"nurse"}}));
  Client& romeo = scene.connect("romeo", "a");
  romeo.send(get());
  scene.fail("romeo");
  assert_text_equal(romeo.read(), "result 1 roster juliet@h both, nurse@h both");
  scene.fail("romeo");
  scene.load("romeo", {{"juliet"}, {"paris"}});
  assert_text_equal(romeo.read_sorted(), "push nurse@h remove\npush paris@h both");
}

void a_failure_after_a_refresh_changes_nothing(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.connect("romeo", "a");
  romeo.send(get());
  scene.refresh({{"romeo", {{"juliet"}}}});
  assert_text_equal(romeo.read(), "result 1 roster juliet@h both");
  scene.fail("romeo");
  romeo.send(get());
  assert_text_equal(romeo.read(), "result 1 roster juliet@h both");
}

void what_changed_is_pushed_to_interested_sessions_one_item_each(void** state) {
  Scene& scene = scene_of(state);
  const Contacts before = {{"same"},
                           {"gone"},
                           {"name", Subscription::kBoth, "Old"},
                           {"group", Subscription::kBoth, "", {"A"}},
                           {"sub"}};
  Client& romeo = scene.login("romeo", "a", before);
  Client& second = scene.connect("romeo", "b");
  Client& quiet = scene.login("romeo", "c", before);
  romeo.send(get());
  second.send(get());
  for (Client* client : {&romeo, &second, &quiet}) client->drop();
  scene.refresh({{"romeo",
                  {{"same"},
                   {"new", Subscription::kNone, "New", {"G", "H"}},
                   {"name", Subscription::kBoth, "Young"},
                   {"group", Subscription::kBoth, "", {"B"}},
                   {"sub", Subscription::kFrom}}}});
  const char* pushes =
      "push gone@h remove\npush group@h both [B]\npush name@h both Young\n"
      "push new@h none New [G,H]\npush sub@h from";
  assert_text_equal(romeo.read_sorted(), pushes);
  assert_text_equal(second.read_sorted(), pushes);
  assert_text_equal(quiet.read(), "");
}

void an_unchanged_roster_pushes_nothing(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.login("romeo", "a", kContacts);
  romeo.send(get());
  romeo.drop();
  scene.refresh({{"romeo", kContacts}});
  assert_text_equal(romeo.read(), "");
}

void only_the_last_push_carries_a_version_that_counts(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.login("romeo", "a", {});
  romeo.send(get());
  romeo.drop();
  scene.refresh({{"romeo", kContacts}});
  const auto pushes = romeo.read_raw();
  assert_int_equal(pushes.size(), kContacts.size());
  const std::string version = version_of(scene, romeo);
  std::set<std::string> versions, ids;
  for (const std::string& push : pushes) {
    versions.insert(scene.describer.version(push));
    ids.insert(scene.describer.attr(push, "id"));
    assert_text_equal(scene.describer.attr(push, "to"), "romeo@h/a");
    assert_text_equal(scene.describer.attr(push, "from"), "");
  }
  assert_int_equal(versions.size(), pushes.size());
  assert_int_equal(ids.size(), pushes.size());
  assert_text_equal(scene.describer.version(pushes.back()), version);
  versions.erase(version);
  for (const std::string& interim : versions) {
    romeo.send(get("1", interim));
    assert_text_equal(romeo.read(), std::string("result 1 roster ") + kListed);
  }
}

void the_acknowledgement_of_a_push_is_ignored(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.login("romeo", "a", {});
  romeo.send(get());
  romeo.drop();
  scene.refresh({{"romeo", {{"juliet"}}}});
  const std::string id = scene.describer.attr(romeo.read_raw().at(0), "id");
  romeo.send("<iq type='result' id='" + id + "'/>");
  romeo.send("<iq type='error' id='" + id + "' to='romeo@h'/>");
  assert_text_equal(romeo.read(), "");
}

void an_older_answer_is_dropped(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.connect("romeo", "a");
  romeo.send(get());
  RosterChange old = scene.change("romeo", {{"old"}});
  scene.refresh({{"romeo", {{"new"}}}});
  assert_text_equal(romeo.read(), "result 1 roster new@h both");
  scene.core.on_roster_fetched(make_jid("romeo@h"), std::move(old));
  assert_text_equal(romeo.read(), "");
  romeo.send(get());
  assert_text_equal(romeo.read(), "result 1 roster new@h both");
}

void an_answer_for_somebody_who_has_left_is_harmless(void** state) {
  Scene& scene = scene_of(state);
  scene.load("nobody", kContacts);
  scene.fail("nobody");
  assert_false(scene.core.is_online(make_jid("nobody@h")));
}

void a_roster_set_is_refused_with_a_text(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.login("romeo", "a", {{"juliet"}});
  for (const char* item : {"<item jid='juliet@h' name='J'/>", "<item jid='new@h'/>",
                           "<item jid='juliet@h' subscription='remove'/>"}) {
    romeo.send(std::string("<iq id='1' type='set'><query xmlns='jabber:iq:roster'>") + item +
               "</query></iq>");
    const std::string answer = romeo.read_raw().at(0);
    assert_text_equal(scene.describer.describe(answer), "error iq 1 cancel/not-allowed");
    assert_true(answer.find("web application</text>") != std::string::npos ||
                answer.find("<text") != std::string::npos);
  }
  romeo.send(get());
  assert_text_equal(romeo.read(), "result 1 roster juliet@h both");
}

void a_malformed_roster_set_is_a_bad_request(void** state) {
  Client& romeo = scene_of(state).login("romeo", "a", {});
  for (const char* items : {"", "<item jid='a@h'/><item jid='b@h'/>", "<item/>", "<item jid='@'/>",
                            "<thing jid='a@h'/>", "<item xmlns='x' jid='a@h'/>"}) {
    romeo.send(std::string("<iq id='1' type='set'><query xmlns='jabber:iq:roster'>") + items +
               "</query></iq>");
    assert_text_equal(romeo.read(), "error iq 1 modify/bad-request");
  }
}

void somebody_elses_roster_is_forbidden(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.login("romeo", "a", {{"juliet"}});
  scene.login("juliet", "b", {{"romeo"}});
  romeo.drop();
  for (const char* to : {"juliet@h", "nobody@h"}) {
    for (const char* type : {"get", "set"}) {
      romeo.send(std::string("<iq id='1' type='") + type + "' to='" + to +
                 "'><query xmlns='jabber:iq:roster'><item jid='a@h'/></query></iq>");
      assert_text_equal(romeo.read(), "error iq 1 auth/forbidden");
    }
  }
  romeo.send("<iq id='1' type='get' to='h'><query xmlns='jabber:iq:roster'/></iq>");
  assert_text_equal(romeo.read(), "error iq 1 cancel/service-unavailable");
}

}  // namespace
}  // namespace rosterd::im

int main() {
  using namespace rosterd::im;
  const CMUnitTest tests[] = {
      SCENE_TEST(a_roster_is_listed_with_all_that_is_known),
      SCENE_TEST(an_empty_roster_is_listed_as_such),
      SCENE_TEST(the_version_that_is_current_gets_an_empty_result),
      SCENE_TEST(a_get_waits_for_the_roster_as_asked),
      SCENE_TEST(a_get_that_waits_with_the_right_version_gets_an_empty_result),
      SCENE_TEST(waiting_gets_are_limited_per_session),
      SCENE_TEST(who_has_left_is_not_answered),
      SCENE_TEST(a_failure_is_answered_and_a_late_success_pushed),
      SCENE_TEST(a_stale_roster_is_used_and_what_differs_pushed_later),
      SCENE_TEST(a_failure_after_a_refresh_changes_nothing),
      SCENE_TEST(what_changed_is_pushed_to_interested_sessions_one_item_each),
      SCENE_TEST(an_unchanged_roster_pushes_nothing),
      SCENE_TEST(only_the_last_push_carries_a_version_that_counts),
      SCENE_TEST(the_acknowledgement_of_a_push_is_ignored),
      SCENE_TEST(an_older_answer_is_dropped),
      SCENE_TEST(an_answer_for_somebody_who_has_left_is_harmless),
      SCENE_TEST(a_roster_set_is_refused_with_a_text),
      SCENE_TEST(a_malformed_roster_set_is_a_bad_request),
      SCENE_TEST(somebody_elses_roster_is_forbidden),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
