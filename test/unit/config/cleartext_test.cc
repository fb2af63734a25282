// SPDX-License-Identifier: MIT
// Which places that logins go to are warned of, as what they are asked crosses a network in the
// clear.
#include <string>
#include <vector>

#include "base/log.h"
#include "config_auth.h"
#include "support/cmocka.h"

namespace {

std::string host_with(const std::string& name, const std::string& options) {
  return "[[host]]\nname = \"" + name + "\"\ncertificate = \"c\"\nkey = \"k\"\n" + options;
}

std::vector<std::string> warnings_of(const std::string& text) {
  const auto config = rosterd::parse_config(text, "f.toml");
  if (!config) print_error("%s\n", config.error().text.c_str());
  assert_true(config.has_value());
  std::vector<std::string> lines;
  rosterd::log::set_sink(
      [](void* context, rosterd::log::Level level, std::string_view line) {
        if (level != rosterd::log::Level::kWarn) return;
        static_cast<std::vector<std::string>*>(context)->emplace_back(line);
      },
      &lines);
  rosterd::warn_of_cleartext_logins(*config);
  rosterd::log::set_sink(nullptr, nullptr);
  return lines;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string basic(const std::string& url) {
  return "auth = \"http-basic\"\nhttp_auth_url = \"" + url + "\"\n";
}

void login_that_crosses_a_network_in_the_clear_is_warned_of(void**) {
  for (const char* url : {"http://app.example.org/auth", "http://192.0.2.1/auth",
                          "http://[2001:db8::1]:8080/auth", "http://localhost.example.org/"}) {
    const auto lines = warnings_of(host_with("x.example", basic(url)));
    assert_int_equal(lines.size(), 1);
    assert_true(has(lines.front(), "crosses the network in the clear"));
    assert_true(has(lines.front(), "hint=https://"));
  }
  const auto lines =
      warnings_of(host_with("x.example", basic("http://u:p@192.0.2.1/a?p=$password")));
  assert_int_equal(lines.size(), 1);
  assert_true(has(lines.front(), "to=http://192.0.2.1 "));  // and nothing of the rest
}

void what_stays_on_the_machine_or_is_encrypted_is_not(void**) {
  for (const char* url :
       {"https://app.example.org/auth", "http://127.0.0.1:8000/auth", "http://127.1.2.3/auth",
        "http://[::1]/auth", "http://localhost/auth", "http://app.localhost/auth"}) {
    assert_int_equal(warnings_of(host_with("x.example", basic(url))).size(), 0);
  }
  // Where accounts are here nobody is asked.
  const std::string unused = "http_auth_url = \"http://192.0.2.1/auth\"\n";
  assert_int_equal(warnings_of(host_with("x.example", unused)).size(), 0);
}

void each_kind_s_own_url_counts(void**) {
  const std::string cookie =
      "auth = \"cookie\"\nhttp_cookie_auth_url = \"http://192.0.2.1/whose\"\n";
  assert_int_equal(warnings_of(host_with("x.example", cookie)).size(), 1);
  const std::string token = "auth = \"userinfo\"\nuserinfo_url = \"http://192.0.2.1/me\"\n";
  assert_int_equal(warnings_of(host_with("x.example", token)).size(), 1);
  const std::string keys = "auth = \"jwt\"\njwt_jwks_url = \"http://192.0.2.1/jwks\"\n";
  const auto lines = warnings_of(host_with("x.example", keys));
  assert_int_equal(lines.size(), 1);
  assert_true(has(lines.front(), "keys for tokens cross the network in the clear"));
}

void place_of_several_hosts_is_warned_of_once(void**) {
  const std::string same = host_with("a.example", basic("http://192.0.2.1/a")) +
                           host_with("b.example", basic("http://192.0.2.1/b"));
  assert_int_equal(warnings_of(same).size(), 1);
  const std::string other = same + host_with("c.example", basic("http://192.0.2.1:8080/b"));
  assert_int_equal(warnings_of(other).size(), 2);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(login_that_crosses_a_network_in_the_clear_is_warned_of),
      cmocka_unit_test(what_stays_on_the_machine_or_is_encrypted_is_not),
      cmocka_unit_test(each_kind_s_own_url_counts),
      cmocka_unit_test(place_of_several_hosts_is_warned_of_once),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
