// SPDX-License-Identifier: MIT
// Events on their way: batches, retries, refusals, the stop. The test plays domain and receiver.
#include "app/events.h"

#include "unit/app/stage.h"

namespace rosterd::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Takes POSTs, and answers when the test says so.
class Receiver final : public web::Fetcher {
 public:
  struct Post {
    std::uint64_t ticket;
    web::FetchRequest request;
    web::FetchEvents* events;
  };
  std::uint64_t fetch(web::FetchRequest request, web::FetchEvents* events) override {
    assert_text_equal(request.method, "POST");
    open.push_back({++tickets, std::move(request), events});
    bodies.push_back(open.back().request.body);
    return tickets;
  }
  void cancel(std::uint64_t ticket) override {
    std::erase_if(open, [&](const Post& post) { return post.ticket == ticket; });
    ++cancelled;
  }
  // The oldest that is out.
  void reply(Result<http::Response> response) {
    assert_false(open.empty());
    const Post post = std::move(open.front());
    open.erase(open.begin());
    post.events->on_fetch_done(post.ticket, std::move(response));
  }
  void answer(int status, std::string retry_after = {}) {
    http::Response response;
    response.status = status;
    if (!retry_after.empty()) response.fields.add("Retry-After", std::move(retry_after));
    reply(std::move(response));
  }
  void fail() { reply(make_error(Errc::kUnavailable, "connect: refused")); }

  std::vector<Post> open;
  std::vector<std::string> bodies;  // of all, in order
  std::uint64_t tickets = 0;
  int cancelled = 0;
};

struct World final : EventsOwner {
  static EventsOptions make_options() {
    EventsOptions options;
    options.node = "n1";
    options.targets = {{"h", "http://app.example.org/chat/events?x=1", {}, {}}};
    return options;
  }
  void start() { events = std::make_unique<Events>(options, receiver, clock, timers, this); }
  void on_events_stopped() override { ++stopped; }
  void pass(Duration duration) {
    const Instant last = clock.now() + duration;
    for (auto due = timers.next_due(); due && *due <= last; due = timers.next_due()) {
      clock.passed += std::max(*due - clock.now(), Duration(0));
      timers.run_due(clock.now());
    }
    clock.passed += last - clock.now();
  }
  void online(std::string_view user) { events->on_user_online(make_jid(user)); }
  void show(std::string_view session, std::string_view show) {
    events->on_presence(make_jid(session), {true, show, "", 0});
  }
  // The number of each batch that was sent so far, and its users: "1:a,b 3:c".
  std::string sent() const {
    std::string text;
    for (const std::string& body : receiver.bodies) {
      text += (text.empty() ? "" : " ") + part(body, "\"seq\":", ",") + ":";
      for (std::size_t at = body.find("\"events\""); at != std::string::npos;) {
        const std::size_t user = body.find("\"user\":\"", at);
        const std::size_t gap = body.find("\"lost\":", at);
        at = std::min(user, gap);
        if (at == std::string::npos) break;
        if (text.back() != ':') text += ',';
        text += at == gap ? "gap" + part(body.substr(at), "\"lost\":", "}")
                          : part(body.substr(at), "\"user\":\"", "\"");
        ++at;
      }
    }
    return text;
  }
  static std::string part(const std::string& text, std::string_view before,
                          std::string_view after) {
    const std::size_t begin = text.find(before) + before.size();
    return text.substr(begin, text.find(after, begin) - begin);
  }

  Journal journal;
  im::ManualClock clock;
  Timers timers;
  Receiver receiver;
  EventsOptions options = make_options();
  int stopped = 0;
  std::unique_ptr<Events> events;
};

int set_world(void** state) {
  auto* const world = new World;
  world->start();
  *state = world;
  return 0;
}
int clear_world(void** state) {
  delete static_cast<World*>(*state);
  return 0;
}
World& world_of(void** state) { return *static_cast<World*>(*state); }

