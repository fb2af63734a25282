// SPDX-License-Identifier: MIT
// Every iq get and set is answered, and what a stanza must be to reach a handler at all.
#include <optional>

#include "im/handlers.h"
#include "scene.h"

namespace rosterd::im {
namespace {

std::string iq(std::string_view type, std::string_view to, std::string_view payload) {
  std::string stanza = "<iq id='1' type='" + std::string(type) + "'";
  if (!to.empty()) stanza += " to='" + std::string(to) + "'";
  return stanza + ">" + std::string(payload) + "</iq>";
}

const char* const kPing = "<ping xmlns='urn:xmpp:ping'/>";
const char* const kInfo = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
const char* const kItems = "<query xmlns='http://jabber.org/protocol/disco#items'/>";
const char* const kUnknown = "<query xmlns='urn:unknown'/>";
const char* const kUnavailable = "error iq 1 cancel/service-unavailable";

void malformed_requests_are_bad_requests(void** state) {
  Client& romeo = scene_of(state).login("romeo", "a", {});
  for (const char* stanza :
       {"<iq id='1' type='get'/>", "<iq id='1' type='get'><a xmlns='x'/><b xmlns='x'/></iq>",
        "<iq id='1' type='what'><ping xmlns='urn:xmpp:ping'/></iq>",
        "<iq id='1'><ping xmlns='urn:xmpp:ping'/></iq>", "<iq id='1' type='set' to='h'/>",
        "<iq id='1' type='get' to='juliet@h/x'/>"}) {
    romeo.send(stanza);
    assert_text_equal(romeo.read(), "error iq 1 modify/bad-request");
  }
  romeo.send("<iq type='get'><ping xmlns='urn:xmpp:ping'/></iq>");
  assert_text_equal(romeo.read(), "error iq modify/bad-request");
}

void whatever_nobody_handles_is_answered(void** state) {
  Client& romeo = scene_of(state).login("romeo", "a", {});
  for (const char* to : {"", "h", "other", "romeo@h", "juliet@h", "juliet@h/x", "h/x"}) {
    for (const char* type : {"get", "set"}) {
      romeo.send(iq(type, to, kUnknown));
      assert_text_equal(romeo.read(), kUnavailable);
    }
  }
  romeo.send(iq("set", "h", kPing));  // the name fits, the type does not
  assert_text_equal(romeo.read(), kUnavailable);
  romeo.send(iq("get", "juliet@example.org", kPing));
  assert_text_equal(romeo.read(), "error iq 1 cancel/remote-server-not-found");
  romeo.send(iq("get", "@@", kPing));
  assert_text_equal(romeo.read(), "error iq 1 modify/jid-malformed");
}

void results_and_errors_to_nobody_are_dropped(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.login("romeo", "a", {});
  Client& juliet = scene.login("juliet", "b", {});
  for (const char* to : {"", "h", "romeo@h", "juliet@h", "juliet@h/x", "x@example.org", "@@"}) {
    romeo.send(iq("result", to, ""));
    romeo.send(iq("error", to, ""));
  }
  romeo.send("<iq type='result' to='juliet@h/b'/>");
  assert_text_equal(romeo.read(), "");
  assert_text_equal(juliet.read(), "");
}

void a_request_to_a_resource_and_its_answer_are_forwarded(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.login("romeo", "a", {});
  Client& juliet = scene.connect("juliet", "b");
  romeo.send(iq("get", "juliet@h/b", kPing));
  assert_text_equal(juliet.read(), "get 1 ping from romeo@h/a");
  juliet.send(iq("result", "romeo@h/a", ""));
  assert_text_equal(romeo.read(), "result 1");
  juliet.send(
      "<iq type='error' id='2' to='romeo@h/a'><error type='cancel'><conflict "
      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
  assert_text_equal(romeo.read(), "error iq 2 cancel/conflict");
  scene.disconnect(juliet);
  romeo.send(iq("get", "juliet@h/b", kPing));
  assert_text_equal(romeo.read(), kUnavailable);
}

void the_answer_comes_from_whom_was_asked(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.login("romeo", "a", {});
  for (const char* to : {"h", "romeo@h", ""}) {
    romeo.send(iq("get", to, kPing));
    const std::string stanza = romeo.read_raw().at(0);
    assert_text_equal(scene.describer.describe(stanza), "result 1");
    assert_text_equal(scene.describer.attr(stanza, "from"), to);
    assert_text_equal(scene.describer.attr(stanza, "to"), "romeo@h/a");
  }
}

void the_session_request_of_old_clients_is_answered(void** state) {
  Client& romeo = scene_of(state).login("romeo", "a", {});
  for (const char* to : {"", "h", "romeo@h"}) {
    romeo.send(iq("set", to, "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>"));
    assert_text_equal(romeo.read(), "result 1");
  }
}

void the_version_and_the_time_are_told(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.login("romeo", "a", {});
  romeo.send(iq("get", "h", "<query xmlns='jabber:iq:version'/>"));
  const std::string version = romeo.read_raw().at(0);
  assert_true(version.find("<name>rosterd</name><version>9.9</version>") != std::string::npos);
  scene.clock.passed = std::chrono::hours(24 * 59) + std::chrono::milliseconds(3'723'900);
  romeo.send(iq("get", "h", "<time xmlns='urn:xmpp:time'/>"));
  const std::string time = romeo.read_raw().at(0);
  assert_true(time.find("<tzo>+00:00</tzo>") != std::string::npos);
  assert_true(time.find("<utc>1970-03-01T01:02:03Z</utc>") != std::string::npos);
}

void the_server_lists_what_its_rows_offer(void** state) {
  Client& romeo = scene_of(state).login("romeo", "a", {});
  romeo.send(iq("get", "h", kInfo));
  const std::string info = romeo.read_raw().at(0);
  assert_true(info.find("category='server' type='im'") != std::string::npos);
  for (const char* feature :
       {"disco#info", "disco#items", "urn:xmpp:ping", "jabber:iq:version", "urn:xmpp:time"}) {
    assert_true(info.find(feature) != std::string::npos);
  }
  assert_true(info.find("jabber:iq:roster") == std::string::npos);
  romeo.send(iq("get", "h", kItems));
  assert_text_equal(romeo.read(), "result 1 query");
  romeo.send(iq("get", "h", "<query xmlns='http://jabber.org/protocol/disco#info' node='n'/>"));
  assert_text_equal(romeo.read(), "error iq 1 cancel/item-not-found");
}

void an_account_is_discovered_by_its_owner_and_whose_contact_it_is(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.login("romeo", "a", {{"juliet"}, {"nurse", Subscription::kFrom}});
  Client& juliet = scene.login("juliet", "b", {{"romeo"}});
  scene.login("nurse", "c", {{"romeo", Subscription::kTo}});
  juliet.drop();
  for (const char* to : {"", "romeo@h", "juliet@h", "nurse@h"}) {
    romeo.drop();
    romeo.send(iq("get", to, kInfo));
    const std::string info = romeo.read_raw().at(0);
    assert_true(info.find("category='account' type='registered'") != std::string::npos);
    romeo.send(iq("get", to, kItems));
    assert_text_equal(romeo.read(), "result 1 query");
  }
  // Tybalt is nobody's contact, paris not even online.
  for (const char* to : {"tybalt@h", "paris@h"}) {
    scene.connect("tybalt", "");
    romeo.send(iq("get", to, kInfo));
    assert_text_equal(romeo.read(), kUnavailable);
    romeo.send(iq("get", to, kItems));
    assert_text_equal(romeo.read(), kUnavailable);
  }
}

void a_handler_that_forgets_is_made_up_for(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.login("romeo", "a", {});
  State inside(scene.options, scene.clock, &scene.fetcher, scene.core.interner(),
               scene.core.dirty());
  const auto request = scene.parser.parse_stanza(iq("get", "h", kPing));
  { IqReply forgotten(inside, *romeo.session(), *request); }
  assert_text_equal(romeo.read(), "error iq 1 cancel/internal-server-error");
  {
    IqReply reply(inside, *romeo.session(), *request);
    IqReply moved(std::move(reply));
    moved.result();
  }
  assert_text_equal(romeo.read(), "result 1");
}

// --- what holds for every stanza -----------------------------------------------------------------

void expect_end(Scene& scene, std::string_view stanza, xmpp::StreamCondition condition) {
  Client& romeo = scene.connect("romeo", "a");
  romeo.send(stanza);
  assert_true(romeo.session()->end == condition);
  assert_true(romeo.session()->dirty.linked());
  romeo.drop();
  romeo.send("<message to='romeo@h/a'/>");  // what follows is ignored
  assert_text_equal(romeo.read(), "");
  scene.disconnect(romeo);
}

void what_is_not_a_stanza_ends_the_stream(void** state) {
  Scene& scene = scene_of(state);
  using xmpp::StreamCondition;
  expect_end(scene, "<foo/>", StreamCondition::kUnsupportedStanzaType);
  expect_end(scene, "<r xmlns='urn:xmpp:sm:3'/>", StreamCondition::kUnsupportedStanzaType);
  expect_end(scene, "<message xmlns='urn:x'/>", StreamCondition::kInvalidNamespace);
  expect_end(scene, "<iq xmlns='jabber:server'/>", StreamCondition::kInvalidNamespace);
}

void a_foreign_from_ends_the_stream(void** state) {
  Scene& scene = scene_of(state);
  for (const char* from : {"juliet@h", "juliet@h/a", "romeo@h/b", "h", "", "@"}) {
    expect_end(scene, "<message to='juliet@h' from='" + std::string(from) + "'/>",
               xmpp::StreamCondition::kInvalidFrom);
  }
  Client& romeo = scene.connect("romeo", "a");
  for (const char* from : {"romeo@h", "romeo@h/a", "ROMEO@H/a"}) {
    romeo.send("<iq id='1' type='get' from='" + std::string(from) + "'>" + kPing + "</iq>");
    assert_text_equal(romeo.read(), "result 1");
  }
}

}  // namespace
}  // namespace rosterd::im

int main() {
  using namespace rosterd::im;
  const CMUnitTest tests[] = {
      SCENE_TEST(malformed_requests_are_bad_requests),
      SCENE_TEST(whatever_nobody_handles_is_answered),
      SCENE_TEST(results_and_errors_to_nobody_are_dropped),
      SCENE_TEST(a_request_to_a_resource_and_its_answer_are_forwarded),
      SCENE_TEST(the_answer_comes_from_whom_was_asked),
      SCENE_TEST(the_session_request_of_old_clients_is_answered),
      SCENE_TEST(the_version_and_the_time_are_told),
      SCENE_TEST(the_server_lists_what_its_rows_offer),
      SCENE_TEST(an_account_is_discovered_by_its_owner_and_whose_contact_it_is),
      SCENE_TEST(a_handler_that_forgets_is_made_up_for),
      SCENE_TEST(what_is_not_a_stanza_ends_the_stream),
      SCENE_TEST(a_foreign_from_ends_the_stream),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
