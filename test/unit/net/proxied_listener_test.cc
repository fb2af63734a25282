// SPDX-License-Identifier: MIT
// Connections of proxies: who their client is, and that no other peer suffers from a bad one.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "net/listener.h"
#include "support/cmocka.h"
#include "unit/net/raw_peer.h"
#include "unit/net/scene.h"

using rosterd::net::Address;
using rosterd::net::Connection;
using rosterd::net::Listener;
using rosterd::net::ListenerEvents;
using rosterd::net::ListenerOptions;
using rosterd::net::Loop;
using rosterd::net::Network;
using rosterd::net::test::RawPeer;
using rosterd::net::test::receive_all;
using rosterd::net::test::send_all;
using rosterd::net::test::Side;

namespace {

constexpr const char* kHeader = "PROXY TCP4 192.0.2.1 127.0.0.1 4711 5222\r\n";

std::vector<std::string> lines;

int watch_log(void**) {
  lines.clear();
  rosterd::log::set_sink(
      [](void*, rosterd::log::Level, std::string_view line) { lines.emplace_back(line); }, nullptr);
  return 0;
}
int unwatch_log(void**) {
  rosterd::log::set_sink(nullptr, nullptr);
  return 0;
}

// Tells the one connection that gets through who it is, once it has said all of "hello"; stops
// listening then.
struct Host final : ListenerEvents {
  explicit Host(const char* proxy, rosterd::Duration timeout = std::chrono::seconds(20)) {
    ListenerOptions options;
    options.address = *Address::parse("127.0.0.1", 0);
    options.proxies = {*Network::parse(proxy)};
    options.proxy_timeout = timeout;
    listener = std::move(*Listener::open(loop, options, this));
    to = listener->address();
  }
  void on_accept(Connection& connection) override {
    ++accepted;
    side.attach(connection);
    side.bytes_hook = [this](Side& it) {
      if (it.received != "hello") return;
      it.write(it.connection->peer().ip());
      it.close();
      listener.reset();
    };
  }

  Loop loop;
  std::unique_ptr<Listener> listener;
  Address to;
  Side side;
  int accepted = 0;
};

std::string say(int fd, const std::string& bytes) {
  send_all(fd, bytes);
  return receive_all(fd);
}

void client_is_whom_the_proxy_tells(void**) {
  Host host("127.0.0.0/8");
  RawPeer peer(host.to, [](int fd) { return say(fd, kHeader + std::string("hello")); });
  host.loop.run();
  assert_text_equal(peer.join(), "192.0.2.1");
}

void header_may_come_byte_by_byte(void**) {
  Host host("127.0.0.1");
  RawPeer peer(host.to, [](int fd) {
    for (const char byte : kHeader + std::string("hello")) send_all(fd, {&byte, 1});
    return receive_all(fd);
  });
  host.loop.run();
  assert_text_equal(peer.join(), "192.0.2.1");
}

void proxy_may_speak_for_itself(void**) {
  Host host("127.0.0.1");
  RawPeer peer(host.to, [](int fd) { return say(fd, "PROXY UNKNOWN\r\nhello"); });
  host.loop.run();
  assert_text_equal(peer.join(), "127.0.0.1");
}

void others_are_taken_as_they_are(void**) {
  Host host("192.0.2.0/24");
  RawPeer peer(host.to, [](int fd) { return say(fd, "hello"); });
  host.loop.run();
  assert_text_equal(peer.join(), "127.0.0.1");
}

// What they say so is what they say.
void others_cannot_say_who_they_are(void**) {
  Host host("192.0.2.0/24");
  RawPeer peer(host.to, [](int fd) {
    send_all(fd, kHeader + std::string("hello"));
    ::shutdown(fd, SHUT_WR);
    return receive_all(fd);
  });
  host.side.end_hook = [&](Side& side) {
    side.close();
    host.listener.reset();
  };
  host.loop.run();
  assert_text_equal(host.side.received, kHeader + std::string("hello"));
  assert_text_equal(peer.join(), "");
}

// The first connection talks so; the second, a good one, is served.
void assert_refused(const std::function<void(int fd)>& talk, const char* why,
                    rosterd::Duration timeout = std::chrono::seconds(20)) {
  Host host("127.0.0.1", timeout);
  RawPeer peer(host.to, [&](int fd) {
    talk(fd);
    const std::string heard = receive_all(fd);
    RawPeer good(host.to, [](int other) { return say(other, kHeader + std::string("hello")); });
    return heard + "then " + good.join();
  });
  host.loop.run();
  assert_text_equal(peer.join(), "then 192.0.2.1");
  assert_int_equal(host.accepted, 1);
  assert_int_equal(lines.size(), 1);
  assert_true(lines[0].starts_with("net connection without a PROXY header closed"));
  assert_true(lines[0].find(why) != std::string::npos);
}

void connection_that_begins_otherwise_is_closed(void**) {
  assert_refused([](int fd) { send_all(fd, "<stream:stream>"); },
                 "why=\"the connection begins with something else\"");
}

void connection_that_says_nothing_is_closed_in_time(void**) {
  assert_refused([](int) {}, "why=\"its header takes too long\"", std::chrono::milliseconds(300));
}

void connection_that_ends_too_early_is_closed(void**) {
  assert_refused(
      [](int fd) {
        send_all(fd, "PROXY TCP4");
        ::shutdown(fd, SHUT_WR);
      },
      "why=\"it ends before its header does\"");
}

void listener_that_closes_takes_the_undecided_along(void**) {
  Host host("127.0.0.1");
  RawPeer peer(host.to, [&](int fd) {
    send_all(fd, "PROXY");
    RawPeer good(host.to, [](int other) { return say(other, kHeader + std::string("hello")); });
    return good.join() + ", then '" + receive_all(fd) + "'";
  });
  host.loop.run();
  assert_text_equal(peer.join(), "192.0.2.1, then ''");
}

}  // namespace

#define LOGGED_TEST(name) cmocka_unit_test_setup_teardown(name, watch_log, unwatch_log)

int main() {
  const CMUnitTest tests[] = {
      LOGGED_TEST(client_is_whom_the_proxy_tells),
      LOGGED_TEST(header_may_come_byte_by_byte),
      LOGGED_TEST(proxy_may_speak_for_itself),
      LOGGED_TEST(others_are_taken_as_they_are),
      LOGGED_TEST(others_cannot_say_who_they_are),
      LOGGED_TEST(connection_that_begins_otherwise_is_closed),
      LOGGED_TEST(connection_that_says_nothing_is_closed_in_time),
      LOGGED_TEST(connection_that_ends_too_early_is_closed),
      LOGGED_TEST(listener_that_closes_takes_the_undecided_along),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
