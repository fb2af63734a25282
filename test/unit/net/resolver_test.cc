// SPDX-License-Identifier: MIT
// How the Connector comes by addresses, with a resolver that says what the test wants.
#include <string>
#include <vector>

#include "base/log.h"
#include "net/connector.h"
#include "support/cmocka.h"
#include "support/names.h"
#include "unit/net/scene.h"

using rosterd::Errc;
using rosterd::Error;
using rosterd::net::Address;
using rosterd::net::ConnectEvents;
using rosterd::net::Connection;
using rosterd::net::Connector;
using rosterd::net::ConnectorOptions;
using rosterd::net::FlushPhase;
using rosterd::net::Listener;
using rosterd::net::ListenerOptions;
using rosterd::net::Loop;
using rosterd::net::test::Side;
using rosterd::test::Names;

namespace {

constexpr auto kLong = std::chrono::hours(1);
constexpr auto kNothing = rosterd::Duration(0);

// Nobody listens on port 1 of these, which is how one sees where a connection would go.
constexpr const char* kOld = "127.0.0.2";
constexpr const char* kNew = "127.0.0.3";

struct Scene final : ConnectEvents {
  explicit Scene(const ConnectorOptions& options) : connector(loop, FlushPhase::kWeb, options) {
    rosterd::log::set_sink(
        [](void* to, rosterd::log::Level, std::string_view line) {
          // Not how slow the machine is.
          if (line.starts_with("dns ")) static_cast<Scene*>(to)->log += std::string(line) + '\n';
        },
        this);
    names.set("app.test", {kOld});
  }
  ~Scene() override {
    rosterd::log::set_sink(nullptr, nullptr);
    names.release();
    settle();  // what runs on would count for the next scene
    names.clear();
  }

  void on_connected(std::uint64_t, Connection& connection) override {
    client.attach(connection);
    client.close();
  }
  void on_connect_failed(std::uint64_t, const Error& error) override {
    last = error;
    names.release();  // a held look-up would hold the loop
  }

  // Why it failed: of the last address tried, or of the look-up.
  std::string connect(const std::string& host = "app.test") {
    connector.connect(host, 1, this);
    loop.run();
    return last.text;
  }
  bool is_current(const char* ip, const std::string& host = "app.test") {
    return connector.is_current(host, *Address::parse(ip, 80));
  }
  // With somebody who listens: true when it came about.
  bool connect_well() {
    struct Accepts final : rosterd::net::ListenerEvents {
      void on_accept(Connection& connection) override {
        listener.reset();
        side.attach(connection);
      }
      std::unique_ptr<Listener> listener;
      Side side;
    } server;
    ListenerOptions options;
    options.address = *Address::parse(kOld, 0);
    server.listener = std::move(*Listener::open(loop, options, &server));
    connector.connect("app.test", server.listener->address().port(), this);
    loop.run();
    return server.side.closes == 1 && last.text.empty();
  }
  // Look-ups that have begun until now come to their end.
  void settle() { loop.run(); }

