// SPDX-License-Identifier: MIT
// The bytes of events.
#include "app/event_json.h"

#include "support/cmocka.h"

namespace rosterd::app {
namespace {

// 2026-11-23T13:40:00.123Z
const WallTime kAt = WallTime(std::chrono::milliseconds(1'795'441'200'123));

Event make(Event::Kind kind, std::string_view jid) {
  auto parsed = xmpp::Jid::parse(jid);
  assert_true(parsed.has_value());
  Event event;
  event.kind = kind;
  event.jid = *parsed;
  event.at = kAt;
  return event;
}

std::string write_one(Event event) {
  EventBatch batch;
  batch.seq = 7;
  batch.events.push_back(std::move(event));
  const std::string whole = write_batch({"n1", "5f3a", "h"}, batch);
  const std::string head = R"({"v":1,"node":"n1","boot":"5f3a","seq":7,"events":[)";
  assert_text_equal(whole.substr(0, head.size()), head);
  return whole.substr(head.size(), whole.size() - head.size() - 2);
}

void users_come_and_go(void**) {
  assert_text_equal(
      write_one(make(Event::Kind::kUserOnline, "john@h")),
      R"({"type":"user.online","user":"john","host":"h","at":"2026-11-23T13:40:00.123Z"})");
  assert_text_equal(
      write_one(make(Event::Kind::kUserOffline, "john@h")),
      R"({"type":"user.offline","user":"john","host":"h","at":"2026-11-23T13:40:00.123Z"})");
}

void presence_has_what_there_is(void**) {
  Event event = make(Event::Kind::kPresence, "john@h/conv-1");
  event.available = true;
  event.show = "away";
  event.status = "\"lunch\"\n<&>";
  event.priority = -5;
  assert_text_equal(
      write_one(event),
      R"({"type":"presence","user":"john","host":"h","resource":"conv-1","available":true,)"
      R"("show":"away","status":"\"lunch\"\n<&>","priority":-5,"at":"2026-11-23T13:40:00.123Z"})");
  event = make(Event::Kind::kPresence, "john@h/conv-1");
  assert_text_equal(
      write_one(event),
      R"({"type":"presence","user":"john","host":"h","resource":"conv-1","available":false,)"
      R"("at":"2026-11-23T13:40:00.123Z"})");
}

void sessions_end_for_a_reason(void**) {
  const std::pair<im::SessionEnd, std::string> reasons[] = {
      {im::SessionEnd::kClosed, "closed"}, {im::SessionEnd::kTimeout, "timeout"},
      {im::SessionEnd::kKicked, "kicked"}, {im::SessionEnd::kReplaced, "replaced"},
      {im::SessionEnd::kDrain, "drain"},
  };
  for (const auto& [reason, name] : reasons) {
    Event event = make(Event::Kind::kSessionEnd, "john@h/a");
    event.reason = reason;
    assert_text_equal(
        write_one(event),
        R"({"type":"session.end","user":"john","host":"h","resource":"a","reason":")" + name +
            R"(","at":"2026-11-23T13:40:00.123Z"})");
  }
}

void a_gap_comes_first_and_names_its_host(void**) {
  EventBatch batch;
  batch.seq = 9;
  batch.lost = 312;
  batch.events.push_back(make(Event::Kind::kUserOnline, "john@h"));
  assert_text_equal(
      write_batch({"n1", "5f3a", "h"}, batch),
      R"({"v":1,"node":"n1","boot":"5f3a","seq":9,"events":[)"
      R"({"type":"gap","host":"h","lost":312},)"
      R"({"type":"user.online","user":"john","host":"h","at":"2026-11-23T13:40:00.123Z"}]})");
}

void mod_rest_gets_presence_as_prosody_tells_it(void**) {
  Event event = make(Event::Kind::kPresence, "john@h/a");
  assert_text_equal(write_mod_rest(event),
                    R"({"kind":"presence","type":"unavailable","from":"john@h/a"})");
  event.available = true;
  event.show = "dnd";
  event.status = "busy";
  event.priority = 5;
  assert_text_equal(write_mod_rest(event),
                    R"({"kind":"presence","type":"available","from":"john@h/a",)"
                    R"("show":"dnd","status":"busy","priority":5})");
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      cmocka_unit_test(users_come_and_go),
      cmocka_unit_test(presence_has_what_there_is),
      cmocka_unit_test(sessions_end_for_a_reason),
      cmocka_unit_test(a_gap_comes_first_and_names_its_host),
      cmocka_unit_test(mod_rest_gets_presence_as_prosody_tells_it),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
