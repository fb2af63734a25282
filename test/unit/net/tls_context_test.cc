// SPDX-License-Identifier: MIT
#include <cstdio>
#include <string>
#include <vector>

#include "base/log.h"
#include "net/tls.h"
#include "support/certificate.h"
#include "support/cmocka.h"

using rosterd::Errc;
using rosterd::net::TlsContext;
using rosterd::net::TlsServerOptions;
using rosterd::test::CertificateFolder;

namespace {

struct Files {
  Files() {
    rosterd::log::set_sink(
        [](void* to, rosterd::log::Level, std::string_view line) {
          static_cast<std::vector<std::string>*>(to)->emplace_back(line);
        },
        &lines);
  }
  ~Files() { rosterd::log::set_sink(nullptr, nullptr); }

  auto make_server(const std::string& certificate, const std::string& key) {
    return TlsContext::make_server(
        {.certificates = {{"juliet.example", folder.certificate_file(certificate),
                           folder.key_file(key)}},
         .alpn = {}});
  }

  CertificateFolder folder;
  std::vector<std::string> lines;
};

void missing_files_are_named(void**) {
  Files files;
  const auto none = files.make_server("none", "none");
  assert_false(none.has_value());
  assert_true(none.error().code == Errc::kNotFound);
  assert_true(none.error().text.find("none.crt") != std::string::npos);
  files.folder.make("one");
  const auto no_key = files.make_server("one", "none");
  assert_true(no_key.error().code == Errc::kNotFound);
  assert_true(no_key.error().text.find("none.key") != std::string::npos);
}

void key_of_another_certificate_is_refused(void**) {
  Files files;
  files.folder.make("one");
  files.folder.make("two");
  const auto context = files.make_server("one", "two");
  assert_false(context.has_value());
  assert_true(context.error().code == Errc::kInvalid);
  assert_true(context.error().text.find("two.key") != std::string::npos);
  assert_true(context.error().text.find("mismatch") != std::string::npos);
}

void file_without_a_certificate_is_refused(void**) {
  Files files;
  files.folder.make("one");
  std::FILE* const file = std::fopen(files.folder.certificate_file("one").c_str(), "w");
  std::fputs("this is no certificate\n", file);
  std::fclose(file);
  const auto context = files.make_server("one", "one");
  assert_true(context.error().code == Errc::kInvalid);
  assert_true(context.error().text.find("one.crt") != std::string::npos);
}

void key_with_a_passphrase_is_refused_without_asking(void**) {
  Files files;
  files.folder.make("one", {.passphrase = "sesame"});
  const auto context = files.make_server("one", "one");
  assert_false(context.has_value());
  assert_true(context.error().code == Errc::kInvalid);
}

void certificate_outside_its_dates_is_used_with_a_warning(void**) {
  Files files;
  files.folder.make("past", {.valid_from = -7200, .valid_until = -3600});
  assert_true(files.make_server("past", "past").has_value());
  assert_int_equal(files.lines.size(), 1);
  assert_true(files.lines[0].starts_with("tls certificate has expired host=juliet.example"));
  files.folder.make("future", {.valid_from = 3600, .valid_until = 7200});
  assert_true(files.make_server("future", "future").has_value());
  assert_int_equal(files.lines.size(), 2);
  assert_true(files.lines[1].starts_with("tls certificate is not valid yet"));
  files.folder.make("now");
  assert_true(files.make_server("now", "now").has_value());
  assert_int_equal(files.lines.size(), 2);
}

void server_needs_a_certificate(void**) { assert_false(TlsContext::make_server({}).has_value()); }

void alpn_names_have_a_size(void**) {
  Files files;
  files.folder.make("one");
  for (const std::string& name : {std::string(), std::string(256, 'x')}) {
    const auto context = TlsContext::make_server(
        {.certificates = {{"", files.folder.certificate_file("one"), files.folder.key_file("one")}},
         .alpn = {name}});
    assert_true(context.error().code == Errc::kInvalid);
  }
}

void client_without_its_trust_store_is_refused(void**) {
  const auto missing = TlsContext::make_client({.ca_file = "/nonexistent/ca.pem", .alpn = {}});
  assert_true(missing.error().code == Errc::kNotFound);
  assert_true(missing.error().text.find("/nonexistent/ca.pem") != std::string::npos);
  assert_true(TlsContext::make_client({}).has_value());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(missing_files_are_named),
      cmocka_unit_test(key_of_another_certificate_is_refused),
      cmocka_unit_test(file_without_a_certificate_is_refused),
      cmocka_unit_test(key_with_a_passphrase_is_refused_without_asking),
      cmocka_unit_test(certificate_outside_its_dates_is_used_with_a_warning),
      cmocka_unit_test(server_needs_a_certificate),
      cmocka_unit_test(alpn_names_have_a_size),
      cmocka_unit_test(client_without_its_trust_store_is_refused),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
