// SPDX-License-Identifier: MIT
// A BOSH session's opening, what is held, the order of requests, and lost answers; its end is in
// bosh_session_end_test.cc.
#include "c2s/bosh_session.h"

#include "support/bosh.h"
#include "support/cmocka.h"

using namespace rosterd;
using namespace rosterd::c2s;
using namespace rosterd::test;
using std::chrono::seconds;

namespace {

// The log of what a call has brought about.
void assert_log(BoshScene& scene, std::string_view expected) {
  assert_text_equal(scene.take_log(), expected);
}

// --- opening -------------------------------------------------------------------------------------

std::string attribute(std::string_view text, const std::string& name) {
  const std::size_t at = text.find(" " + name + "='");
  if (at == std::string_view::npos) return "none";
  const std::size_t start = at + name.size() + 3;
  return std::string(text.substr(start, text.find('\'', start) - start));
}

std::string agreed(BoshRequest request) {
  BoshScene scene;
  scene.open(std::move(request));
  const std::string log = scene.take_log();
  return attribute(log, "wait") + " " + attribute(log, "hold") + " " + attribute(log, "requests") +
         " " + attribute(log, "inactivity");
}

void opening_is_answered_at_once_with_terms_and_features(void**) {
  BoshScene scene;
  scene.features = "<stream:features/>";
  BoshRequest request = opening(30, 1);
  request.to = "a.test";
  request.ack = 1;
  scene.open(std::move(request));
  assert_log(scene, "open a.test|100: <body xmlns:xmpp='urn:xmpp:xbosh' sid='" +
                        scene.session->sid() +
                        "' from='a.test' ver='1.6' wait='30' hold='1' requests='2' polling='2'"
                        " inactivity='60' maxpause='120' ack='100' xmpp:version='1.0'"
                        " xmpp:restartlogic='true'><stream:features/></body>|drained");
}

void terms_are_the_clients_up_to_our_limits(void**) {
  assert_text_equal(agreed(opening(59, 1)), "59 1 2 60");
  assert_text_equal(agreed(opening({}, {})), "60 1 2 60");
  assert_text_equal(agreed(opening(kHighestRid + 1, kHighestRid + 1)), "60 2 3 60");
}

void session_that_polls_may_be_inactive_for_longer(void**) {
  assert_text_equal(agreed(opening(0, 1)), "0 1 2 122");
  assert_text_equal(agreed(opening(60, 0)), "60 0 1 122");
}

void sids_differ(void**) {
  BoshScene a, b;
  a.open();
  b.open();
  assert_true(a.session->sid() != b.session->sid());
  assert_true(a.session->sid().size() >= 26);
}

void content_type_is_the_clients_choice_if_it_is_a_field_value(void**) {
  const auto chosen = [](std::string content) {
    BoshScene scene;
    BoshRequest request;
    request.content = std::move(content);
    scene.open(std::move(request));
    return scene.session->content_type();
  };
  assert_text_equal(chosen(""), "text/xml; charset=utf-8");
  assert_text_equal(chosen("text/plain"), "text/plain");
  assert_text_equal(chosen("a\r\nSet-Cookie: b"), "text/xml; charset=utf-8");
  assert_text_equal(chosen(std::string(200, 'a')), "text/xml; charset=utf-8");
}

// --- holding -------------------------------------------------------------------------------------

void request_is_held_until_there_is_something_to_say(void**) {
  Open scene;
  scene.ask(Open::empty(101));
  assert_log(scene, "");
  scene.send("<message/>");
  assert_log(scene, "101: <body><message/></body>|drained");
}

void request_is_answered_empty_after_wait(void**) {
  Open scene(opening(30, 1));
  scene.ask(Open::empty(101));
  scene.pass(seconds(29));
  assert_log(scene, "");
  scene.pass(seconds(1));
  assert_log(scene, "101: <body/>");
}

void what_nobody_asks_for_waits_for_the_next_request(void**) {
  Open scene;
  scene.send("<message id='1'/>");
  scene.send("<message id='2'/>");
  assert_log(scene, "");
  scene.ask(Open::empty(101));
  assert_log(scene, "101: <body><message id='1'/><message id='2'/></body>|drained");
}

void what_a_request_brings_about_goes_with_the_answer_owed_longest(void**) {
  Open scene;
  scene.ask(Open::empty(101));
  scene.reply = "<iq id='1'/>";
  scene.ask(Open::with(102, "<iq/>"));
  assert_log(scene, "element <iq/>|101: <body><iq id='1'/></body>|drained");
  scene.pass(seconds(60));
  assert_log(scene, "102: <body/>");
}

void no_more_than_hold_are_held(void**) {
  Open scene;
  scene.ask(Open::empty(101));
  scene.ask(Open::with(102, "<message/>"));
  assert_log(scene, "element <message/>|101: <body/>");
  Open both(opening(60, 2));
  both.ask(Open::empty(101));
  both.ask(Open::with(102, "<message/>"));
  assert_log(both, "element <message/>");
  both.ask(Open::with(103, "<message/>"));
  assert_log(both, "element <message/>|101: <body/>");
}

void session_that_polls_is_never_held(void**) {
  for (const auto& terms : {opening(0, 1), opening(60, 0)}) {
    Open scene(terms);
    scene.reply = "<iq/>";
    scene.ask(Open::with(101, "<a/>"));
    assert_log(scene, "element <a/>|101: <body><iq/></body>|drained");
    scene.ask(Open::with(102, "<a/>"));
    assert_log(scene, "element <a/>|102: <body/>");
  }
}

void request_with_another_behind_it_on_its_connection_is_not_held(void**) {
  Open scene;
  scene.ask(Open::empty(101));
  scene.session->hurry(101);
  scene.settle();
  assert_log(scene, "101: <body/>");
}

// --- order ---------------------------------------------------------------------------------------

void request_that_overtakes_waits_for_its_turn(void**) {
  Open scene;
  scene.ask(Open::with(102, "<b/>"));
  assert_log(scene, "");
  scene.ask(Open::with(101, "<a/>"));
  assert_log(scene, "element <a/>|element <b/>|101: <body/>");
}

void rid_beyond_the_window_ends_the_session(void**) {
  Open scene;
  scene.ask(Open::empty(101));
  scene.ask(Open::with(104, "<a/>"));
  assert_log(scene,
             told(101, kItemNotFound) + "|" + told(104, kItemNotFound) + "|gone, item-not-found");
  assert_true(scene.session->finished());
}

void request_that_ends_or_pauses_may_be_one_more(void**) {
  Open scene;
  scene.ask(terminating(103));
  assert_log(scene, "");
  scene.ask(Open::with(101, "<a/>"));
  scene.ask(Open::with(102, "<b/>"));
  assert_log(scene,
             "element <a/>|element <b/>|terminate|101: <body type='terminate'/>|102: <body/>|"
             "103: <body/>");
}

void rid_of_long_ago_ends_the_session(void**) {
  Open scene;
  for (std::uint64_t rid = 101; rid <= 104; ++rid) scene.ask(Open::with(rid, "<a/>"));
  scene.take_log();
  scene.ask(Open::with(100, "<a/>"), 1);
  assert_log(scene,
             told(104, kItemNotFound) + "|" + told(1, kItemNotFound) + "|gone, item-not-found");
}

// --- lost answers --------------------------------------------------------------------------------

void repeated_request_gets_the_same_answer_and_is_not_done_twice(void**) {
  Open scene;
  scene.reply = "<iq id='1'/>";
  scene.ask(Open::with(101, "<iq/>"));
  assert_log(scene, "element <iq/>|101: <body><iq id='1'/></body>|drained");
  scene.ask(Open::with(101, "<iq/>"), 1);
  assert_log(scene, "1: <body><iq id='1'/></body>");
}

void as_many_answers_as_requests_are_kept(void**) {
  Open scene;
  for (std::uint64_t rid = 101; rid <= 103; ++rid) {
    scene.reply = "<r" + std::to_string(rid) + "/>";
    scene.ask(Open::with(rid, "<iq/>"));
  }
  scene.take_log();
  scene.ask(Open::with(102, "<iq/>"), 1);
  scene.ask(Open::with(103, "<iq/>"), 2);
  assert_log(scene, "1: <body><r102/></body>|2: <body><r103/></body>");
  scene.ask(Open::with(101, "<iq/>"), 3);
  assert_log(scene, told(3, kItemNotFound) + "|gone, item-not-found");
}

void repeated_request_takes_the_place_of_the_one_that_is_held(void**) {
  Open scene;
  scene.ask(Open::empty(101));
  scene.ask(Open::empty(101), 1);
  assert_log(scene, "101: <body type='error'/>");
  scene.send("<message/>");
  assert_log(scene, "1: <body><message/></body>|drained");
}

void repeated_request_that_has_overtaken_takes_its_place(void**) {
  Open scene;
  scene.ask(Open::with(102, "<b/>"));
  scene.ask(Open::with(102, "<b/>"), 1);
  assert_log(scene, "102: <body type='error'/>");
  scene.reply = "<r/>";
  scene.ask(Open::with(101, "<a/>"));
  assert_log(scene, "element <a/>|element <b/>|101: <body><r/></body>|drained");
}

void stanza_is_not_given_to_a_connection_that_has_broken(void**) {
  Open scene;
  scene.ask(Open::empty(101));
  scene.session->abandon(101);
  scene.send("<message/>");
  assert_log(scene, "");
  scene.ask(Open::empty(101), 1);
  assert_log(scene, "1: <body><message/></body>|drained");
}

void client_that_goes_on_after_a_broken_request_loses_nothing(void**) {
  Open scene;
  scene.ask(Open::empty(101));
  scene.session->abandon(101);
  scene.send("<message/>");
  scene.ask(Open::empty(102));
  assert_log(scene, "102: <body><message/></body>|drained");
  scene.ask(Open::empty(101), 1);
  assert_log(scene, "1: <body/>");
}

void repeating_without_end_ends_the_session(void**) {
  Open scene;
  scene.ask(Open::with(101, "<a/>"));
  scene.take_log();
  for (std::uint64_t ticket = 1; ticket <= 20; ++ticket) scene.ask(Open::with(101, "<a/>"), ticket);
  assert_false(scene.session->finished());
  scene.ask(Open::with(101, "<a/>"), 21);
  assert_true(scene.session->finished());
}

void acknowledged_answers_are_forgotten(void**) {
  BoshRequest first;
  first.ack = 1;
  Open scene(std::move(first));
  scene.reply = "<r/>";
  scene.ask(Open::with(101, "<a/>"));
  BoshRequest second = Open::empty(102);
  second.ack = 101;
  scene.ask(std::move(second));
  scene.take_log();
  scene.ask(Open::with(101, "<a/>"), 1);
  assert_true(scene.session->finished());
}

void answers_acknowledge_what_has_come_meanwhile(void**) {
  BoshRequest first;
  first.ack = 1;
  Open scene(std::move(first));
  scene.ask(Open::empty(101));
  scene.ask(Open::with(102, "<a/>"));
  assert_log(scene, "element <a/>|101: <body ack='102'/>");
  scene.send("<b/>");
  assert_log(scene, "102: <body><b/></body>|drained");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(opening_is_answered_at_once_with_terms_and_features),
      cmocka_unit_test(terms_are_the_clients_up_to_our_limits),
      cmocka_unit_test(session_that_polls_may_be_inactive_for_longer),
      cmocka_unit_test(sids_differ),
      cmocka_unit_test(content_type_is_the_clients_choice_if_it_is_a_field_value),
      cmocka_unit_test(request_is_held_until_there_is_something_to_say),
      cmocka_unit_test(request_is_answered_empty_after_wait),
      cmocka_unit_test(what_nobody_asks_for_waits_for_the_next_request),
      cmocka_unit_test(what_a_request_brings_about_goes_with_the_answer_owed_longest),
      cmocka_unit_test(no_more_than_hold_are_held),
      cmocka_unit_test(session_that_polls_is_never_held),
      cmocka_unit_test(request_with_another_behind_it_on_its_connection_is_not_held),
      cmocka_unit_test(request_that_overtakes_waits_for_its_turn),
      cmocka_unit_test(rid_beyond_the_window_ends_the_session),
      cmocka_unit_test(request_that_ends_or_pauses_may_be_one_more),
      cmocka_unit_test(rid_of_long_ago_ends_the_session),
      cmocka_unit_test(repeated_request_gets_the_same_answer_and_is_not_done_twice),
      cmocka_unit_test(as_many_answers_as_requests_are_kept),
      cmocka_unit_test(repeated_request_takes_the_place_of_the_one_that_is_held),
      cmocka_unit_test(repeated_request_that_has_overtaken_takes_its_place),
      cmocka_unit_test(stanza_is_not_given_to_a_connection_that_has_broken),
      cmocka_unit_test(client_that_goes_on_after_a_broken_request_loses_nothing),
      cmocka_unit_test(repeating_without_end_ends_the_session),
      cmocka_unit_test(acknowledged_answers_are_forgotten),
      cmocka_unit_test(answers_acknowledge_what_has_come_meanwhile),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
