// SPDX-License-Identifier: MIT
#include "net/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <string>

#include "support/cmocka.h"
#include "unit/net/raw_peer.h"
#include "unit/net/scene.h"

using rosterd::Errc;
using rosterd::net::LoopOptions;
using rosterd::net::test::make_pattern;
using rosterd::net::test::RawPeer;
using rosterd::net::test::receive_all;
using rosterd::net::test::Scene;
using rosterd::net::test::send_all;
using rosterd::net::test::Side;

namespace {

void bytes_come_back_from_an_echo(void**) {
  Scene scene;
  scene.connected_hook = [](Side& client) { client.write("hello"); };
  scene.server.bytes_hook = [](Side& server) { server.write(server.received); };
  scene.client.bytes_hook = [](Side& client) { client.close(); };
  scene.run();
  assert_false(scene.timed_out);
  assert_text_equal(scene.client.received, "hello");
  assert_int_equal(scene.server.closes, 1);
  assert_int_equal(scene.client.closes, 1);
  assert_int_equal(scene.server.ends, 1);
  assert_int_equal(scene.loop.connection_count(), 0);
}

void large_transfer_to_a_slow_reader_arrives_whole(void**) {
  const std::string sent = make_pattern(8 << 20);
  Scene scene;
  std::size_t queued = 0, backlog = 0;
  scene.accepted_hook = [&](Side& server) { server.write(sent); };
  // A second connection's worth of turns later the reader wakes up.
  rosterd::Timer wake([](void* p) { static_cast<Scene*>(p)->client.connection->resume_reading(); },
                      &scene);
  scene.connected_hook = [&](Side& client) {
    client.connection->pause_reading();
    scene.loop.timers().arm(wake, scene.loop.now() + std::chrono::milliseconds(20));
  };
  scene.client.bytes_hook = [&](Side& client) {
    if (queued == 0) {
      queued = scene.server.connection->queued_bytes();
      backlog = scene.loop.backlog().bytes();
    }
    if (client.received.size() == sent.size()) client.close();
  };
  scene.run();
  assert_false(scene.timed_out);
  assert_true(queued > 0);
  assert_int_equal(backlog, queued);
  assert_int_equal(scene.loop.backlog().bytes(), 0);
  assert_true(scene.client.received == sent);
  assert_int_equal(scene.server.drains, 1);
}

void drained_is_not_reported_when_the_kernel_took_all_at_once(void**) {
  Scene scene;
  scene.connected_hook = [](Side& client) { client.write("small"); };
  scene.server.bytes_hook = [](Side& server) { server.close(); };
  scene.run();
  assert_false(scene.timed_out);
  assert_int_equal(scene.client.drains, 0);
}

void what_on_drained_writes_follows_in_order(void**) {
  const std::string sent = make_pattern(6 << 20);
  Scene scene;
  scene.accepted_hook = [&](Side& server) { server.write(sent); };
  scene.server.drained_hook = [](Side& server) {
    server.write("the end");
    server.close();
  };
  scene.run();
  assert_false(scene.timed_out);
  assert_true(scene.client.received == sent + "the end");
}

void close_hands_over_what_was_written_before(void**) {
  const std::string sent = make_pattern(4 << 20);
  Scene scene;
  scene.accepted_hook = [&](Side& server) {
    server.write(sent);
    server.close();
    server.write("too late");
  };
  scene.run();
  assert_false(scene.timed_out);
  assert_true(scene.client.received == sent);
  assert_int_equal(scene.client.ends, 1);
  assert_int_equal(scene.server.closes, 1);
  assert_true(scene.server.reason.code == Errc::kCancelled);
  assert_text_equal(scene.server.reason.text, "the test is done");
}

void bytes_after_close_are_dropped(void**) {
  Scene scene;
  scene.accepted_hook = [](Side& server) { server.close(); };
  scene.connected_hook = [](Side& client) { client.write("nobody reads this"); };
  scene.run();
  assert_false(scene.timed_out);
  assert_text_equal(scene.server.received, "");
  assert_int_equal(scene.server.ends, 0);
}

void abort_closes_at_once_but_reports_later(void**) {
  Scene scene;
  int closes_inside = -1;
  scene.accepted_hook = [&](Side& server) {
    server.write("lost");
    server.connection->abort("enough");
    server.connection->abort("again");
    server.connection->close("and again");
    closes_inside = server.closes;
  };
  scene.run();
  assert_false(scene.timed_out);
  assert_int_equal(closes_inside, 0);
  assert_int_equal(scene.server.closes, 1);
  assert_text_equal(scene.server.reason.text, "enough");
  assert_text_equal(scene.client.received, "");
  assert_int_equal(scene.client.closes, 1);
}

void peer_that_resets_is_reported_as_unavailable(void**) {
  Scene scene;
  scene.accepted_hook = [](Side& server) { server.write(make_pattern(8 << 20)); };
  // Where the fault is met by writing, reading meets an end.
  scene.server.end_hook = [](Side&) {};
  RawPeer raw(scene.listener->address(), [](int fd) {
    char first = 0;
    const ssize_t size = ::recv(fd, &first, 1, 0);
    // Without lingering, close(2) sends RST whatever has been read.
    const linger none{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    return std::string(&first, size == 1 ? 1 : 0);
  });
  scene.run_loop();
  assert_int_equal(raw.join().size(), 1);
  assert_false(scene.timed_out);
  assert_int_equal(scene.server.closes, 1);
  assert_int_equal(scene.server.drains, 0);
  assert_true(scene.server.reason.code == Errc::kUnavailable);
}

void peer_that_takes_nothing_is_cut_at_the_drain_deadline(void**) {
  LoopOptions options;
  options.drain_timeout = std::chrono::milliseconds(20);
  Scene scene(options);
  scene.connected_hook = [](Side& client) { client.connection->pause_reading(); };
  scene.accepted_hook = [](Side& server) {
    server.write(make_pattern(16 << 20));
    server.close();
  };
  scene.server.closed_hook = [&](Side&) { scene.client.connection->abort("seen enough"); };
  scene.run();
  assert_false(scene.timed_out);
  assert_true(scene.server.reason.code == Errc::kTimeout);
}

void peer_that_never_closes_is_cut_at_the_drain_deadline(void**) {
  LoopOptions options;
  options.drain_timeout = std::chrono::milliseconds(20);
  Scene scene(options);
  scene.accepted_hook = [](Side& server) { server.close(); };
  scene.client.end_hook = [](Side& client) { client.write("I stay"); };
  scene.server.closed_hook = [&](Side&) { scene.client.close(); };
  scene.run();
  assert_false(scene.timed_out);
  assert_true(scene.server.reason.code == Errc::kTimeout);
}

void answer_can_be_written_after_the_peers_end(void**) {
  Scene scene;
  RawPeer raw(scene.listener->address(), [](int fd) {
    send_all(fd, "question");
    ::shutdown(fd, SHUT_WR);
    return receive_all(fd);
  });
  scene.server.end_hook = [](Side& server) {
    server.write("answer to " + server.received);
    server.close();
  };
  scene.run_loop();
  assert_text_equal(raw.join(), "answer to question");
  assert_false(scene.timed_out);
  assert_int_equal(scene.server.ends, 1);
}

void paused_connection_delivers_nothing_until_resumed(void**) {
  Scene scene;
  bool resumed = false, early = false;
  struct Resume {
    Scene& scene;
    bool& resumed;
    void on_timer() {
      resumed = true;
      scene.server.connection->resume_reading();
    }
    rosterd::Timer timer = rosterd::Timer::bind<&Resume::on_timer>(this);
  } resume{scene, resumed};
  scene.accepted_hook = [&](Side& server) {
    server.connection->pause_reading();
    scene.loop.timers().arm(resume.timer, scene.loop.now() + std::chrono::milliseconds(20));
  };
  scene.connected_hook = [](Side& client) { client.write("wait for it"); };
  scene.server.bytes_hook = [&](Side& server) {
    early = !resumed;
    server.close();
  };
  scene.run();
  assert_false(scene.timed_out);
  assert_true(resumed);
  assert_false(early);
  assert_text_equal(scene.server.received, "wait for it");
}

void one_turn_reads_no_more_than_the_budget_of_a_connection(void**) {
  constexpr std::size_t kSent = 8 << 20;
  constexpr std::size_t kBudget = 256 * 1024, kReadBuffer = 64 * 1024;
  Scene scene;
  scene.loop.set_options({.drain_timeout = std::chrono::minutes(1)});  // on a busy machine
  std::uint64_t turn = 0;
  std::size_t before = 0, most = 0;
  scene.connected_hook = [](Side& client) {
    client.write(make_pattern(kSent));
    client.close();
  };
  scene.server.bytes_hook = [&](Side& server) {
    if (scene.loop.turns() != turn) {
      turn = scene.loop.turns();
      before = server.received.size() - std::min(server.received.size(), kReadBuffer);
    }
    most = std::max(most, server.received.size() - before);
  };
  scene.run();
  assert_false(scene.timed_out);
  assert_true(scene.server.received == make_pattern(kSent));
  assert_true(most <= kBudget + 2 * kReadBuffer);
}

void connection_that_nobody_handles_is_closed(void**) {
  Scene scene;
  scene.accepted_hook = [](Side& server) { server.connection->set_events(nullptr); };
  scene.connected_hook = [](Side& client) { client.write("hello?"); };
  scene.run();
  assert_false(scene.timed_out);
  assert_int_equal(scene.client.closes, 1);
  assert_int_equal(scene.server.closes, 0);
}

void both_sides_know_each_others_address(void**) {
  Scene scene;
  std::string server_local, server_peer, client_local, client_peer;
  scene.connected_hook = [&](Side& client) {
    client_local = client.connection->local().to_string();
    client_peer = client.connection->peer().to_string();
    client.close();
  };
  scene.accepted_hook = [&](Side& server) {
    server_local = server.connection->local().to_string();
    server_peer = server.connection->peer().to_string();
  };
  scene.run();
  assert_text_equal(server_local, client_peer);
  assert_text_equal(server_peer, client_local);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(bytes_come_back_from_an_echo),
      cmocka_unit_test(large_transfer_to_a_slow_reader_arrives_whole),
      cmocka_unit_test(drained_is_not_reported_when_the_kernel_took_all_at_once),
      cmocka_unit_test(what_on_drained_writes_follows_in_order),
      cmocka_unit_test(close_hands_over_what_was_written_before),
      cmocka_unit_test(bytes_after_close_are_dropped),
      cmocka_unit_test(abort_closes_at_once_but_reports_later),
      cmocka_unit_test(peer_that_resets_is_reported_as_unavailable),
      cmocka_unit_test(peer_that_takes_nothing_is_cut_at_the_drain_deadline),
      cmocka_unit_test(peer_that_never_closes_is_cut_at_the_drain_deadline),
      cmocka_unit_test(answer_can_be_written_after_the_peers_end),
      cmocka_unit_test(paused_connection_delivers_nothing_until_resumed),
      cmocka_unit_test(one_turn_reads_no_more_than_the_budget_of_a_connection),
      cmocka_unit_test(connection_that_nobody_handles_is_closed),
      cmocka_unit_test(both_sides_know_each_others_address),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
