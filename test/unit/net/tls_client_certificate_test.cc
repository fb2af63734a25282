// SPDX-License-Identifier: MIT
// Certificates that clients show to a server.
#include <cstring>
#include <string>

#include "net/tls.h"
#include "support/certificate.h"
#include "support/cmocka.h"
#include "unit/net/openssl_client.h"

using rosterd::ByteQueue;
using rosterd::Errc;
using rosterd::net::TlsContext;
using rosterd::net::TlsFilter;
using rosterd::net::TlsServerOptions;
using rosterd::net::test::OpensslClient;
using rosterd::test::CertificateFolder;
using State = TlsFilter::State;

namespace {

CertificateFolder* folder = nullptr;

int make_folder(void**) {
  folder = new CertificateFolder;
  folder->make("server");
  folder->make("webapp");
  folder->make("old", {.valid_until = -60});
  folder->make("stranger");
  return 0;
}

int remove_folder(void**) {
  delete folder;
  return 0;
}

// "" = asks for no certificate.
std::shared_ptr<const TlsContext> make_server(const std::string& ca) {
  TlsServerOptions options;
  options.certificates.push_back(
      {"localhost", folder->certificate_file("server"), folder->key_file("server")});
  if (!ca.empty()) options.client_ca_file = folder->certificate_file(ca);
  return *TlsContext::make_server(options);
}

struct Outcome {
  State state = State::kHandshaking;
  std::string subject;
  std::string error;
};

// A handshake of a client that shows the certificate `shown`, or none.
Outcome shake_hands(const std::string& ca, const std::string& shown, int version = 0) {
  const auto server = TlsFilter::make_server(make_server(ca));
  OpensslClient client(version);
  if (!shown.empty()) {
    SSL_use_certificate_file(client.ssl(), folder->certificate_file(shown).c_str(),
                             SSL_FILETYPE_PEM);
    SSL_use_PrivateKey_file(client.ssl(), folder->key_file(shown).c_str(), SSL_FILETYPE_PEM);
  }
  Outcome outcome;
  std::string plain;
  std::string to_server = client.receive("");
  while (!to_server.empty()) {
    ByteQueue wire;
    outcome.state = server->receive(to_server, plain, wire);
    to_server = client.receive(wire.view());
  }
  outcome.subject = server->peer_subject();
  outcome.error = server->error().text;
  return outcome;
}

void certificate_of_the_ca_is_named_in_both_versions(void**) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const Outcome outcome = shake_hands("webapp", "webapp", version);
    assert_true(outcome.state == State::kOpen);
    assert_text_equal(outcome.subject, "CN=webapp");
  }
}

void client_without_a_certificate_gets_in_without_a_name(void**) {
  const Outcome outcome = shake_hands("webapp", "");
  assert_true(outcome.state == State::kOpen);
  assert_text_equal(outcome.subject, "");
}

void certificate_of_another_ca_ends_the_handshake(void**) {
  const Outcome outcome = shake_hands("webapp", "stranger");
  assert_true(outcome.state == State::kFailed);
  assert_text_equal(outcome.subject, "");
  assert_non_null(std::strstr(outcome.error.c_str(), "self-signed certificate"));
}

void expired_certificate_ends_the_handshake(void**) {
  const Outcome outcome = shake_hands("old", "old");
  assert_true(outcome.state == State::kFailed);
  assert_non_null(std::strstr(outcome.error.c_str(), "certificate has expired"));
}

void certificate_that_nobody_asked_for_is_not_shown(void**) {
  const Outcome outcome = shake_hands("", "webapp");
  assert_true(outcome.state == State::kOpen);
  assert_text_equal(outcome.subject, "");
}

void ca_file_that_cannot_be_read_is_named(void**) {
  TlsServerOptions options;
  options.certificates.push_back(
      {"localhost", folder->certificate_file("server"), folder->key_file("server")});
  options.client_ca_file = "/nonexistent/ca.pem";
  const auto made = TlsContext::make_server(options);
  assert_false(made.has_value());
  assert_true(made.error().code == Errc::kNotFound);
  assert_true(made.error().text.starts_with("CA certificates /nonexistent/ca.pem: "));
  options.client_ca_file = folder->key_file("server");
  assert_true(TlsContext::make_server(options).error().code == Errc::kInvalid);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(certificate_of_the_ca_is_named_in_both_versions),
      cmocka_unit_test(client_without_a_certificate_gets_in_without_a_name),
      cmocka_unit_test(certificate_of_another_ca_ends_the_handshake),
      cmocka_unit_test(expired_certificate_ends_the_handshake),
      cmocka_unit_test(certificate_that_nobody_asked_for_is_not_shown),
      cmocka_unit_test(ca_file_that_cannot_be_read_is_named),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
