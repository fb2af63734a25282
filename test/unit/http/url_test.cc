// SPDX-License-Identifier: MIT
#include "http/url.h"

#include <string>

#include "support/cmocka.h"

using namespace rosterd;
using namespace rosterd::http;

namespace {

std::string describe(const Result<Url>& url) {
  if (!url) return "error: " + url.error().text;
  return url->origin() + " " + url->target + (url->userinfo.empty() ? "" : " " + url->userinfo);
}

void absolute_urls_are_taken_apart(void**) {
  assert_text_equal(describe(parse_url("http://App.Example.org/contacts/john?x=1")),
                    "http://app.example.org /contacts/john?x=1");
  assert_text_equal(describe(parse_url("HTTPS://a:8443/%C3%BC")), "https://a:8443 /%C3%BC");
  assert_text_equal(describe(parse_url("http://a")), "http://a /");
  assert_text_equal(describe(parse_url("http://a:/x")), "http://a /x");
  assert_text_equal(describe(parse_url("http://a?q=/")), "http://a /?q=/");
  assert_text_equal(describe(parse_url("http://127.0.0.1:8080/")), "http://127.0.0.1:8080 /");
}

void default_port_is_left_out_of_the_host_field(void**) {
  assert_text_equal(parse_url("http://a:80/")->authority(), "a");
  assert_text_equal(parse_url("https://a:443/")->authority(), "a");
  assert_text_equal(parse_url("https://a:80/")->authority(), "a:80");
  assert_int_equal(parse_url("https://a/")->port, 443);
}

void ipv6_literals_lose_and_regain_their_brackets(void**) {
  const auto url = parse_url("http://[2001:DB8::1]:81/x");
  assert_true(url.has_value());
  assert_text_equal(url->host, "2001:db8::1");
  assert_text_equal(url->authority(), "[2001:db8::1]:81");
}

void user_information_is_decoded(void**) {
  assert_text_equal(describe(parse_url("http://me:p%40ss%3a@a/x")), "http://a /x me:p@ss:");
  assert_text_equal(describe(parse_url("http://a/x@y")), "http://a /x@y");
}

void malformed_urls_are_refused(void**) {
  for (const char* text : {"",
                           "http",
                           "http:",
                           "http:/",
                           "http:///x",
                           "ftp://a/",
                           "a/b",
                           "//a/b",
                           "/x",
                           "http://a b/",
                           "http://a/ b",
                           "http://a/\r\nX: y",
                           "http://a/#f",
                           "http://a:0/",
                           "http://a:65536/",
                           "http://a:1x/",
                           "http://a:-1/",
                           "http://[::1/",
                           "http://[g::1]/",
                           "http://[]/",
                           "http://[::1]x/",
                           "http://::1/",
                           "http://a%2eb/",
                           "http://\xC3\xBC/",
                           "http://a/\xC3\xBC",
                           "http://u%4@a/",
                           "http://u@v@a/",
                           "http://u@/",
                           "http://a/\x7F"}) {
    const auto url = parse_url(text);
    if (url) print_message("taken: %s\n", text);
    assert_false(url.has_value());
    assert_int_equal(url.error().code, Errc::kInvalid);
  }
}

void passwords_stay_out_of_error_texts(void**) {
  const auto url = parse_url("http://me:secret@a:0/");
  assert_false(url.has_value());
  assert_int_equal(url.error().text.find("secret"), std::string::npos);
}

void error_text_says_what_is_wrong(void**) {
  for (const auto& [text, why] :
       {std::pair{"file:///etc/passwd", "a scheme other than http and https"},
        std::pair{"javascript:alert(1)", "a scheme other than http and https"},
        std::pair{"example.org/x", "a scheme other than http and https"},
        std::pair{"http:/x", "no host"}, std::pair{"http:///x", "bad host"}}) {
    assert_text_equal(parse_url(text).error().text, "bad URL: " + std::string(why));
  }
}

struct Reference {
  const char* reference;
  const char* resolved;
};

// The normal and abnormal examples of RFC 3986 section 5.4 that need no other scheme.
void references_are_resolved_as_the_rfc_does(void**) {
  const Url base = *parse_url("http://a/b/c/d;p?q");
  const Reference references[] = {
      {"g", "/b/c/g"},
      {"./g", "/b/c/g"},
      {"g/", "/b/c/g/"},
      {"/g", "/g"},
      {"?y", "/b/c/d;p?y"},
      {"g?y", "/b/c/g?y"},
      {"#s", "/b/c/d;p?q"},
      {"g#s", "/b/c/g"},
      {"g?y#s", "/b/c/g?y"},
      {";x", "/b/c/;x"},
      {"g;x", "/b/c/g;x"},
      {"", "/b/c/d;p?q"},
      {".", "/b/c/"},
      {"./", "/b/c/"},
      {"..", "/b/"},
      {"../", "/b/"},
      {"../g", "/b/g"},
      {"../..", "/"},
      {"../../", "/"},
      {"../../g", "/g"},
      {"../../../g", "/g"},
      {"../../../../g", "/g"},
      {"/./g", "/g"},
      {"/../g", "/g"},
      {"g.", "/b/c/g."},
      {".g", "/b/c/.g"},
      {"g..", "/b/c/g.."},
      {"..g", "/b/c/..g"},
      {"./../g", "/b/g"},
      {"./g/.", "/b/c/g/"},
      {"g/./h", "/b/c/g/h"},
      {"g/../h", "/b/c/h"},
      {"g;x=1/../y", "/b/c/y"},
      {"g?y/./x", "/b/c/g?y/./x"},
      {"g?y/../x", "/b/c/g?y/../x"},
  };
  for (const Reference& r : references) {
    assert_text_equal(describe(resolve_url(base, r.reference)),
                      std::string("http://a ") + r.resolved);
  }
}

void references_may_name_another_host(void**) {
  const Url base = *parse_url("https://me:pw@a/b");
  assert_text_equal(describe(resolve_url(base, "http://c/d#s")), "http://c /d");
  assert_text_equal(describe(resolve_url(base, "//c/d")), "https://c /d");
  assert_text_equal(describe(resolve_url(base, "d")), "https://a /d me:pw");
}

void malformed_references_are_refused(void**) {
  const Url base = *parse_url("http://a/b");
  for (const char* text : {"mailto:x", "javascript:1", "/a b", "/\r\n", "//", "http:///"}) {
    assert_false(resolve_url(base, text).has_value());
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(absolute_urls_are_taken_apart),
      cmocka_unit_test(default_port_is_left_out_of_the_host_field),
      cmocka_unit_test(ipv6_literals_lose_and_regain_their_brackets),
      cmocka_unit_test(user_information_is_decoded),
      cmocka_unit_test(malformed_urls_are_refused),
      cmocka_unit_test(error_text_says_what_is_wrong),
      cmocka_unit_test(passwords_stay_out_of_error_texts),
      cmocka_unit_test(references_are_resolved_as_the_rfc_does),
      cmocka_unit_test(references_may_name_another_host),
      cmocka_unit_test(malformed_references_are_refused),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
