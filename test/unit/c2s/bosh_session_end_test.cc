// SPDX-License-Identifier: MIT
// How a BOSH session ends: by too many requests or too few, by its stream, its client or a wrong
// key.
#include "base/crypto.h"
#include "base/text.h"
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

// --- too much ------------------------------------------------------------------------------------

void empty_requests_that_chase_each_other_end_the_session(void**) {
  Open scene;
  scene.ask(Open::empty(101));
  for (std::uint64_t rid = 102; rid <= 105; ++rid) scene.ask(Open::empty(rid));
  assert_false(scene.session->finished());
  scene.take_log();
  scene.ask(Open::empty(106));
  assert_log(scene, told(105, kPolicy) + "|" + told(106, kPolicy) + "|gone, policy-violation");
}

void request_that_overtakes_may_not_be_long(void**) {
  Open scene;
  scene.ask(Open::with(102, std::string(1001, 'a')));
  assert_log(scene, told(102, kPolicy) + "|gone, policy-violation");
  Open in_order;
  in_order.ask(Open::with(101, std::string(1001, 'a')));
  assert_false(in_order.session->finished());
}

void empty_requests_in_their_time_are_welcome(void**) {
  Open scene;
  for (std::uint64_t rid = 101; rid <= 120; ++rid) {
    scene.ask(Open::empty(rid));
    scene.pass(seconds(2));
  }
  assert_false(scene.session->finished());
}

void requests_with_something_to_say_may_be_quick(void**) {
  Open scene;
  for (std::uint64_t rid = 101; rid <= 120; ++rid) scene.ask(Open::with(rid, "<a/>"));
  assert_false(scene.session->finished());
}

void broken_requests_do_not_count_as_too_many(void**) {
  Open scene;
  for (std::uint64_t rid = 101; rid <= 120; ++rid) {
    scene.ask(Open::empty(rid));
    scene.session->abandon(rid);
  }
  assert_false(scene.session->finished());
}

void polling_too_often_ends_the_session(void**) {
  Open scene(opening(0, 0));
  for (std::uint64_t rid = 101; rid <= 105; ++rid) scene.ask(Open::empty(rid));
  assert_false(scene.session->finished());
  scene.take_log();
  scene.ask(Open::empty(106));
  assert_log(scene, told(106, kPolicy) + "|gone, policy-violation");
}

void polling_at_once_after_an_answer_with_something_is_welcome(void**) {
  Open scene(opening(0, 0));
  for (std::uint64_t rid = 101; rid <= 120; ++rid) {
    scene.send("<message/>");
    scene.ask(Open::empty(rid));
  }
  assert_false(scene.session->finished());
}

// --- inactivity ----------------------------------------------------------------------------------

void session_without_requests_ends_with_its_stream(void**) {
  Open scene;
  scene.ask(Open::empty(101));
  scene.send("<a/>");
  scene.take_log();
  scene.pass(seconds(59));
  assert_log(scene, "");
  scene.pass(seconds(1));
  assert_log(scene, "gone, no request for too long");
  assert_true(scene.session->finished());
}

void held_request_keeps_the_session(void**) {
  Open scene;
  for (std::uint64_t rid = 101; rid <= 105; ++rid) {
    scene.ask(Open::empty(rid));
    scene.pass(seconds(61));
  }
  assert_false(scene.session->finished());
}

void broken_request_does_not_keep_the_session(void**) {
  Open scene;
  scene.ask(Open::empty(101));
  scene.session->abandon(101);
  scene.pass(seconds(60));
  assert_log(scene, "gone, no request for too long");
}

void request_that_waits_for_a_lost_one_is_told_of_the_end(void**) {
  Open scene;
  scene.ask(Open::empty(102));
  scene.pass(seconds(60));
  assert_log(scene, told(102, kItemNotFound) + "|gone, no request for too long");
}

void pause_answers_what_is_held_and_makes_patient(void**) {
  Open scene;
  scene.ask(Open::empty(101));
  scene.ask(pausing(102, 100));
  assert_log(scene, "101: <body/>|102: <body/>");
  scene.pass(seconds(99));
  assert_log(scene, "");
  scene.pass(seconds(1));
  assert_log(scene, "gone, no request for too long");
}

