// SPDX-License-Identifier: MIT
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <string>
#include <vector>

#include "net/tls.h"
#include "support/certificate.h"
#include "support/cmocka.h"
#include "unit/net/openssl_client.h"

using rosterd::ByteQueue;
using rosterd::Errc;
using rosterd::net::Certificate;
using rosterd::net::TlsClientOptions;
using rosterd::net::TlsContext;
using rosterd::net::TlsFilter;
using rosterd::net::TlsServerOptions;
using rosterd::net::test::OpensslClient;
using rosterd::test::CertificateFolder;
using rosterd::test::CertificateOptions;
using rosterd::test::KeyKind;
using State = TlsFilter::State;

namespace {

CertificateFolder* folder = nullptr;

int make_folder(void**) {
  folder = new CertificateFolder;
  folder->make("juliet", {.names = "DNS:juliet.example,IP:127.0.0.1"});
  folder->make("romeo", {.names = "DNS:romeo.example"});
  return 0;
}

int remove_folder(void**) {
  delete folder;
  return 0;
}

Certificate certificate_of(const std::string& name) {
  return {name + ".example", folder->certificate_file(name), folder->key_file(name)};
}

std::shared_ptr<const TlsContext> make_server(const std::vector<std::string>& names,
                                              std::vector<std::string> alpn = {}) {
  TlsServerOptions options;
  for (const std::string& name : names) options.certificates.push_back(certificate_of(name));
  options.alpn = std::move(alpn);
  return *TlsContext::make_server(options);
}

std::shared_ptr<const TlsContext> make_client(const std::string& trusted, bool verify = true) {
  return *TlsContext::make_client(
      {.ca_file = trusted.empty() ? "" : folder->certificate_file(trusted), .verify = verify});
}

// A server filter with what went in and came out.
struct Server {
  explicit Server(std::shared_ptr<const TlsContext> context)
      : filter(TlsFilter::make_server(std::move(context))) {}

  std::string receive(std::string_view records) {
    state = filter->receive(records, plain, wire);
    return take();
  }
  std::string send(std::string_view text) {
    sent = filter->send(text, wire).has_value();
    return take();
  }
  std::string close() {
    filter->close(wire);
    return take();
  }
  std::string take() {
    std::string bytes(wire.view());
    wire.clear();
    return bytes;
  }

  std::unique_ptr<TlsFilter> filter;
  ByteQueue wire;
  std::string plain;
  State state = State::kHandshaking;
  bool sent = false;
};

// Carries records to and fro until both are silent.
void shake_hands(Server& server, OpensslClient& client) {
  std::string to_server = client.receive("");
  while (!to_server.empty()) to_server = client.receive(server.receive(to_server));
}

void handshake_opens_with_each_version_and_kind_of_key(void**) {
  folder->make("rsa", {.key = KeyKind::kRsa});
  folder->make("ed25519", {.key = KeyKind::kEd25519});
  for (const std::string name : {"juliet", "rsa", "ed25519"}) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      Server server(make_server({name}));
      OpensslClient client(version);
      shake_hands(server, client);
      assert_true(server.state == State::kOpen);
      assert_true(client.open());
      assert_text_equal(server.filter->info().version,
                        version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3");
      client.receive(server.send("to the client"));
      server.receive(client.send("to the server"));
      assert_text_equal(client.plain, "to the client");
      assert_text_equal(server.plain, "to the server");
    }
  }
}

void records_may_come_byte_by_byte(void**) {
  Server server(make_server({"juliet"}));
  OpensslClient client;
  std::string to_server = client.receive("");
  while (!to_server.empty()) {
    std::string to_client;
    for (const char byte : to_server) to_client += server.receive(std::string_view(&byte, 1));
    to_server.clear();
    for (const char byte : to_client) to_server += client.receive(std::string_view(&byte, 1));
  }
  assert_true(server.state == State::kOpen);
  for (const char byte : client.send("slowly")) server.receive(std::string_view(&byte, 1));
  assert_text_equal(server.plain, "slowly");
}

