// SPDX-License-Identifier: MIT
// A web application whose name leads to another address while connections are pooled.
#include <string>

#include "base/log.h"
#include "support/cmocka.h"
#include "support/names.h"
#include "unit/web/web_app.h"

using namespace rosterd;
using namespace rosterd::web;
using rosterd::test::Names;

namespace {

constexpr const char* kOld = "127.0.0.1";
constexpr const char* kNew = "127.0.0.2";

// The application answers on the old address and on the new one; each use of its name asks for a
// look-up.
struct Move {
  explicit Move(std::vector<Reaction> script) : scene(std::move(script), options()) {
    scene.base = "http://app.test:" + std::to_string(scene.app.port);
    Names::get().set("app.test", {kOld});
    log::set_sink(
        [](void* to, log::Level, std::string_view line) { static_cast<Move*>(to)->on_line(line); },
        this);
    log::set_level(log::Level::kDebug);
  }
  ~Move() {
    log::set_level(log::Level::kInfo);
    log::set_sink(nullptr, nullptr);
    Names::get().clear();
  }

  static HttpClientOptions options() {
    HttpClientOptions options;
    options.dns_ttl = Duration(0);
    return options;
  }

  void on_line(std::string_view line) {
    if (line.starts_with("dns looked up ")) ++looked_up;
    if (line.starts_with("dns look-up failed")) ++failed;
    scene.look_soon();
  }

  void run() {
    scene.then([this] { moved.stop(); });
    scene.run();
  }

  Scene scene;
  WebApp moved{scene.loop, {ok("new"), ok("new"), ok("new")}, kNew, scene.app.port};
  int looked_up = 0, failed = 0;
};

void idle_connection_to_an_old_address_closes_and_the_next_request_goes_to_the_new_one(void**) {
  Move move({ok("old")});
  Scene& scene = move.scene;
  scene.app.on_request_seen = [] { Names::get().set("app.test", {kNew}); };
  scene.then([&] { scene.fetch("/1"); });
  // Keeping the connection has asked for the second look-up.
  scene.when([&] { return move.looked_up == 2; }, [&] { scene.fetch("/2"); });
  scene.then([&] { scene.text += "closed\n"; }, 1);
  move.run();
  assert_text_equal(scene.app.log, "1 GET /1\n");
  assert_text_equal(move.moved.log, "1 GET /2\n");
  assert_text_equal(scene.text, "/1 sent\n/1 200 old\n/2 sent\n/2 200 new\nclosed\n");
}

void busy_connection_to_an_old_address_closes_after_its_answer(void**) {
  Move move({ok("old"), ok("never")});
  Scene& scene = move.scene;
  scene.app.hold = 2;
  scene.app.on_request_seen = [&] {
    Names::get().set("app.test", {kNew});
    scene.fetch("/2");
  };
  move.moved.on_request_seen = [&] {
    for (WebApp::Peer* busy : std::exchange(scene.app.held, {})) scene.app.react(*busy);
  };
  scene.then([&] { scene.fetch("/1"); });
  scene.then([&] { scene.text += "closed\n"; }, 1);
  scene.then([&] { scene.fetch("/3"); });
  move.run();
  assert_text_equal(scene.app.log, "1 GET /1\n");
  assert_text_equal(move.moved.log, "1 GET /2\n1 GET /3\n");
  assert_true(scene.text.find("/1 200 old\n") != std::string::npos);
  assert_true(scene.text.ends_with("closed\n/3 sent\n/3 200 new\n"));
}

void connection_stays_in_use_while_the_name_cannot_be_looked_up(void**) {
  Move move({ok("one"), ok("two"), ok("three", Reaction::Then::kClose), ok("four")});
  Scene& scene = move.scene;
  scene.app.on_request_seen = [] { Names::get().clear(); };
  scene.then([&] { scene.fetch("/1"); });
  scene.when([&] { return move.failed == 1; }, [&] { scene.fetch("/2"); });
  scene.then([&] { scene.fetch("/3"); });
  scene.then([&] { scene.fetch("/4"); }, 1);
  move.run();
  assert_text_equal(scene.app.log, "1 GET /1\n1 GET /2\n1 GET /3\n2 GET /4\n");
  assert_int_equal(move.failed, 1);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(
          idle_connection_to_an_old_address_closes_and_the_next_request_goes_to_the_new_one),
      cmocka_unit_test(busy_connection_to_an_old_address_closes_after_its_answer),
      cmocka_unit_test(connection_stays_in_use_while_the_name_cannot_be_looked_up),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