void answer_to_a_pause_carries_nothing(void**) {
  Open scene;
  scene.send("<message/>");
  scene.ask(pausing(101, 100));
  assert_log(scene, "101: <body/>");
  scene.ask(Open::empty(102));
  assert_log(scene, "102: <body><message/></body>|drained");
}

void next_request_ends_the_pause(void**) {
  Open scene;
  scene.ask(pausing(101, 100));
  scene.ask(Open::empty(102));
  scene.send("<a/>");
  scene.take_log();
  scene.pass(seconds(60));
  assert_log(scene, "gone, no request for too long");
}

void pause_that_is_too_long_is_against_the_rules(void**) {
  Open scene;
  scene.ask(pausing(101, 121));
  assert_log(scene, told(101, kPolicy) + "|gone, policy-violation");
  Open giant;
  giant.ask(pausing(101, kHighestRid + 1));
  assert_log(giant, told(101, kPolicy) + "|gone, policy-violation");
}

// --- streams and ends ----------------------------------------------------------------------------

void restart_opens_the_stream_again_and_what_comes_with_it_is_ignored(void**) {
  Open scene;
  scene.features = "<stream:features/>";
  BoshRequest request = Open::with(101, "<iq/>");
  request.restart = true;
  request.to = "b.test";
  scene.ask(std::move(request));
  assert_log(scene, "open b.test|101: <body><stream:features/></body>|drained");
}

void client_that_ends_the_session_is_told_on_the_oldest_request(void**) {
  Open scene;
  scene.ask(Open::empty(101));
  BoshRequest request = Open::with(102, "<presence type='unavailable'/>");
  request.terminate = true;
  scene.reply = "<last/>";
  scene.ask(std::move(request));
  assert_log(scene,
             "element <presence type='unavailable'/>|terminate|"
             "101: <body type='terminate'><last/></body>|102: <body/>");
  scene.ask(terminating(102), 1);
  assert_log(scene, "1: <body/>");
}

void end_is_told_again_to_who_has_lost_it_and_then_forgotten(void**) {
  Open scene;
  scene.ask(terminating(101));
  assert_log(scene, "terminate|101: <body type='terminate'/>");
  scene.ask(terminating(101), 1);
  assert_log(scene, "1: <body type='terminate'/>");
  scene.pass(seconds(10));
  assert_log(scene, "");
  assert_true(scene.session->finished());
}

void stream_error_is_told_as_remote_stream_error(void**) {
  Open scene;
  scene.ask(Open::empty(101));
  scene.session->send("<message/>");
  scene.session->send("<stream:error><conflict/></stream:error>");
  scene.session->close();
  scene.settle();
  assert_log(scene,
             "101: <body type='terminate' condition='remote-stream-error'><message/>"
             "<stream:error><conflict/></stream:error></body>");
}

void end_waits_for_a_request_to_be_told_on(void**) {
  Open scene;
  scene.session->send("<message/>");
  scene.session->send("<stream:error/>");
  scene.session->close();
  scene.settle();
  assert_log(scene, "");
  scene.ask(Open::with(101, "<late/>"));
  assert_log(scene,
             "101: <body type='terminate' condition='remote-stream-error'><message/>"
             "<stream:error/></body>");
  scene.ask(Open::empty(102));
  assert_log(scene, told(102, kItemNotFound));
}

void elements_after_the_end_of_the_stream_are_not_handed_over(void**) {
  Open scene;
  scene.close_on_element = true;
  BoshRequest request = Open::with(101, "<a/>");
  request.payloads.emplace_back("<b/>");
  scene.ask(std::move(request));
  assert_log(scene, "element <a/>|101: <body type='terminate'/>");
}

void shutdown_is_told_as_such(void**) {
  Open scene;
  scene.ask(Open::empty(101));
  scene.session->announce_shutdown();
  scene.session->send("<stream:error><system-shutdown/></stream:error>");
  scene.session->close();
  scene.settle();
  assert_log(scene, "101: <body type='terminate' condition='system-shutdown'/>");
}

void client_without_a_version_is_told_by_status(void**) {
  BoshScene scene;
  scene.open_as(BoshScene::empty(100));
  scene.take_log();
  scene.ask(BoshScene::empty(200));
  assert_log(scene, "200: 404 " + std::string(kItemNotFound) + "|gone, item-not-found");
}

// --- keys (examples of section 14) ---------------------------------------------------------------