void several_records_in_one_read_are_all_decrypted(void**) {
  Server server(make_server({"juliet"}));
  OpensslClient client;
  shake_hands(server, client);
  const std::string large(100'000, 'x');
  std::string records = client.send("one");
  records += client.send("two");
  records += client.send(large);
  const std::string cut = records.substr(records.size() - 7);
  server.receive(std::string_view(records).substr(0, records.size() - 7));
  assert_true(server.plain.starts_with("onetwoxxx"));
  server.receive(cut);
  assert_int_equal(server.plain.size(), 6 + large.size());
}

void large_text_is_sent_whole(void**) {
  Server server(make_server({"juliet"}));
  OpensslClient client;
  shake_hands(server, client);
  const std::string large(300'000, 'y');
  client.receive(server.send(large));
  assert_true(client.plain == large);
}

void server_name_selects_the_certificate(void**) {
  const auto context = make_server({"juliet", "romeo"});
  const std::pair<const char*, const char*> cases[] = {{"romeo.example", "romeo"},
                                                       {"ROMEO.Example", "romeo"},
                                                       {"juliet.example", "juliet"},
                                                       {"unknown.example", "juliet"},
                                                       {nullptr, "juliet"}};
  for (const auto& [name, subject] : cases) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      Server server(context);
      OpensslClient client(version);
      if (name) client.set_server_name(name);
      shake_hands(server, client);
      assert_text_equal(client.subject(), subject);
      assert_text_equal(server.filter->info().server_name, name ? name : "");
    }
  }
}

void alpn_is_chosen_from_what_both_know(void**) {
  const auto context = make_server({"juliet", "romeo"}, {"xmpp-client"});
  Server server(context);
  OpensslClient client;
  client.set_server_name("romeo.example");
  client.set_alpn("\x02h2\x0bxmpp-client");
  shake_hands(server, client);
  assert_true(server.state == State::kOpen);
  assert_text_equal(server.filter->info().alpn, "xmpp-client");
}

void alpn_without_a_match_is_fatal(void**) {
  Server server(make_server({"juliet"}, {"xmpp-client"}));
  OpensslClient client;
  client.set_alpn("\x02h2\x0bxmpp-server");
  shake_hands(server, client);
  assert_true(server.state == State::kFailed);
  assert_text_equal(client.error, "tlsv1 alert no application protocol");
}

void alpn_is_no_duty(void**) {
  Server indifferent(make_server({"juliet"}));
  OpensslClient offering;
  offering.set_alpn("\x02h2");
  shake_hands(indifferent, offering);
  assert_true(indifferent.state == State::kOpen);
  Server server(make_server({"juliet"}, {"xmpp-client"}));
  OpensslClient silent;
  shake_hands(server, silent);
  assert_true(server.state == State::kOpen);
  assert_text_equal(server.filter->info().alpn, "");
}

void exporter_is_equal_on_both_sides(void**) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Server server(make_server({"juliet"}));
    OpensslClient client(version);
    assert_text_equal(server.filter->tls_exporter(), "");
    shake_hands(server, client);
    assert_int_equal(server.filter->tls_exporter().size(), 32);
    assert_true(server.filter->tls_exporter() == client.exporter());
  }
}

// OpenSSL keeps what SSL_get_finished() tells in either version.
void unique_is_the_first_finished_in_both_versions(void**) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto context = make_server({"juliet"});
    Server full(context);
    OpensslClient client(version);
    shake_hands(full, client);
    assert_false(full.filter->info().resumed);
    assert_true(full.filter->tls_unique().size() >= 12);
    assert_true(full.filter->tls_unique() == client.first_finished());

    Server other(context);
    OpensslClient stranger(version);
    shake_hands(other, stranger);
    assert_false(other.filter->tls_unique() == full.filter->tls_unique());
  }
}

void unique_of_a_resumed_session_is_the_servers_finished(void**) {
  const auto context = make_server({"juliet"});
  Server full(context);
  OpensslClient client(TLS1_2_VERSION);
  shake_hands(full, client);
  Server resumed(context);
  OpensslClient again(TLS1_2_VERSION);
  SSL_set_session(again.ssl(), SSL_get0_session(client.ssl()));
  shake_hands(resumed, again);
  assert_true(resumed.filter->info().resumed);
  assert_true(resumed.filter->tls_unique() == again.first_finished());
  assert_false(resumed.filter->tls_unique() == full.filter->tls_unique());
}

void without_extended_master_secret_only_the_end_point_binds(void**) {
  Server server(make_server({"juliet"}));
  OpensslClient client(TLS1_2_VERSION);
  SSL_set_options(client.ssl(), SSL_OP_NO_EXTENDED_MASTER_SECRET);
  shake_hands(server, client);
  assert_true(server.state == State::kOpen);
  assert_text_equal(server.filter->tls_unique(), "");
  assert_text_equal(server.filter->tls_exporter(), "");
  assert_int_equal(server.filter->tls_server_end_point().size(), 32);
}

std::string certificate_digest(const std::string& name, const EVP_MD* hash) {
  BIO* const file = BIO_new_file(folder->certificate_file(name).c_str(), "r");
  X509* const certificate = PEM_read_bio_X509(file, nullptr, nullptr, nullptr);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  X509_digest(certificate, hash, digest, &size);
  X509_free(certificate);
  BIO_free(file);
  return std::string(reinterpret_cast<char*>(digest), size);
}