  Loop loop;
  Connector connector;
  Names& names = Names::get();
  Side client;
  Error last{Errc::kInternal, ""};
  std::string log;
};

void assert_tried(const std::string& fault, const char* ip) {
  if (fault.find(std::string("connect to ") + ip + " ") == fault.npos) {
    assert_text_equal(fault, std::string("… connect to ") + ip);
  }
}

void look_up_counts_until_its_lifetime_is_over(void**) {
  Scene scene({.dns_ttl = kLong});
  assert_true(scene.connect_well());
  scene.names.set("app.test", {kNew});
  assert_true(scene.connect_well());
  assert_true(scene.is_current(kOld));
  assert_false(scene.is_current(kNew));
  scene.settle();
  assert_int_equal(scene.names.lookups(), 1);
}

void expired_look_up_is_repeated_once_behind_the_scene(void**) {
  Scene scene({.dns_ttl = kNothing});
  scene.connect();
  scene.names.set("app.test", {kNew});
  scene.names.hold();
  for (int i = 0; i < 3; ++i) assert_true(scene.is_current(kOld));
  scene.names.release();
  scene.settle();
  assert_int_equal(scene.names.lookups(), 2);
  assert_false(scene.is_current(kOld));
  assert_true(scene.is_current(kNew));
  scene.settle();
}

void every_address_of_the_name_is_current_whatever_the_port(void**) {
  Scene scene({.dns_ttl = kLong});
  scene.names.set("app.test", {kOld, "::1", kNew});
  scene.connect();
  for (const char* ip : {kOld, "::1", kNew, "::ffff:127.0.0.3"}) assert_true(scene.is_current(ip));
  assert_false(scene.is_current("::2"));
}

void ip_addresses_and_unknown_names_are_current_without_a_look_up(void**) {
  Scene scene({.dns_ttl = kNothing});
  assert_true(scene.is_current(kOld, kOld));
  assert_true(scene.is_current(kOld, "elsewhere.test"));
  scene.connect("elsewhere.test");
  assert_true(scene.last.code == Errc::kNotFound);
  assert_true(scene.is_current(kOld, "elsewhere.test"));
  scene.settle();
  assert_int_equal(scene.names.lookups(), 1);
}

void failing_look_ups_leave_the_old_addresses_and_log_once(void**) {
  Scene scene({.dns_ttl = kNothing});
  scene.connect();
  scene.names.set("app.test", {});
  for (int i = 0; i < 3; ++i) {
    assert_true(scene.is_current(kOld));
    scene.settle();
    assert_tried(scene.connect(), kOld);
  }
  assert_int_equal(scene.names.lookups(), 7);
  scene.names.set("app.test", {kNew});
  assert_true(scene.is_current(kOld));
  scene.settle();
  assert_tried(scene.connect(), kNew);
  assert_text_equal(scene.log,
                    "dns look-up failed, old addresses stay in use host=app.test "
                    "reason=\"unknown node or service (look up app.test)\"\n"
                    "dns look-up works again host=app.test\n");
}

void connecting_does_not_wait_for_a_resolver_that_hangs(void**) {
  Scene scene({.dns_ttl = kNothing, .dns_patience = rosterd::Duration(1)});
  scene.connect();
  scene.names.set("app.test", {kNew});
  scene.names.hold();
  assert_tried(scene.connect(), kOld);  // which releases it
  assert_false(scene.is_current(kOld));
  scene.settle();
}

void connecting_waits_for_the_look_up_when_nothing_older_is_known(void**) {
  Scene scene({.dns_ttl = kLong, .dns_patience = kNothing});
  scene.connector.connect("app.test", 1, &scene);
  scene.connector.connect("app.test", 1, &scene);
  scene.settle();
  assert_tried(scene.last.text, kOld);
  assert_int_equal(scene.names.lookups(), 1);
}

void name_of_which_no_address_answers_is_looked_up_again(void**) {
  Scene scene({.dns_ttl = kLong});
  assert_tried(scene.connect(), kOld);
  scene.names.set("app.test", {kNew});
  assert_tried(scene.connect(), kNew);
}

void changed_lifetime_concerns_look_ups_to_come(void**) {
  Scene scene({.dns_ttl = kNothing});
  scene.connect();
  scene.connector.set_options({.dns_ttl = kLong});
  assert_true(scene.is_current(kOld));
  scene.settle();
  assert_true(scene.is_current(kOld));
  scene.settle();
  assert_int_equal(scene.names.lookups(), 2);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(look_up_counts_until_its_lifetime_is_over),
      cmocka_unit_test(expired_look_up_is_repeated_once_behind_the_scene),
      cmocka_unit_test(every_address_of_the_name_is_current_whatever_the_port),
      cmocka_unit_test(ip_addresses_and_unknown_names_are_current_without_a_look_up),
      cmocka_unit_test(failing_look_ups_leave_the_old_addresses_and_log_once),
      cmocka_unit_test(connecting_does_not_wait_for_a_resolver_that_hangs),
      cmocka_unit_test(connecting_waits_for_the_look_up_when_nothing_older_is_known),
      cmocka_unit_test(name_of_which_no_address_answers_is_looked_up_again),
      cmocka_unit_test(changed_lifetime_concerns_look_ups_to_come),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
