// SPDX-License-Identifier: MIT
// The client against a web app behind TLS, and against the server of the same room.
#include <string>

#include "support/certificate.h"
#include "support/cmocka.h"
#include "web/http_server.h"
#include "web_app.h"

using namespace rosterd;
using namespace rosterd::web;

namespace {

test::CertificateFolder* folder = nullptr;

int make_certificates(void**) {
  folder = new test::CertificateFolder;
  folder->make("app", {.names = "IP:127.0.0.1,DNS:localhost"});
  folder->make("other", {.names = "DNS:other.example"});
  return 0;
}

int remove_certificates(void**) {
  delete folder;
  return 0;
}

std::shared_ptr<const net::TlsContext> served(const std::string& name) {
  net::TlsServerOptions options;
  options.certificates.push_back(
      {"localhost", folder->certificate_file(name), folder->key_file(name)});
  return *net::TlsContext::make_server(options);
}

std::shared_ptr<const net::TlsContext> trusting(const std::string& name, bool verify = true) {
  return *net::TlsContext::make_client(
      {.ca_file = folder->certificate_file(name), .verify = verify, .alpn = {}});
}

// Two fetches from an app that shows the certificate `shown`.
void run_https(Scene& scene, const std::string& shown) {
  scene.app.tls = served(shown);
  scene.base.replace(0, 4, "https");
  scene.then([&] { scene.fetch("/1"); });
  scene.then([&] { scene.fetch("/2"); });
  scene.run();
}

void trusted_app_is_fetched_from_over_one_connection(void**) {
  Scene scene({ok("1"), ok("2")}, {}, trusting("app"));
  run_https(scene, "app");
  assert_text_equal(scene.text, "/1 sent\n/1 200 1\n/2 sent\n/2 200 2\n");
  assert_text_equal(scene.app.log, "1 GET /1\n1 GET /2\n");
}

void unknown_certificate_gets_no_request(void**) {
  Scene scene({}, {}, trusting("other"));
  run_https(scene, "app");
  assert_true(scene.text.starts_with("/1 unavailable: tls: "));
  assert_text_equal(scene.app.log, "");
}

void certificate_for_another_host_gets_no_request(void**) {
  Scene scene({}, {}, trusting("other"));
  run_https(scene, "other");
  assert_true(scene.text.starts_with("/1 unavailable: tls: "));
  assert_text_equal(scene.app.log, "");
}

void check_can_be_switched_off(void**) {
  Scene scene({ok("1"), ok("2")}, {}, trusting("app", false));
  run_https(scene, "other");
  assert_true(scene.text.ends_with("/2 sent\n/2 200 2\n"));
}

void new_options_hold_for_new_connections(void**) {
  Scene scene({ok("0")}, {}, trusting("app"));
  scene.app.tls = served("app");
  scene.base.replace(0, 4, "https");
  scene.then([&] { scene.fetch("/0"); });
  scene.then([&] {
    scene.client->set_options({}, trusting("other"));
    scene.fetch("/1");
  });
  scene.run();
  assert_true(scene.text.starts_with("/0 sent\n/0 200 0\n/1 unavailable: tls: "));
}

struct Greeter : RequestHandler {
  void on_request(Responder& responder, ExchangeId exchange, const Client&,
                  const http::Request& request) override {
    responder.respond(exchange, make_json(200, request.target));
  }
};

void own_server_serves_own_client(void**) {
  Scene scene({}, {}, trusting("app"));
  Greeter greeter;
  HttpServer server(scene.loop, {});
  server.add_route("/", "GET", &greeter);
  assert_true(server.listen(*net::Address::parse("127.0.0.1", 0), served("other")).has_value());
  server.set_tls(served("app"));
  scene.base = "https://127.0.0.1:" + std::to_string(server.addresses().at(0).port());
  scene.then([&] {
    for (const char* target : {"/1", "/2", "/3"}) scene.fetch(target);
  });
  scene.then([&] { scene.fetch("/4"); });
  scene.then([&] {
    assert_int_equal(server.connection_count(), 3);
    server.stop();
  });
  scene.run();
  assert_true(scene.text.ends_with("/4 sent\n/4 200 /4\n"));
  assert_int_equal(server.connection_count(), 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(trusted_app_is_fetched_from_over_one_connection),
      cmocka_unit_test(unknown_certificate_gets_no_request),
      cmocka_unit_test(certificate_for_another_host_gets_no_request),
      cmocka_unit_test(check_can_be_switched_off),
      cmocka_unit_test(new_options_hold_for_new_connections),
      cmocka_unit_test(own_server_serves_own_client),
  };
  return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