void end_point_is_the_digest_that_the_signature_uses(void**) {
  struct Case {
    const EVP_MD* signed_with;
    const EVP_MD* binding;
  };
  for (const Case& one : {Case{EVP_sha256(), EVP_sha256()}, Case{EVP_sha384(), EVP_sha384()},
                          Case{EVP_sha512(), EVP_sha512()}, Case{EVP_sha1(), EVP_sha256()}}) {
    folder->make("end-point", {.key = KeyKind::kRsa, .hash = one.signed_with});
    // OpenSSL's level 1 refuses SHA-1 signatures as a server's own certificate too.
    TlsServerOptions options{.certificates = {certificate_of("end-point")}, .alpn = {}};
    const auto context = TlsContext::make_server(options);
    if (one.signed_with == EVP_sha1() && !context) continue;
    Server server(*context);
    OpensslClient client(TLS1_2_VERSION);
    shake_hands(server, client);
    assert_true(server.filter->tls_server_end_point() ==
                certificate_digest("end-point", one.binding));
  }
}

void end_point_follows_the_server_name(void**) {
  Server server(make_server({"juliet", "romeo"}));
  OpensslClient client;
  client.set_server_name("romeo.example");
  shake_hands(server, client);
  assert_true(server.filter->tls_server_end_point() == certificate_digest("romeo", EVP_sha256()));
}

void end_point_of_ed25519_is_undefined(void**) {
  folder->make("ed25519", {.key = KeyKind::kEd25519});
  Server server(make_server({"ed25519"}));
  OpensslClient client;
  shake_hands(server, client);
  assert_text_equal(server.filter->tls_server_end_point(), "");
}

// Both filters of our own, and their bindings.
struct Pair {
  Pair(std::shared_ptr<const TlsContext> of_server, std::shared_ptr<const TlsContext> of_client,
       const std::string& host)
      : server(std::move(of_server)), client(TlsFilter::make_client(std::move(of_client), host)) {
    std::string plain, to_client;
    do {
      ByteQueue to_server;
      client_state = client->receive(to_client, plain, to_server);
      if (to_server.empty()) break;
      to_client = server.receive(to_server.view());
    } while (!to_client.empty());
  }
  Server server;
  std::unique_ptr<TlsFilter> client;
  State client_state = State::kHandshaking;
};

void client_accepts_a_trusted_certificate_of_the_host(void**) {
  Pair pair(make_server({"juliet"}), make_client("juliet"), "juliet.example");
  assert_true(pair.client_state == State::kOpen);
  assert_true(pair.server.state == State::kOpen);
  assert_text_equal(pair.server.filter->info().server_name, "juliet.example");
  assert_true(pair.client->tls_exporter() == pair.server.filter->tls_exporter());
  assert_true(pair.client->tls_server_end_point() == pair.server.filter->tls_server_end_point());
}

void client_checks_an_ip_address_against_the_certificate(void**) {
  Pair good(make_server({"juliet"}), make_client("juliet"), "127.0.0.1");
  assert_true(good.client_state == State::kOpen);
  assert_text_equal(good.server.filter->info().server_name, "");
  Pair bad(make_server({"juliet"}), make_client("juliet"), "127.0.0.2");
  assert_true(bad.client_state == State::kFailed);
  assert_true(bad.client->error().text.find("IP address mismatch") != std::string::npos);
}

void client_refuses_the_certificate_of_another_host(void**) {
  Pair pair(make_server({"juliet"}), make_client("juliet"), "romeo.example");
  assert_true(pair.client_state == State::kFailed);
  assert_true(pair.client->error().code == Errc::kInvalid);
  assert_true(pair.client->error().text.find("hostname mismatch") != std::string::npos);
  assert_true(pair.server.state == State::kFailed);
}

void client_refuses_a_certificate_that_nobody_signed(void**) {
  Pair pair(make_server({"juliet"}), make_client("romeo"), "juliet.example");
  assert_true(pair.client_state == State::kFailed);
  assert_true(pair.client->error().text.find("self-signed") != std::string::npos ||
              pair.client->error().text.find("self signed") != std::string::npos);
}

void client_refuses_an_expired_certificate(void**) {
  folder->make("past", {.names = "DNS:past.example", .valid_from = -7200, .valid_until = -3600});
  Pair pair(make_server({"past"}), make_client("past"), "past.example");
  assert_true(pair.client_state == State::kFailed);
  assert_true(pair.client->error().text.find("expired") != std::string::npos);
}

void client_that_need_not_verify_takes_any_certificate(void**) {
  Pair pair(make_server({"juliet"}), make_client("romeo", false), "elsewhere.example");
  assert_true(pair.client_state == State::kOpen);
}