void events_wait_a_quarter_of_a_second_for_others(void** state) {
  World& world = world_of(state);
  world.online("a@h");
  world.pass(milliseconds(200));
  world.online("b@h");
  world.pass(milliseconds(49));
  assert_text_equal(world.sent(), "");
  world.pass(milliseconds(1));
  assert_text_equal(world.sent(), "1:a,b");
  const web::FetchRequest& request = world.receiver.open.front().request;
  assert_text_equal(request.url.target, "/chat/events?x=1");
  assert_text_equal(request.fields.get("Content-Type"), "application/json");
  assert_false(request.fields.has("Rosterd-Signature"));
  world.online("c@h");
  world.pass(seconds(5));
  assert_text_equal(world.sent(), "1:a,b");  // one request at a time
  world.receiver.answer(204);
  world.pass(milliseconds(1));
  assert_text_equal(world.sent(), "1:a,b 3:c");
  world.receiver.answer(200);
  const EventStats stats = world.events->stats();
  assert_int_equal(stats.sent, 3);
  assert_int_equal(stats.queued, 0);
  assert_int_equal(stats.retries, 0);
  assert_true(stats.last_success.has_value());
}

void two_hundred_events_do_not_wait(void** state) {
  World& world = world_of(state);
  for (int i = 0; i < 450; ++i) world.online("u" + std::to_string(i) + "@h");
  world.pass(milliseconds(1));
  assert_int_equal(world.receiver.bodies.size(), 1);
  world.receiver.answer(200);
  world.pass(milliseconds(1));
  world.receiver.answer(200);
  world.pass(milliseconds(1));
  assert_int_equal(world.receiver.bodies.size(), 2);
  world.pass(milliseconds(250));
  assert_int_equal(world.receiver.bodies.size(), 3);
  assert_text_equal(World::part(world.receiver.bodies[2], "\"seq\":", ","), "401");
}

void a_failed_batch_goes_out_again_unchanged(void** state) {
  World& world = world_of(state);
  world.show("a@h/1", "away");
  world.pass(milliseconds(250));
  world.receiver.fail();
  world.show("a@h/1", "dnd");
  world.pass(milliseconds(999));
  assert_int_equal(world.receiver.bodies.size(), 1);
  world.pass(milliseconds(251));
  world.receiver.answer(500);
  world.pass(seconds(3));
  world.receiver.answer(200);
  assert_int_equal(world.receiver.bodies.size(), 3);
  assert_text_equal(world.receiver.bodies[1], world.receiver.bodies[0]);
  assert_text_equal(world.receiver.bodies[2], world.receiver.bodies[0]);
  world.pass(milliseconds(1));
  assert_text_equal(world.sent(), "1:a 1:a 1:a 2:a");
  assert_int_equal(world.events->stats().retries, 2);
  assert_int_equal(world.journal.count("delivered again host=h failures=2"), 1);
}

void delays_double_up_to_a_minute(void** state) {
  World& world = world_of(state);
  world.online("a@h");
  world.pass(milliseconds(250));
  for (const int expected : {1, 2, 4, 8, 16, 32, 60, 60}) {
    const std::size_t before = world.receiver.bodies.size();
    const Duration delay = seconds(expected);
    world.receiver.answer(503);
    world.pass(delay * 3 / 4 - milliseconds(1));
    assert_int_equal(world.receiver.bodies.size(), before);
    world.pass(delay / 2 + milliseconds(2));
    assert_int_equal(world.receiver.bodies.size(), before + 1);
  }
}

void retry_after_is_honoured(void** state) {
  World& world = world_of(state);
  world.online("a@h");
  world.pass(milliseconds(250));
  world.receiver.answer(429, "100");
  world.pass(seconds(99));
  assert_int_equal(world.receiver.bodies.size(), 1);
  world.pass(seconds(1));
  assert_int_equal(world.receiver.bodies.size(), 2);
}

void wrong_address_or_credentials_are_an_alarm_once(void** state) {
  World& world = world_of(state);
  for (const int status : {301, 401, 403, 404}) {
    world.online("a@h");
    world.pass(milliseconds(250));
    for (int i = 0; i < 4; ++i) {
      world.receiver.answer(status);
      world.pass(seconds(80));
    }
    const std::string line = "events not taken host=h to=http://app.example.org why=\"status " +
                             std::to_string(status) + "\"";
    assert_int_equal(world.journal.count(line), 1);
    world.receiver.answer(200);
  }
  assert_int_equal(world.events->stats().lost, 0);
}

void a_batch_refused_five_times_becomes_a_gap(void** state) {
  World& world = world_of(state);
  world.online("a@h");
  world.pass(milliseconds(250));
  world.online("b@h");
  for (int i = 0; i < 5; ++i) {
    world.receiver.answer(422);
    world.pass(seconds(20));
  }
  world.receiver.answer(200);
  assert_text_equal(world.sent(), "1:a 1:a 1:a 1:a 1:a 2:gap1,b");
  assert_int_equal(world.events->stats().lost, 1);
  assert_int_equal(world.journal.count("events lost host=h events=1"), 1);
}

