// SPDX-License-Identifier: MIT
#include "net/connector.h"

#include <string>
#include <vector>

#include "support/cmocka.h"
#include "unit/net/scene.h"

using rosterd::Errc;
using rosterd::Error;
using rosterd::Timer;
using rosterd::net::Address;
using rosterd::net::ConnectEvents;
using rosterd::net::Connection;
using rosterd::net::Connector;
using rosterd::net::FlushPhase;
using rosterd::net::Listener;
using rosterd::net::ListenerOptions;
using rosterd::net::Loop;
using rosterd::net::test::Scene;
using rosterd::net::test::Side;

namespace {

struct Answers final : ConnectEvents {
  void on_connected(std::uint64_t ticket, Connection& connection) override {
    connected.push_back(ticket);
    peer = connection.peer().to_string();
    side.attach(connection);
    connection.abort("that is all");
  }
  void on_connect_failed(std::uint64_t ticket, const Error& error) override {
    failed.push_back(ticket);
    last = error;
  }
  std::vector<std::uint64_t> connected, failed;
  Error last;
  std::string peer;
  Side side;
};

// A port on which nobody listens: it was free a moment ago.
std::uint16_t find_closed_port() {
  Loop loop;
  ListenerOptions options;
  options.address = *Address::parse("127.0.0.1", 0);
  const auto listener = Listener::open(loop, options, nullptr);
  return listener ? (*listener)->address().port() : std::uint16_t{1};
}

void refused_port_is_reported_once_with_its_address(void**) {
  Loop loop;
  Connector connector(loop, FlushPhase::kWeb);
  Answers answers;
  const std::uint16_t port = find_closed_port();
  const std::uint64_t ticket = connector.connect("127.0.0.1", port, &answers);
  assert_int_equal(answers.failed.size(), 0);
  loop.run();
  assert_int_equal(answers.failed.size(), 1);
  assert_true(answers.failed[0] == ticket);
  assert_true(answers.last.code == Errc::kUnavailable);
  assert_true(answers.last.text.find("127.0.0.1") != std::string::npos);
  assert_true(answers.last.text.find(std::to_string(port)) != std::string::npos);
  assert_int_equal(loop.connection_count(), 0);
}

void name_without_address_is_not_found(void**) {
  Loop loop;
  Connector connector(loop, FlushPhase::kWeb);
  Answers answers;
  connector.connect("no-such-host.invalid", 80, &answers);
  connector.connect("no-such-host.invalid", 81, &answers);
  loop.run();
  assert_int_equal(answers.failed.size(), 2);
  // EAI_AGAIN where there is no resolver at all.
  assert_true(answers.last.code == Errc::kNotFound || answers.last.code == Errc::kUnavailable);
  assert_true(answers.last.text.find("no-such-host.invalid") != std::string::npos);
}

void hostile_names_fail_without_a_lookup(void**) {
  Loop loop;
  Connector connector(loop, FlushPhase::kWeb);
  Answers answers;
  connector.connect("", 80, &answers);
  connector.connect(std::string(3000, 'a'), 80, &answers);
  connector.connect("\xff\xfe", 80, &answers);
  loop.run();
  assert_int_equal(answers.failed.size(), 3);
}

void name_is_resolved_and_its_addresses_tried_in_order(void**) {
  Scene scene;  // listens on 127.0.0.1 only; localhost may be ::1 first
  Answers answers;
  scene.connector.connect("localhost", scene.listener->address().port(), &answers);
  scene.run_loop();
  assert_false(scene.timed_out);
  assert_int_equal(answers.connected.size(), 1);
  assert_true(answers.peer.starts_with("127.0.0.1:"));
}

void cancelled_attempt_reports_nothing(void**) {
  Loop loop;
  Connector connector(loop, FlushPhase::kWeb);
  Answers answers;
  const std::uint16_t port = find_closed_port();
  connector.cancel(connector.connect("127.0.0.1", port, &answers));
  const std::uint64_t looking_up = connector.connect("localhost", port, &answers);
  const std::uint64_t dialling = connector.connect("127.0.0.1", port, &answers);
  struct Cancel {
    void on_timer() {
      connector.cancel(looking_up);
      connector.cancel(dialling);
      connector.cancel(dialling);
    }
    Connector& connector;
    std::uint64_t looking_up, dialling;
    Timer timer = Timer::bind<&Cancel::on_timer>(this);
  } cancel{connector, looking_up, dialling};
  loop.timers().arm(cancel.timer, loop.now());  // after both have begun, before their answers
  loop.run();
  assert_int_equal(answers.failed.size() + answers.connected.size(), 0);
  assert_int_equal(loop.connection_count(), 0);
}

void connector_may_die_while_it_connects(void**) {
  Loop loop;
  auto connector = std::make_unique<Connector>(loop, FlushPhase::kWeb);
  Answers answers;
  const std::uint16_t port = find_closed_port();
  connector->connect("localhost", port, &answers);
  connector->connect("127.0.0.1", port, &answers);
  Timer end([](void* p) { static_cast<std::unique_ptr<Connector>*>(p)->reset(); }, &connector);
  loop.timers().arm(end, loop.now());
  loop.run();
  assert_null(connector.get());
  assert_int_equal(answers.failed.size() + answers.connected.size(), 0);
}

void aborting_all_connections_fails_those_being_made(void**) {
  Loop loop;
  Connector connector(loop, FlushPhase::kWeb);
  Answers answers;
  connector.connect("127.0.0.1", find_closed_port(), &answers);
  Timer abort([](void* p) { static_cast<Loop*>(p)->abort_connections("stopping"); }, &loop);
  loop.timers().arm(abort, loop.now());
  loop.run();
  assert_int_equal(answers.failed.size(), 1);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(refused_port_is_reported_once_with_its_address),
      cmocka_unit_test(name_without_address_is_not_found),
      cmocka_unit_test(hostile_names_fail_without_a_lookup),
      cmocka_unit_test(name_is_resolved_and_its_addresses_tried_in_order),
      cmocka_unit_test(cancelled_attempt_reports_nothing),
      cmocka_unit_test(connector_may_die_while_it_connects),
      cmocka_unit_test(aborting_all_connections_fails_those_being_made),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
