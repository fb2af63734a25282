// SPDX-License-Identifier: MIT
// A scene for the tests of net: a loop, a listener on a free loopback port, and the two sides of
// one connection. What a side does is said by functions; what happened to it is looked at after
// run(), because an assertion that fails inside a callback would jump over libuv.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "net/connection.h"
#include "net/connector.h"
#include "net/listener.h"
#include "net/loop.h"

namespace rosterd::net::test {

// One end of a connection. Closes when the peer has, unless `end` says otherwise.
class Side final : public ConnectionEvents {
 public:
  void attach(Connection& to) {
    connection = &to;
    to.set_events(this);
  }
  void write(std::string_view bytes) {
    if (connection) connection->write(bytes);
  }
  void close() {
    if (connection) connection->close("the test is done");
  }

  void on_bytes(std::string_view bytes) override {
    received += bytes;
    if (bytes_hook) bytes_hook(*this);
  }
  void on_tls_open() override {
    ++opens;
    if (open_hook) open_hook(*this);
  }
  void on_drained() override {
    ++drains;
    if (drained_hook) drained_hook(*this);
  }
  void on_end() override {
    ++ends;
    if (end_hook) {
      end_hook(*this);
    } else {
      close();
    }
  }
  void on_closed(const Error& why) override {
    ++closes;
    reason = why;
    connection = nullptr;
    if (closed_hook) closed_hook(*this);
  }

  std::function<void(Side&)> bytes_hook, open_hook, drained_hook, end_hook, closed_hook;
  Connection* connection = nullptr;
  std::string received;
  int opens = 0, drains = 0, ends = 0, closes = 0;
  Error reason;
};

class Scene : public ListenerEvents, public ConnectEvents {
 public:
  explicit Scene(const LoopOptions& options = {}) : loop(options) {
    ListenerOptions listening;
    listening.address = *Address::parse("127.0.0.1", 0);
    auto opened = Listener::open(loop, listening, this);
    if (opened) listener = std::move(*opened);
  }

  void on_accept(Connection& connection) override {
    listener.reset();
    server.attach(connection);
    if (accepted_hook) accepted_hook(server);
  }
  void on_connected(std::uint64_t, Connection& connection) override {
    client.attach(connection);
    if (connected_hook) connected_hook(client);
  }
  void on_connect_failed(std::uint64_t, const Error& error) override {
    connect_failure = error;
    listener.reset();
  }

  // Connects the client to the listener and lets all happen until nothing is open.
  void run() {
    connector.connect("127.0.0.1", listener->address().port(), this);
    run_loop();
  }

  void run_loop() {
    loop.timers().arm(watchdog, loop.now() + std::chrono::seconds(30));
    loop.run();
  }

  // A scene that does not end is a failure, not a hang.
  void on_watchdog() {
    timed_out = true;
    listener.reset();
    loop.unwatch_signals();
    loop.abort_connections("the test took too long");
  }

  Loop loop;
  Side server, client;
  Connector connector{loop, FlushPhase::kWeb};
  std::unique_ptr<Listener> listener;
  std::function<void(Side&)> accepted_hook, connected_hook;
  Error connect_failure;
  bool timed_out = false;
  Timer watchdog = Timer::bind<&Scene::on_watchdog>(this);
};

}  // namespace rosterd::net::test