void what_is_lost_by_overflow_is_told(void** state) {
  World& world = world_of(state);
  world.options.queue_limit = 3;
  world.events->set_options(world.options);
  world.online("a@h");
  world.pass(milliseconds(250));
  world.receiver.fail();
  for (int i = 0; i < 10; ++i) world.online("u" + std::to_string(i) + "@h");
  assert_int_equal(world.journal.count("queue is full"), 1);
  world.pass(seconds(2));
  world.receiver.answer(200);
  world.pass(milliseconds(250));
  world.receiver.answer(200);
  assert_text_equal(world.sent(), "1:a 1:a 2:gap7,u7,u8,u9");
  assert_int_equal(world.events->stats().lost, 7);
}

void signatures_are_made_anew_for_each_try(void** state) {
  World& world = world_of(state);
  world.options.targets[0].credentials = {*parse_credential("hmac:k1:secret"),
                                          *parse_credential("bearer:token")};
  world.events->set_options(world.options);
  world.online("a@h");
  world.pass(milliseconds(250));
  const auto signature = [&] {
    return std::string(world.receiver.open.front().request.fields.get("Rosterd-Signature"));
  };
  const std::string first = signature();
  assert_true(first.starts_with("t="));
  assert_text_equal(world.receiver.open.front().request.fields.get("Authorization"),
                    "Bearer token");
  world.receiver.fail();
  world.pass(seconds(2));
  assert_true(signature() != first);
}

void each_host_has_its_own_stream(void** state) {
  World& world = world_of(state);
  world.options.targets.push_back({"other", "http://b.example.org/", {}, {}});
  world.events->set_options(world.options);
  world.online("a@h");
  world.online("b@other");
  world.online("c@third");
  world.pass(milliseconds(250));
  assert_text_equal(world.sent(), "1:a 1:b");
  const auto boot = [&](std::size_t i) {
    return World::part(world.receiver.bodies[i], "\"boot\":\"", "\"");
  };
  assert_true(boot(0) != boot(1));
  world.receiver.fail();  // h's; other's goes on
  world.receiver.answer(200);
  world.online("d@other");
  world.pass(milliseconds(250));
  assert_text_equal(world.sent(), "1:a 1:b 2:d");
  assert_int_equal(world.events->stats().queued, 2);
}

void a_new_address_is_tried_at_once(void** state) {
  World& world = world_of(state);
  world.online("a@h");
  world.pass(milliseconds(250));
  for (int i = 0; i < 6; ++i) {
    world.receiver.answer(404);
    if (i < 5) world.pass(seconds(80));
  }
  world.options.targets[0].url = "http://app.example.org/new";
  world.options.node = "n2";
  world.events->set_options(world.options);
  world.pass(milliseconds(0));
  assert_text_equal(world.receiver.open.front().request.url.target, "/new");
  assert_text_equal(World::part(world.receiver.bodies.back(), "\"node\":\"", "\""), "n2");
  world.receiver.answer(404);
  assert_int_equal(world.journal.count("why=\"status 404\""), 2);  // news about a new address
}

void a_host_without_address_any_more_loses_what_waits(void** state) {
  World& world = world_of(state);
  world.online("a@h");
  world.pass(milliseconds(250));
  world.options.targets.clear();
  world.events->set_options(world.options);
  assert_int_equal(world.receiver.cancelled, 1);
  assert_int_equal(world.journal.count("events lost host=h events=1"), 1);
  world.online("b@h");
  world.pass(seconds(1));
  assert_text_equal(world.sent(), "1:a");
  assert_int_equal(world.events->stats().lost, 1);
}

void a_long_status_is_cut_between_characters(void** state) {
  World& world = world_of(state);
  std::string status;
  for (int i = 0; i < 1000; ++i) status += "é";
  world.events->on_presence(make_jid("a@h/1"), {true, "", status, 0});
  world.pass(milliseconds(250));
  const std::string told = World::part(world.receiver.bodies[0], "\"status\":\"", "\"");
  assert_int_equal(told.size(), 1022);
}

