// SPDX-License-Identifier: MIT
#include "net/listener.h"

#include <string>
#include <vector>

#include "base/log.h"
#include "support/cmocka.h"
#include "unit/net/raw_peer.h"
#include "unit/net/scene.h"

using rosterd::Errc;
using rosterd::net::Address;
using rosterd::net::Connection;
using rosterd::net::FlushPhase;
using rosterd::net::Listener;
using rosterd::net::ListenerEvents;
using rosterd::net::ListenerOptions;
using rosterd::net::Loop;
using rosterd::net::test::RawPeer;
using rosterd::net::test::receive_all;
using rosterd::net::test::Side;

namespace {

// Greets every connection; stops listening with the last one expected.
struct Greeter final : ListenerEvents {
  void on_accept(Connection& connection) override {
    sides.push_back(std::make_unique<Side>());
    sides.back()->attach(connection);
    connection.write("welcome");
    if (closes_at_once) connection.close("greeted");
    if (--expected == 0) listener.reset();
  }
  std::vector<std::unique_ptr<Side>> sides;
  std::unique_ptr<Listener> listener;
  int expected = 1;
  bool closes_at_once = true;
};

ListenerOptions listen_on(const char* ip, std::uint16_t port = 0) {
  ListenerOptions options;
  options.address = *Address::parse(ip, port);
  return options;
}

void port_zero_gets_a_real_one(void**) {
  Loop loop;
  Greeter greeter;
  greeter.listener = std::move(*Listener::open(loop, listen_on("127.0.0.1"), &greeter));
  assert_true(greeter.listener->address().port() != 0);
  RawPeer peer(greeter.listener->address(), receive_all);
  loop.run();
  assert_text_equal(peer.join(), "welcome");
}

void address_in_use_is_an_error_that_names_it(void**) {
  Loop loop;
  auto first = Listener::open(loop, listen_on("127.0.0.1"), nullptr);
  assert_true(first.has_value());
  const std::uint16_t port = (*first)->address().port();
  const auto second = Listener::open(loop, listen_on("127.0.0.1", port), nullptr);
  assert_false(second.has_value());
  assert_true(second.error().code == Errc::kUnavailable);
  assert_true(second.error().text.find("127.0.0.1:" + std::to_string(port)) != std::string::npos);
}

void star_accepts_ipv4_and_shows_its_peer_so(void**) {
  Loop loop;
  Greeter greeter;
  auto opened = Listener::open(loop, listen_on("*"), &greeter);
  assert_true(opened.has_value());
  greeter.listener = std::move(*opened);
  greeter.closes_at_once = false;
  const Address to = *Address::parse("127.0.0.1", greeter.listener->address().port());
  std::string shown;
  RawPeer peer(to, [](int fd) {
    char byte;
    return std::to_string(::recv(fd, &byte, 1, 0));
  });
  loop.run();
  assert_text_equal(peer.join(), "1");
  assert_int_equal(greeter.sides.size(), 1);
}

void connection_over_the_limit_is_closed_unserved_and_logged(void**) {
  static std::vector<std::string> lines;
  lines.clear();
  rosterd::log::set_sink(
      [](void*, rosterd::log::Level, std::string_view line) { lines.emplace_back(line); }, nullptr);
  Loop loop;
  Greeter greeter;
  ListenerOptions options = listen_on("127.0.0.1");
  options.max_connections = 1;
  greeter.listener = std::move(*Listener::open(loop, options, &greeter));
  greeter.closes_at_once = false;
  greeter.expected = 2;  // never comes
  const Address to = greeter.listener->address();
  RawPeer peer(to, [&](int fd) {
    char byte;
    ::recv(fd, &byte, 1, 0);  // it is in
    std::string refused;
    RawPeer second(to, receive_all);
    return "second heard '" + second.join() + "'";
  });
  struct Stop {
    void on_timer() {
      if (greeter.sides.empty() || greeter.sides[0]->closes == 0) {
        loop.timers().arm(timer, loop.now() + std::chrono::milliseconds(1));
      } else {
        greeter.listener.reset();
      }
    }
    Loop& loop;
    Greeter& greeter;
    rosterd::Timer timer = rosterd::Timer::bind<&Stop::on_timer>(this);
  } stop{loop, greeter};
  loop.timers().arm(stop.timer, loop.now());
  loop.run();
  rosterd::log::set_sink(nullptr, nullptr);
  assert_text_equal(peer.join(), "second heard ''");
  assert_int_equal(greeter.sides.size(), 1);
  assert_int_equal(lines.size(), 1);
  assert_true(lines[0].starts_with("net too many connections"));
}

void closed_listener_refuses(void**) {
  Loop loop;
  auto opened = Listener::open(loop, listen_on("127.0.0.1"), nullptr);
  const Address address = (*opened)->address();
  opened->reset();
  loop.run();
  bool talked = false;
  RawPeer peer(address, [&](int) {
    talked = true;
    return "";
  });
  peer.join();
  assert_false(talked);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(port_zero_gets_a_real_one),
      cmocka_unit_test(address_in_use_is_an_error_that_names_it),
      cmocka_unit_test(star_accepts_ipv4_and_shows_its_peer_so),
      cmocka_unit_test(connection_over_the_limit_is_closed_unserved_and_logged),
      cmocka_unit_test(closed_listener_refuses),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