std::string hash_of(std::string_view key) {
  return text::hex_encode(crypto::digest(crypto::Hash::kSha1, key));
}

BoshRequest with_key(std::uint64_t rid, std::string key, std::string newkey = "") {
  BoshRequest request = BoshScene::with(rid, "<a/>");
  request.key = std::move(key);
  request.newkey = std::move(newkey);
  return request;
}

void keys_open_the_way_one_after_another(void**) {
  const std::string k1 = hash_of("seed"), k2 = hash_of(k1), k3 = hash_of(k2);
  Open scene(with_key(100, "", k3));
  std::string upper = k2;
  for (char& c : upper) c = c >= 'a' ? static_cast<char>(c - 32) : c;
  scene.ask(with_key(101, upper));
  const std::string n1 = hash_of("other"), n2 = hash_of(n1);
  scene.ask(with_key(102, k1, n2));
  scene.ask(with_key(103, n1));
  assert_log(scene, "element <a/>|element <a/>|101: <body/>|element <a/>|102: <body/>");
}

void wrong_missing_or_replayed_key_ends_the_session(void**) {
  const std::string k1 = hash_of("seed"), k2 = hash_of(k1), k3 = hash_of(k2);
  for (const std::string& wrong : {std::string(), k3, k1, std::string("x")}) {
    Open scene(with_key(100, "", k3));
    scene.ask(with_key(101, wrong));
    assert_log(scene, told(101, kItemNotFound) + "|gone, item-not-found");
  }
  Open replayed(with_key(100, "", k3));
  replayed.ask(with_key(101, k2));
  replayed.take_log();
  replayed.ask(with_key(102, k2));
  assert_true(replayed.session->finished());
}

void repeated_request_needs_its_key(void**) {
  const std::string k1 = hash_of("seed"), k2 = hash_of(k1);
  Open answered(with_key(100, "", k2));
  answered.reply = "<secret/>";
  answered.ask(with_key(101, k1));
  answered.take_log();
  answered.ask(with_key(101, "x"), 1);
  assert_log(answered, told(1, kItemNotFound) + "|gone, item-not-found");
  Open held(with_key(100, "", k2));
  held.ask(with_key(101, k1));
  held.take_log();
  held.ask(with_key(101, "x"), 1);
  assert_log(held,
             told(101, kItemNotFound) + "|" + told(1, kItemNotFound) + "|gone, item-not-found");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(empty_requests_that_chase_each_other_end_the_session),
      cmocka_unit_test(request_that_overtakes_may_not_be_long),
      cmocka_unit_test(empty_requests_in_their_time_are_welcome),
      cmocka_unit_test(requests_with_something_to_say_may_be_quick),
      cmocka_unit_test(broken_requests_do_not_count_as_too_many),
      cmocka_unit_test(polling_too_often_ends_the_session),
      cmocka_unit_test(polling_at_once_after_an_answer_with_something_is_welcome),
      cmocka_unit_test(session_without_requests_ends_with_its_stream),
      cmocka_unit_test(held_request_keeps_the_session),
      cmocka_unit_test(broken_request_does_not_keep_the_session),
      cmocka_unit_test(request_that_waits_for_a_lost_one_is_told_of_the_end),
      cmocka_unit_test(pause_answers_what_is_held_and_makes_patient),
      cmocka_unit_test(answer_to_a_pause_carries_nothing),
      cmocka_unit_test(next_request_ends_the_pause),
      cmocka_unit_test(pause_that_is_too_long_is_against_the_rules),
      cmocka_unit_test(restart_opens_the_stream_again_and_what_comes_with_it_is_ignored),
      cmocka_unit_test(client_that_ends_the_session_is_told_on_the_oldest_request),
      cmocka_unit_test(end_is_told_again_to_who_has_lost_it_and_then_forgotten),
      cmocka_unit_test(stream_error_is_told_as_remote_stream_error),
      cmocka_unit_test(end_waits_for_a_request_to_be_told_on),
      cmocka_unit_test(elements_after_the_end_of_the_stream_are_not_handed_over),
      cmocka_unit_test(shutdown_is_told_as_such),
      cmocka_unit_test(client_without_a_version_is_told_by_status),
      cmocka_unit_test(keys_open_the_way_one_after_another),
      cmocka_unit_test(wrong_missing_or_replayed_key_ends_the_session),
      cmocka_unit_test(repeated_request_needs_its_key),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