void stopping_sends_what_is_left_without_delay(void** state) {
  World& world = world_of(state);
  for (int i = 0; i < 250; ++i) world.online("u" + std::to_string(i) + "@h");
  world.events->stop();
  world.online("late@h");
  assert_int_equal(world.receiver.open.size(), 1);
  world.receiver.answer(200);
  assert_int_equal(world.receiver.open.size(), 1);
  world.receiver.answer(200);
  assert_int_equal(world.stopped, 0);
  world.pass(milliseconds(0));
  assert_int_equal(world.stopped, 1);
  assert_int_equal(world.events->stats().sent, 250);
  assert_int_equal(world.journal.count("lost"), 0);
}

void stopping_with_nothing_left_ends_at_once(void** state) {
  World& world = world_of(state);
  world.events->stop();
  assert_int_equal(world.stopped, 0);  // never from inside
  world.pass(milliseconds(0));
  assert_int_equal(world.stopped, 1);
}

void what_fails_while_stopping_is_lost_and_counted(void** state) {
  World& world = world_of(state);
  world.online("a@h");
  world.pass(milliseconds(250));
  world.online("b@h");
  world.events->stop();
  world.receiver.fail();  // it was sent before: once more
  assert_int_equal(world.receiver.open.size(), 1);
  world.receiver.fail();
  world.pass(milliseconds(0));
  assert_int_equal(world.stopped, 1);
  assert_int_equal(world.journal.count("events lost host=h events=2"), 1);
}

void a_hanging_receiver_does_not_hold_the_stop_for_ever(void** state) {
  World& world = world_of(state);
  world.online("a@h");
  world.events->stop();
  world.pass(seconds(5));
  assert_int_equal(world.stopped, 0);
  world.events->abandon();
  world.pass(milliseconds(0));
  assert_int_equal(world.stopped, 1);
  assert_int_equal(world.receiver.cancelled, 1);
  assert_int_equal(
      world.journal.count("events lost host=h events=1 why=\"drain_timeout has passed\""), 1);
  world.events->abandon();
  world.pass(milliseconds(0));
  assert_int_equal(world.stopped, 1);
}

void mod_rest_gets_presence_one_by_one(void** state) {
  World& world = world_of(state);
  world.options.targets[0].format = EventFormat::kModRest;
  world.events->set_options(world.options);
  world.online("a@h");
  world.show("a@h/1", "away");
  world.show("b@h/1", "");
  world.events->on_session_end(make_jid("b@h/1"), im::SessionEnd::kClosed);
  world.pass(milliseconds(250));
  assert_text_equal(world.receiver.bodies.back(),
                    R"({"kind":"presence","type":"available","from":"a@h/1","show":"away"})");
  world.receiver.answer(202);
  world.pass(milliseconds(0));
  assert_text_equal(world.receiver.bodies.back(),
                    R"({"kind":"presence","type":"available","from":"b@h/1"})");
  for (int i = 0; i < 5; ++i) {
    world.receiver.answer(400);
    world.pass(seconds(20));
  }
  assert_int_equal(world.receiver.open.size(), 0);
  assert_int_equal(world.events->stats().lost, 1);
}

}  // namespace
}  // namespace rosterd::app

#define WORLD_TEST(test) cmocka_unit_test_setup_teardown(test, set_world, clear_world)

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      WORLD_TEST(events_wait_a_quarter_of_a_second_for_others),
      WORLD_TEST(two_hundred_events_do_not_wait),
      WORLD_TEST(a_failed_batch_goes_out_again_unchanged),
      WORLD_TEST(delays_double_up_to_a_minute),
      WORLD_TEST(retry_after_is_honoured),
      WORLD_TEST(wrong_address_or_credentials_are_an_alarm_once),
      WORLD_TEST(a_batch_refused_five_times_becomes_a_gap),
      WORLD_TEST(what_is_lost_by_overflow_is_told),
      WORLD_TEST(signatures_are_made_anew_for_each_try),
      WORLD_TEST(each_host_has_its_own_stream),
      WORLD_TEST(a_new_address_is_tried_at_once),
      WORLD_TEST(a_host_without_address_any_more_loses_what_waits),
      WORLD_TEST(a_long_status_is_cut_between_characters),
      WORLD_TEST(stopping_sends_what_is_left_without_delay),
      WORLD_TEST(stopping_with_nothing_left_ends_at_once),
      WORLD_TEST(what_fails_while_stopping_is_lost_and_counted),
      WORLD_TEST(a_hanging_receiver_does_not_hold_the_stop_for_ever),
      WORLD_TEST(mod_rest_gets_presence_one_by_one),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
