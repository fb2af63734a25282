// SPDX-License-Identifier: MIT
// What waits for the web app: order, numbers, coalescing, the limit.
#include "app/event_queue.h"

#include "support/cmocka.h"

namespace rosterd::app {
namespace {

using std::chrono::milliseconds;

xmpp::Jid make_jid(std::string_view text) {
  auto jid = xmpp::Jid::parse(text);
  assert_true(jid.has_value());
  return *jid;
}

Instant at(int ms) { return Instant() + std::chrono::hours(1) + milliseconds(ms); }

Event make(Event::Kind kind, std::string_view jid, int ms = 0) {
  Event event;
  event.kind = kind;
  event.jid = make_jid(jid);
  event.queued = at(ms);
  return event;
}

Event presence(std::string_view jid, std::string_view show, int ms = 0) {
  Event event = make(Event::Kind::kPresence, jid, ms);
  event.available = true;
  event.show = show;
  return event;
}

// "7: gap 3, a@h away, …": number, what was lost, JIDs with their show.
std::string describe(const EventBatch& batch) {
  std::string text = std::to_string(batch.seq) + ":";
  if (batch.lost > 0) text += " gap " + std::to_string(batch.lost);
  for (const Event& event : batch.events) {
    text += " " + std::string(event.jid.text()) + (event.show.empty() ? "" : "=" + event.show);
    if (event.kind == Event::Kind::kSessionEnd) text += "(end)";
  }
  return text;
}

void events_keep_their_order_and_are_numbered_from_1(void**) {
  EventQueue queue({.batch = 2});
  for (const char* user : {"a@h", "b@h", "c@h"}) {
    queue.push(make(Event::Kind::kUserOnline, user));
  }
  assert_text_equal(describe(queue.make_batch()), "1: a@h b@h");
  assert_int_equal(queue.size(), 3);
  queue.take_batch();
  assert_text_equal(describe(queue.make_batch()), "3: c@h");
  queue.take_batch();
  assert_int_equal(queue.size(), 0);
  assert_false(queue.due().has_value());
}

void a_batch_is_due_when_full_or_after_its_delay(void**) {
  EventQueue queue({.batch = 2});
  assert_false(queue.due().has_value());
  queue.push(make(Event::Kind::kUserOnline, "a@h", 5));
  queue.push(make(Event::Kind::kUserOnline, "b@h", 100));
  assert_true(*queue.due() <= at(5));
  queue.make_batch();
  assert_false(queue.due().has_value());
  queue.push(make(Event::Kind::kUserOnline, "c@h", 120));
  assert_false(queue.due().has_value());  // one on its way
  queue.take_batch();
  assert_true(*queue.due() == at(120) + EventQueue::kBatchDelay);
}

void presence_replaces_what_waits_of_the_same_session(void**) {
  EventQueue queue({});
  queue.push(presence("a@h/1", "away", 0));
  queue.push(presence("a@h/2", "chat", 1));
  queue.push(presence("a@h/1", "dnd", 200));
  assert_int_equal(queue.size(), 2);
  assert_text_equal(describe(queue.make_batch()), "1: a@h/2=chat a@h/1=dnd");
  assert_int_equal(queue.lost(), 0);
}

void a_session_that_changes_all_the_time_is_heard_of_in_time(void**) {
  EventQueue queue({});
  for (int ms = 0; ms < 1000; ms += 100) queue.push(presence("a@h/1", "away", ms));
  assert_true(*queue.due() == at(0) + EventQueue::kBatchDelay);
}

void presence_in_a_batch_is_not_replaced(void**) {
  EventQueue queue({});
  queue.push(presence("a@h/1", "away"));
  queue.make_batch();
  queue.push(presence("a@h/1", "dnd"));
  assert_text_equal(describe(*queue.batch()), "1: a@h/1=away");
  queue.take_batch();
  assert_text_equal(describe(queue.make_batch()), "2: a@h/1=dnd");
}

void presence_does_not_jump_over_the_end_of_a_session(void**) {
  EventQueue queue({});
  queue.push(presence("a@h/1", "away"));
  queue.push(make(Event::Kind::kSessionEnd, "a@h/1"));
  queue.push(presence("a@h/1", "chat"));
  queue.push(presence("a@h/1", "dnd"));
  assert_text_equal(describe(queue.make_batch()), "1: a@h/1=away a@h/1(end) a@h/1=dnd");
}

void over_the_limit_the_oldest_is_lost_and_a_gap_tells_how_many(void**) {
  EventQueue queue({.limit = 2});
  queue.push(make(Event::Kind::kUserOnline, "a@h"));
  queue.make_batch();
  for (const char* user : {"b@h", "c@h", "d@h", "e@h", "f@h"}) {
    queue.push(make(Event::Kind::kUserOnline, user));
  }
  assert_int_equal(queue.lost(), 3);
  assert_text_equal(describe(*queue.batch()), "1: a@h");
  queue.take_batch();
  // The gap has a number of its own.
  assert_text_equal(describe(queue.make_batch()), "2: gap 3 e@h f@h");
  queue.take_batch();
  queue.push(make(Event::Kind::kUserOnline, "g@h"));
  assert_text_equal(describe(queue.make_batch()), "5: g@h");
}

void lost_presence_is_not_replaced(void**) {
  EventQueue queue({.limit = 1});
  queue.push(presence("a@h/1", "away"));
  queue.push(presence("b@h/1", "away"));
  queue.push(presence("a@h/1", "dnd"));
  assert_text_equal(describe(queue.make_batch()), "1: gap 2 a@h/1=dnd");
}

void a_gap_counts_for_the_size_of_a_batch(void**) {
  EventQueue queue({.limit = 2, .batch = 2});
  for (const char* user : {"a@h", "b@h", "c@h"}) {
    queue.push(make(Event::Kind::kUserOnline, user));
  }
  assert_text_equal(describe(queue.make_batch()), "1: gap 1 b@h");
}

void a_batch_that_is_given_up_becomes_a_gap(void**) {
  EventQueue queue({.limit = 2});
  for (const char* user : {"a@h", "b@h", "c@h"}) {
    queue.push(make(Event::Kind::kUserOnline, user));
  }
  assert_text_equal(describe(queue.make_batch()), "1: gap 1 b@h c@h");
  queue.lose_batch();
  assert_int_equal(queue.lost(), 3);
  assert_true(queue.due().has_value());  // though nothing else waits
  assert_text_equal(describe(queue.make_batch()), "4: gap 3");
}

void without_gaps_only_the_count_is_kept(void**) {
  EventQueue queue({.limit = 1, .batch = 1, .gaps = false});
  queue.push(presence("a@h/1", "away"));
  queue.push(presence("b@h/1", "away"));
  assert_text_equal(describe(queue.make_batch()), "1: b@h/1=away");
  queue.lose_batch();
  assert_false(queue.due().has_value());
  assert_int_equal(queue.lost(), 2);
}

void clearing_loses_everything(void**) {
  EventQueue queue({.batch = 1});
  queue.push(presence("a@h/1", "away"));
  queue.push(presence("b@h/1", "away"));
  queue.make_batch();
  assert_int_equal(queue.clear(), 2);
  assert_int_equal(queue.size(), 0);
  queue.push(presence("b@h/1", "dnd"));
  assert_int_equal(queue.size(), 1);
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      cmocka_unit_test(events_keep_their_order_and_are_numbered_from_1),
      cmocka_unit_test(a_batch_is_due_when_full_or_after_its_delay),
      cmocka_unit_test(presence_replaces_what_waits_of_the_same_session),
      cmocka_unit_test(a_session_that_changes_all_the_time_is_heard_of_in_time),
      cmocka_unit_test(presence_in_a_batch_is_not_replaced),
      cmocka_unit_test(presence_does_not_jump_over_the_end_of_a_session),
      cmocka_unit_test(over_the_limit_the_oldest_is_lost_and_a_gap_tells_how_many),
      cmocka_unit_test(lost_presence_is_not_replaced),
      cmocka_unit_test(a_gap_counts_for_the_size_of_a_batch),
      cmocka_unit_test(a_batch_that_is_given_up_becomes_a_gap),
      cmocka_unit_test(without_gaps_only_the_count_is_kept),
      cmocka_unit_test(clearing_loses_everything),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
