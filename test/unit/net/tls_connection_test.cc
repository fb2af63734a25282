// SPDX-License-Identifier: MIT
#include <sys/socket.h>

#include <string>

#include "net/connection.h"
#include "support/certificate.h"
#include "support/cmocka.h"
#include "unit/net/openssl_client.h"
#include "unit/net/raw_peer.h"
#include "unit/net/scene.h"

using rosterd::Errc;
using rosterd::net::LoopOptions;
using rosterd::net::TlsContext;
using rosterd::net::test::make_pattern;
using rosterd::net::test::OpensslClient;
using rosterd::net::test::RawPeer;
using rosterd::net::test::receive_all;
using rosterd::net::test::Scene;
using rosterd::net::test::send_all;
using rosterd::net::test::Side;
using rosterd::test::CertificateFolder;

namespace {

std::shared_ptr<const TlsContext> server_context, client_context;

int make_contexts(void**) {
  const CertificateFolder folder;
  folder.make("juliet", {.names = "DNS:juliet.example"});
  server_context = *TlsContext::make_server(
      {.certificates = {
           {"juliet.example", folder.certificate_file("juliet"), folder.key_file("juliet")}}});
  client_context = *TlsContext::make_client({.ca_file = folder.certificate_file("juliet")});
  return 0;
}

int drop_contexts(void**) {
  server_context.reset();
  client_context.reset();
  return 0;
}

// Both sides begin TLS at once.
struct TlsScene : Scene {
  explicit TlsScene(const std::string& host = "juliet.example", const LoopOptions& options = {})
      : Scene(options) {
    accepted_hook = [](Side& side) { side.connection->start_tls_server(server_context); };
    connected_hook = [host](Side& side) {
      side.connection->start_tls_client(client_context, host);
    };
  }
};

void handshake_opens_both_sides_once(void**) {
  TlsScene scene;
  std::string of_server, of_client;
  bool secure_before = true;
  scene.accepted_hook = [&](Side& side) {
    side.connection->start_tls_server(server_context);
    secure_before = side.connection->is_secure();
  };
  scene.client.open_hook = [&](Side& side) {
    of_client = side.connection->tls()->tls_exporter();
    side.write("ping");
  };
  scene.server.bytes_hook = [&](Side& side) {
    of_server = side.connection->tls()->tls_exporter();
    side.write("pong");
    side.close();
  };
  scene.run();
  assert_false(scene.timed_out);
  assert_false(secure_before);
  assert_int_equal(scene.server.opens, 1);
  assert_int_equal(scene.client.opens, 1);
  assert_text_equal(scene.server.received, "ping");
  assert_text_equal(scene.client.received, "pong");
  assert_int_equal(of_server.size(), 32);
  assert_true(of_server == of_client);
  // close_notify came before FIN, and the two make one end.
  assert_int_equal(scene.client.ends, 1);
}

void what_is_written_during_the_handshake_follows_it(void**) {
  TlsScene scene;
  scene.accepted_hook = [](Side& side) {
    side.connection->start_tls_server(server_context);
    side.write("early");
  };
  scene.client.bytes_hook = [](Side& side) { side.close(); };
  scene.run();
  assert_false(scene.timed_out);
  assert_text_equal(scene.client.received, "early");
}

void starttls_changes_to_records_after_the_answer(void**) {
  Scene scene;
  std::string before;
  scene.connected_hook = [](Side& side) { side.write("<starttls/>"); };
  scene.server.bytes_hook = [](Side& side) {
    if (side.opens > 0) return side.close();
    side.write("<proceed/>");
    side.connection->start_tls_server(server_context);
  };
  scene.client.bytes_hook = [&](Side& side) {
    before = std::exchange(side.received, {});
    side.connection->start_tls_client(client_context, "juliet.example");
  };
  scene.client.open_hook = [](Side& side) { side.write("secret"); };
  scene.run();
  assert_false(scene.timed_out);
  assert_text_equal(before, "<proceed/>");
  assert_text_equal(scene.server.received, "<starttls/>secret");
  assert_int_equal(scene.server.opens, 1);
}

void large_transfer_under_tls_arrives_whole_before_the_end(void**) {
  const std::string sent = make_pattern(4 << 20);
  TlsScene scene;
  scene.server.open_hook = [&](Side& side) {
    side.write(sent);
    side.close();
  };
  scene.run();
  assert_false(scene.timed_out);
  assert_true(scene.client.received == sent);
  assert_true(scene.server.reason.code == Errc::kCancelled);
}

void certificate_of_another_host_closes_both_sides(void**) {
  TlsScene scene("romeo.example");
  scene.run();
  assert_false(scene.timed_out);
  assert_int_equal(scene.client.opens, 0);
  assert_true(scene.client.reason.code == Errc::kInvalid);
  assert_true(scene.client.reason.text.find("hostname mismatch") != std::string::npos);
  assert_int_equal(scene.server.closes, 1);
  assert_true(scene.server.reason.code == Errc::kInvalid);
}

// Answers what the peer sent to a server that waits for a ClientHello; returns what it got.
std::string talk_to(Scene& scene, std::string_view bytes) {
  scene.accepted_hook = [](Side& side) { side.connection->start_tls_server(server_context); };
  RawPeer raw(scene.listener->address(), [bytes](int fd) {
    send_all(fd, bytes);
    return receive_all(fd);
  });
  scene.run_loop();
  return raw.join();
}

void peer_that_speaks_no_tls_is_closed(void**) {
  Scene scene;
  // OpenSSL sends no alert here: the peer would not understand it.
  assert_text_equal(talk_to(scene, "GET / HTTP/1.1\r\nHost: juliet.example\r\n\r\n"), "");
  assert_false(scene.timed_out);
  assert_int_equal(scene.server.opens, 0);
  assert_text_equal(scene.server.received, "");
  assert_true(scene.server.reason.code == Errc::kInvalid);
  assert_text_equal(scene.server.reason.text, "TLS: http request");
}

// The client must not wait until the server closes, too.
void server_that_speaks_no_tls_is_given_up_at_once(void**) {
  Scene scene;
  scene.accepted_hook = [](Side& side) { side.connection->write("HTTP/1.1 400 No\r\n\r\n"); };
  scene.connected_hook = [](Side& side) {
    side.connection->start_tls_client(client_context, "juliet.example");
  };
  scene.run();
  assert_false(scene.timed_out);
  assert_int_equal(scene.client.closes, 1);
  assert_text_equal(scene.client.reason.text, "TLS: wrong version number");
}

void peer_that_speaks_bad_tls_gets_an_alert_and_the_end(void**) {
  Scene scene;
  const std::string heard = talk_to(scene, std::string_view("\x16\x03\x01\xff\xff\x01", 6));
  assert_int_equal(heard.size(), 7);
  assert_int_equal(heard[0], 21);  // alert
  assert_int_equal(heard[5], 2);   // fatal
  assert_false(scene.timed_out);
  assert_true(scene.server.reason.code == Errc::kInvalid);
}

void peer_that_leaves_during_the_handshake_ends_it(void**) {
  Scene scene;
  scene.accepted_hook = [](Side& side) { side.connection->start_tls_server(server_context); };
  RawPeer raw(scene.listener->address(), [](int fd) {
    OpensslClient client;
    send_all(fd, client.receive("").substr(0, 50));
    return "";
  });
  scene.run_loop();
  assert_false(scene.timed_out);
  assert_int_equal(scene.server.opens, 0);
  assert_int_equal(scene.server.ends, 1);
  assert_int_equal(scene.server.closes, 1);
}

void handshake_that_is_given_up_is_closed_without_waiting_for_it(void**) {
  LoopOptions options;
  options.drain_timeout = std::chrono::milliseconds(20);
  Scene scene(options);
  scene.accepted_hook = [](Side& side) {
    side.connection->start_tls_server(server_context);
    side.write("never sent");
    side.close();
  };
  RawPeer raw(scene.listener->address(), receive_all);
  scene.run_loop();
  assert_text_equal(raw.join(), "");
  assert_false(scene.timed_out);
  assert_int_equal(scene.server.closes, 1);
}

// Every KeyUpdate asks for one in return; a peer that sends them and never reads must not fill our
// memory.
void flood_of_key_updates_gets_few_answers(void**) {
  Scene scene;
  scene.accepted_hook = [](Side& side) { side.connection->start_tls_server(server_context); };
  RawPeer raw(scene.listener->address(), [](int fd) {
    OpensslClient client(TLS1_3_VERSION);
    std::string out = client.receive("");
    while (!client.open()) {
      send_all(fd, out);
      char buffer[4096];
      const ssize_t size = ::recv(fd, buffer, sizeof buffer, 0);
      if (size <= 0) return std::string("no handshake");
      out = client.receive(std::string_view(buffer, static_cast<std::size_t>(size)));
    }
    send_all(fd, out);
    std::string updates;
    for (int i = 0; i < 1000; ++i) {
      SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED);
      updates += client.receive("");
    }
    send_all(fd, updates);
    ::shutdown(fd, SHUT_WR);
    return std::to_string(receive_all(fd).size());
  });
  scene.run_loop();
  assert_false(scene.timed_out);
  assert_int_equal(scene.server.closes, 1);
  // OpenSSL answers a run of requests with one update each at most.
  assert_true(std::stoul(raw.join()) < 100'000);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(handshake_opens_both_sides_once),
      cmocka_unit_test(what_is_written_during_the_handshake_follows_it),
      cmocka_unit_test(starttls_changes_to_records_after_the_answer),
      cmocka_unit_test(large_transfer_under_tls_arrives_whole_before_the_end),
      cmocka_unit_test(certificate_of_another_host_closes_both_sides),
      cmocka_unit_test(peer_that_speaks_no_tls_is_closed),
      cmocka_unit_test(server_that_speaks_no_tls_is_given_up_at_once),
      cmocka_unit_test(peer_that_speaks_bad_tls_gets_an_alert_and_the_end),
      cmocka_unit_test(peer_that_leaves_during_the_handshake_ends_it),
      cmocka_unit_test(handshake_that_is_given_up_is_closed_without_waiting_for_it),
      cmocka_unit_test(flood_of_key_updates_gets_few_answers),
  };
  return cmocka_run_group_tests(tests, make_contexts, drop_contexts);
}
