// SPDX-License-Identifier: MIT
// RFC 6121 section 4 on rosters that stand still; refresh_test.cc moves them.
#include "scene.h"

namespace rosterd::im {
namespace {

const char* const kUnavailable = "<presence type='unavailable'/>";

// Romeo and Juliet, each other's contact, both available with one resource.
struct Lovers {
  explicit Lovers(void** state)
      : scene(scene_of(state)),
        romeo(scene.login("romeo", "a", {{"juliet"}})),
        juliet(scene.login("juliet", "b", {{"romeo"}})) {
    romeo.drop();
  }
  Scene& scene;
  Client& romeo;
  Client& juliet;
};

void initial_presence_is_exchanged_by_those_who_see_each_other(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.login("romeo", "a", {{"juliet"}, {"nurse"}, {"x@example.org"}});
  Client& juliet = scene.connect("juliet", "b");
  scene.load("juliet", {{"romeo"}});
  assert_text_equal(romeo.read(), "");  // she has said nothing yet
  assert_text_equal(juliet.read(), "");
  juliet.send("<presence><show>away</show><status>lunch</status></presence>");
  assert_text_equal(romeo.read(), "available juliet@h/b away: lunch");
  assert_text_equal(juliet.read_sorted(), "available juliet@h/b away: lunch\navailable romeo@h/a");
}

void a_presence_is_addressed_to_the_account(void** state) {
  Lovers at(state);
  at.juliet.send("<presence to='romeo@h/a'/>");
  at.juliet.send("<presence/>");
  const auto stanzas = at.romeo.read_raw();
  assert_text_equal(at.scene.describer.attr(stanzas.at(0), "to"), "romeo@h/a");
  assert_text_equal(at.scene.describer.attr(stanzas.at(1), "to"), "romeo@h");
}

void an_update_reaches_all_who_see_it_and_comes_back_to_its_sender(void** state) {
  Lovers at(state);
  Client& second = at.scene.login("juliet", "c", {{"romeo"}});
  at.juliet.drop();
  at.romeo.drop();
  at.juliet.send("<presence><show>dnd</show></presence>");
  assert_text_equal(at.romeo.read(), "available juliet@h/b dnd");
  assert_text_equal(at.juliet.read(), "available juliet@h/b dnd");
  assert_text_equal(second.read(), "available juliet@h/b dnd");
}

void a_new_resource_learns_of_the_others_of_its_account(void** state) {
  Lovers at(state);
  at.juliet.send("<presence><show>away</show></presence>");
  at.juliet.drop();
  Client& second = at.scene.connect("juliet", "c");
  second.send("<presence/>");
  assert_text_equal(second.read_sorted(),
                    "available juliet@h/b away\navailable juliet@h/c\navailable romeo@h/a");
  assert_text_equal(at.juliet.read(), "available juliet@h/c");
}

void one_roster_alone_shows_nothing(void** state) {
  Scene& scene = scene_of(state);
  const Subscription all[] = {Subscription::kNone, Subscription::kTo, Subscription::kFrom,
                              Subscription::kBoth};
  for (const Subscription hers : all) {
    for (const Subscription his : all) {
      Client& romeo = scene.login("romeo", "a", {{"juliet", his}});
      Client& juliet = scene.connect("juliet", "b");
      scene.load("juliet", {{"romeo", hers}});
      juliet.send("<presence/>");
      const bool he_sees = has_to(his) && has_from(hers);
      const bool she_sees = has_to(hers) && has_from(his);
      assert_text_equal(romeo.read(), he_sees ? "available juliet@h/b" : "");
      assert_text_equal(juliet.read_sorted(), she_sees ? "available juliet@h/b\navailable romeo@h/a"
                                                       : "available juliet@h/b");
      scene.disconnect(juliet);
      assert_text_equal(romeo.read(), he_sees ? "unavailable juliet@h/b" : "");
      scene.disconnect(romeo);
    }
  }
}

void presence_sent_before_the_roster_is_announced_when_it_comes(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.login("romeo", "a", {{"juliet"}});
  Client& juliet = scene.connect("juliet", "b");
  juliet.send("<presence><show>away</show></presence>");
  juliet.send("<presence><show>chat</show></presence>");
  assert_text_equal(romeo.read(), "");
  juliet.drop();
  scene.load("juliet", {{"romeo"}});
  assert_text_equal(romeo.read(), "available juliet@h/b chat");  // once, and the latest
  assert_text_equal(juliet.read(), "available romeo@h/a");
}

void unavailable_is_forwarded_with_its_status_and_said_once(void** state) {
  Lovers at(state);
  at.juliet.send("<presence type='unavailable'><status>bye</status></presence>");
  assert_text_equal(at.romeo.read(), "unavailable juliet@h/b: bye");
  assert_text_equal(at.juliet.read(), "unavailable juliet@h/b: bye");
  at.juliet.send(kUnavailable);
  at.scene.disconnect(at.juliet);
  assert_text_equal(at.romeo.read(), "");
}

void an_unavailable_session_hears_of_nobody_until_it_is_back(void** state) {
  Lovers at(state);
  at.juliet.send(kUnavailable);
  at.juliet.drop();
  at.romeo.send("<presence><show>xa</show></presence>");
  assert_text_equal(at.juliet.read(), "");
  at.juliet.send("<presence/>");
  assert_text_equal(at.juliet.read_sorted(), "available juliet@h/b\navailable romeo@h/a xa");
}

void a_session_that_ends_is_unavailable_to_all_who_saw_it(void** state) {
  Lovers at(state);
  Client& second = at.scene.login("juliet", "c", {{"romeo"}});
  Client& nurse = at.scene.login("nurse", "n", {{"juliet", Subscription::kTo}});
  at.romeo.drop();
  at.scene.disconnect(at.juliet);
  assert_text_equal(at.romeo.read(), "unavailable juliet@h/b");
  assert_text_equal(second.read(), "unavailable juliet@h/b");
  assert_text_equal(nurse.read(), "");
}

void a_priority_must_be_a_number_that_fits(void** state) {
  Lovers at(state);
  for (const char* bad :
       {"128", "-129", "x", "1x", "", "1.5", "99999999999999999999", "--1", "+-1"}) {
    at.juliet.send("<presence id='p'><priority>" + std::string(bad) + "</priority></presence>");
    assert_text_equal(at.juliet.read(), "error presence p modify/bad-request");
    assert_text_equal(at.romeo.read(), "");
  }
  for (const auto& [text, value] :
       std::map<std::string, int>{{"127", 127}, {"-128", -128}, {" 5\n", 5}, {"+7", 7}, {"0", 0}}) {
    at.juliet.send("<presence><priority>" + text + "</priority></presence>");
    assert_int_equal(at.juliet.session()->priority, value);
    at.juliet.drop();
  }
  at.juliet.send("<presence/>");
  assert_int_equal(at.juliet.session()->priority, 0);
}

void an_unknown_type_is_a_bad_request(void** state) {
  Lovers at(state);
  for (const char* stanza : {"<presence id='p' type='available'/>", "<presence id='p' type=''/>",
                             "<presence id='p' type='invisible' to='romeo@h'/>"}) {
    at.juliet.send(stanza);
    assert_text_equal(at.juliet.read(), "error presence p modify/bad-request");
  }
  assert_text_equal(at.romeo.read(), "");
}

void subscription_stanzas_reach_nobody(void** state) {
  Lovers at(state);
  for (const char* to : {"romeo@h", "romeo@h/a", "nobody@h", "x@example.org", "h"}) {
    for (const char* type : {"subscribed", "unsubscribe", "unsubscribed"}) {
      at.juliet.send("<presence type='" + std::string(type) + "' to='" + to + "'/>");
      assert_text_equal(at.juliet.read(), "");
    }
    at.juliet.send("<presence id='s' type='subscribe' to='" + std::string(to) + "'/>");
    const std::string answer = at.juliet.read_raw().at(0);
    assert_text_equal(at.scene.describer.describe(answer), "error presence s cancel/not-allowed");
    assert_true(answer.find("<text") != std::string::npos);
  }
  assert_text_equal(at.romeo.read(), "");
}

// --- probes --------------------------------------------------------------------------------------

void a_probe_is_answered_to_those_who_may_see(void** state) {
  Lovers at(state);
  Client& second = at.scene.login("romeo", "2", {{"juliet"}});
  second.send("<presence><show>away</show></presence>");
  at.juliet.drop();
  at.juliet.send("<presence type='probe' to='romeo@h'/>");
  assert_text_equal(at.juliet.read_sorted(), "available romeo@h/2 away\navailable romeo@h/a");
  at.juliet.send("<presence type='probe' to='romeo@h/2'/>");
  assert_text_equal(at.juliet.read(), "available romeo@h/2 away");
  at.juliet.send("<presence type='probe' to='romeo@h/gone'/>");
  assert_text_equal(at.juliet.read(), "unavailable romeo@h/gone");
  at.romeo.send(kUnavailable);
  second.send(kUnavailable);
  at.juliet.drop();
  at.juliet.send("<presence type='probe' to='romeo@h'/>");
  assert_text_equal(at.juliet.read(), "unavailable romeo@h");
}

void a_probe_of_somebody_who_does_not_grant_it_stays_unanswered(void** state) {
  Lovers at(state);
  at.scene.login("tybalt", "t", {});
  at.scene.login("nurse", "n", {{"juliet", Subscription::kTo}});
  for (const char* to : {"tybalt@h", "nurse@h", "nurse@h/n", "nobody@h", "h", "nobody@h/x"}) {
    at.juliet.send("<presence type='probe' to='" + std::string(to) + "'/>");
    assert_text_equal(at.juliet.read(), "");
  }
  at.juliet.send("<presence type='probe'/>");
  assert_text_equal(at.juliet.read(), "");
}

// Its end would not be told to it: only available resources are.
void a_probe_by_who_is_not_available_is_refused(void** state) {
  Lovers at(state);
  Client& silent = at.scene.connect("romeo", "silent");
  for (const char* to : {"juliet@h", "juliet@h/b", "romeo@h", "romeo@h/a", "nobody@h"}) {
    silent.send("<presence type='probe' id='p' to='" + std::string(to) + "'/>");
    assert_text_equal(silent.read(), "error presence p wait/unexpected-request");
  }
  at.romeo.send(kUnavailable);
  at.romeo.drop();
  at.romeo.send("<presence type='probe' id='q' to='juliet@h'/>");
  assert_text_equal(at.romeo.read(), "error presence q wait/unexpected-request");
  silent.send("<presence/>");
  silent.drop();
  silent.send("<presence type='probe' to='juliet@h'/>");
  assert_text_equal(silent.read(), "available juliet@h/b");
  at.scene.disconnect(at.juliet);
  assert_text_equal(silent.read(), "unavailable juliet@h/b");
}

// --- directed presence ---------------------------------------------------------------------------

void directed_presence_is_delivered_and_its_end_told(void** state) {
  Lovers at(state);
  Client& nurse = at.scene.login("nurse", "n", {});
  Client& quiet = at.scene.connect("nurse", "quiet");
  at.juliet.send("<presence to='nurse@h'><show>chat</show></presence>");
  assert_text_equal(nurse.read(), "available juliet@h/b chat");
  assert_text_equal(quiet.read(), "");
  at.juliet.send("<presence to='nurse@h/quiet'/>");
  assert_text_equal(quiet.read(), "available juliet@h/b");
  at.juliet.send("<presence><show>away</show></presence>");  // updates are for the roster alone
  assert_text_equal(nurse.read(), "");
  at.scene.disconnect(at.juliet);
  assert_text_equal(nurse.read(), "unavailable juliet@h/b");
  assert_text_equal(quiet.read(), "unavailable juliet@h/b");
}

void the_end_is_told_once_to_those_who_have_it_by_the_roster_too(void** state) {
  Lovers at(state);
  at.juliet.send("<presence to='romeo@h'/>");
  at.juliet.send("<presence to='romeo@h/a'/>");
  at.romeo.drop();
  at.scene.disconnect(at.juliet);
  assert_text_equal(at.romeo.read(), "unavailable juliet@h/b");
}

void directed_unavailable_is_delivered_and_forgotten(void** state) {
  Lovers at(state);
  Client& nurse = at.scene.login("nurse", "n", {});
  at.juliet.send("<presence to='nurse@h/n'/>");
  at.juliet.send("<presence to='nurse@h/n' type='unavailable'><status>no</status></presence>");
  assert_text_equal(nurse.read(), "available juliet@h/b\nunavailable juliet@h/b: no");
  at.scene.disconnect(at.juliet);
  assert_text_equal(nurse.read(), "");
}

void a_session_without_presence_of_its_own_cleans_up_too(void** state) {
  Lovers at(state);
  Client& shy = at.scene.connect("paris", "p");
  shy.send("<presence to='juliet@h'/>");
  assert_text_equal(at.juliet.read(), "available paris@h/p");
  shy.send(kUnavailable);
  assert_text_equal(at.juliet.read(), "unavailable paris@h/p");
  at.scene.disconnect(shy);
  assert_text_equal(at.juliet.read(), "");
}

void directed_presence_is_limited(void** state) {
  Lovers at(state);
  at.scene.options.directed_per_session = 1;
  at.scene.core.set_options(at.scene.options);
  Client& nurse = at.scene.login("nurse", "n", {});
  at.juliet.send("<presence to='romeo@h'/>");
  at.juliet.send("<presence to='romeo@h'/>");  // not a new address
  at.juliet.send("<presence id='d' to='nurse@h'/>");
  assert_text_equal(at.juliet.read(), "error presence d wait/resource-constraint");
  assert_text_equal(nurse.read(), "");
  at.juliet.send("<presence to='romeo@h' type='unavailable'/>");
  at.juliet.send("<presence to='nurse@h'/>");
  assert_text_equal(nurse.read(), "available juliet@h/b");
}

void directed_presence_to_nobody_leaves_no_trace(void** state) {
  Lovers at(state);
  for (const char* to : {"nobody@h", "romeo@h/gone", "h"}) {
    at.juliet.send("<presence to='" + std::string(to) + "'/>");
    assert_text_equal(at.juliet.read(), "");
  }
  assert_true(at.juliet.session()->directed.empty());
  at.juliet.send("<presence id='f' to='x@example.org'/>");
  assert_text_equal(at.juliet.read(), "error presence f cancel/remote-server-not-found");
}

void error_presence_reaches_full_addresses_alone(void** state) {
  Lovers at(state);
  at.juliet.send(
      "<presence id='e' type='error' to='romeo@h/a'><error type='cancel'><gone "
      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>");
  assert_text_equal(at.romeo.read(), "error presence e cancel/gone");
  for (const char* to : {" to='romeo@h'", " to='romeo@h/x'", " to='x@example.org'", ""}) {
    at.juliet.send("<presence type='error'" + std::string(to) + "/>");
  }
  assert_text_equal(at.romeo.read(), "");
  assert_text_equal(at.juliet.read(), "");
}

void the_own_address_in_the_roster_is_not_a_contact(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.connect("romeo", "a");
  scene.load("romeo", {{"romeo"}});
  romeo.send("<presence/>");
  assert_text_equal(romeo.read(), "available romeo@h/a");
  Client& other = scene.login("romeo", "b", {{"romeo"}});
  assert_text_equal(romeo.read(), "available romeo@h/b");
  scene.disconnect(other);
  assert_text_equal(romeo.read(), "unavailable romeo@h/b");
}

}  // namespace
}  // namespace rosterd::im

int main() {
  using namespace rosterd::im;
  const CMUnitTest tests[] = {
      SCENE_TEST(initial_presence_is_exchanged_by_those_who_see_each_other),
      SCENE_TEST(a_presence_is_addressed_to_the_account),
      SCENE_TEST(an_update_reaches_all_who_see_it_and_comes_back_to_its_sender),
      SCENE_TEST(a_new_resource_learns_of_the_others_of_its_account),
      SCENE_TEST(one_roster_alone_shows_nothing),
      SCENE_TEST(presence_sent_before_the_roster_is_announced_when_it_comes),
      SCENE_TEST(unavailable_is_forwarded_with_its_status_and_said_once),
      SCENE_TEST(an_unavailable_session_hears_of_nobody_until_it_is_back),
      SCENE_TEST(a_session_that_ends_is_unavailable_to_all_who_saw_it),
      SCENE_TEST(a_priority_must_be_a_number_that_fits),
      SCENE_TEST(an_unknown_type_is_a_bad_request),
      SCENE_TEST(subscription_stanzas_reach_nobody),
      SCENE_TEST(a_probe_is_answered_to_those_who_may_see),
      SCENE_TEST(a_probe_of_somebody_who_does_not_grant_it_stays_unanswered),
      SCENE_TEST(a_probe_by_who_is_not_available_is_refused),
      SCENE_TEST(directed_presence_is_delivered_and_its_end_told),
      SCENE_TEST(the_end_is_told_once_to_those_who_have_it_by_the_roster_too),
      SCENE_TEST(directed_unavailable_is_delivered_and_forgotten),
      SCENE_TEST(a_session_without_presence_of_its_own_cleans_up_too),
      SCENE_TEST(directed_presence_is_limited),
      SCENE_TEST(directed_presence_to_nobody_leaves_no_trace),
      SCENE_TEST(error_presence_reaches_full_addresses_alone),
      SCENE_TEST(the_own_address_in_the_roster_is_not_a_contact),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
