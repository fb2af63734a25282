// SPDX-License-Identifier: MIT
#include "net/connection.h"

#include <string>

#include "support/cmocka.h"
#include "unit/net/scene.h"

using rosterd::Errc;
using rosterd::net::LoopOptions;
using rosterd::net::test::Scene;
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

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(bytes_come_back_from_an_echo),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