void bytes_that_are_no_tls_fail_for_good(void**) {
  for (const std::string& bytes :
       {std::string("GET / HTTP/1.1\r\nHost: juliet.example\r\n\r\n"),
        std::string("<?xml version='1.0'?><stream:stream to='juliet.example'>"),
        std::string("\x16\x03\x01\xff\xff\x01", 6), std::string(4096, '\0'),
        std::string("\x80\x05\x01\x00\x02\x00\x00", 7),
        std::string("\x15\x03\x03\x00\x02\x02\x28", 7)}) {
    Server server(make_server({"juliet"}));
    server.receive(bytes);
    assert_true(server.state == State::kFailed);
    assert_false(server.filter->error().text.empty());
    OpensslClient client;
    assert_text_equal(server.receive(client.receive("")), "");
    assert_true(server.state == State::kFailed);
    server.send("never");
    assert_false(server.sent);
    assert_text_equal(server.plain, "");
  }
}

void tampered_record_fails(void**) {
  Server server(make_server({"juliet"}));
  OpensslClient client;
  shake_hands(server, client);
  std::string record = client.send("transfer 1");
  record.back() = static_cast<char>(record.back() ^ 1);
  const std::string alert = server.receive(record);
  assert_true(server.state == State::kFailed);
  assert_text_equal(server.plain, "");
  client.receive(alert);
  assert_true(client.error.find("bad record mac") != std::string::npos);
}

void old_versions_are_refused(void**) {
  Server server(make_server({"juliet"}));
  OpensslClient client(TLS1_1_VERSION);
  shake_hands(server, client);
  assert_true(server.state == State::kFailed);
  assert_false(client.open());
}

void renegotiation_is_refused(void**) {
  Server server(make_server({"juliet"}));
  OpensslClient client(TLS1_2_VERSION);
  shake_hands(server, client);
  SSL_renegotiate(client.ssl());
  client.receive(server.receive(client.receive("")));
  client.receive(server.receive(client.send("still here")));
  assert_false(server.filter->info().resumed);
  assert_true(client.error.find("renegotiation") != std::string::npos);
}

void close_notify_ends_one_direction(void**) {
  Server server(make_server({"juliet"}));
  OpensslClient client;
  shake_hands(server, client);
  std::string records = client.send("last words");
  records += client.close();
  server.receive(records);
  assert_true(server.state == State::kPeerClosed);
  assert_text_equal(server.plain, "last words");
  client.receive(server.send("farewell"));
  assert_text_equal(client.plain, "farewell");
  client.receive(server.close());
  assert_true(client.peer_closed());
}

void nothing_is_sent_before_the_handshake(void**) {
  Server server(make_server({"juliet"}));
  assert_text_equal(server.send("secret"), "");
  assert_false(server.sent);
  assert_text_equal(server.close(), "");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(handshake_opens_with_each_version_and_kind_of_key),
      cmocka_unit_test(records_may_come_byte_by_byte),
      cmocka_unit_test(several_records_in_one_read_are_all_decrypted),
      cmocka_unit_test(large_text_is_sent_whole),
      cmocka_unit_test(server_name_selects_the_certificate),
      cmocka_unit_test(alpn_is_chosen_from_what_both_know),
      cmocka_unit_test(alpn_without_a_match_is_fatal),
      cmocka_unit_test(alpn_is_no_duty),
      cmocka_unit_test(exporter_is_equal_on_both_sides),
      cmocka_unit_test(unique_is_the_first_finished_in_both_versions),
      cmocka_unit_test(unique_of_a_resumed_session_is_the_servers_finished),
      cmocka_unit_test(without_extended_master_secret_only_the_end_point_binds),
      cmocka_unit_test(end_point_is_the_digest_that_the_signature_uses),
      cmocka_unit_test(end_point_follows_the_server_name),
      cmocka_unit_test(end_point_of_ed25519_is_undefined),
      cmocka_unit_test(client_accepts_a_trusted_certificate_of_the_host),
      cmocka_unit_test(client_checks_an_ip_address_against_the_certificate),
      cmocka_unit_test(client_refuses_the_certificate_of_another_host),
      cmocka_unit_test(client_refuses_a_certificate_that_nobody_signed),
      cmocka_unit_test(client_refuses_an_expired_certificate),
      cmocka_unit_test(client_that_need_not_verify_takes_any_certificate),
      cmocka_unit_test(bytes_that_are_no_tls_fail_for_good),
      cmocka_unit_test(tampered_record_fails),
      cmocka_unit_test(old_versions_are_refused),
      cmocka_unit_test(renegotiation_is_refused),
      cmocka_unit_test(close_notify_ends_one_direction),
      cmocka_unit_test(nothing_is_sent_before_the_handshake),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
