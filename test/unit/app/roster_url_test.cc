// SPDX-License-Identifier: MIT
#include "app/roster_url.h"

#include "support/cmocka.h"

using rosterd::app::check_roster_url;
using rosterd::app::expand_roster_url;
using rosterd::app::FilePath;
using rosterd::app::make_roster_target;
using rosterd::http::Url;

namespace {

constexpr const char* kHttp = "http://app.example.org/contacts/%s";
constexpr const char* kFile = "file:///srv/rosters/%s.json";

bool is_good(std::string_view url) { return check_roster_url(url).has_value(); }

std::string fault_of(std::string_view url) {
  const auto checked = check_roster_url(url);
  assert_false(checked.has_value());
  return checked.error().text;
}

std::string file_of(std::string_view user, std::string_view url = kFile) {
  const auto target = make_roster_target(url, user, "example.com");
  return target ? std::get<FilePath>(*target).path : "refused: " + target.error().text;
}

bool has_target(std::string_view url, std::string_view user) {
  return make_roster_target(url, user, "example.com").has_value();
}

void username_replaces_each_placeholder(void**) {
  assert_text_equal(expand_roster_url(kHttp, "john", "example.com"),
                    "http://app.example.org/contacts/john");
  assert_text_equal(expand_roster_url("http://h/{host}/{user}?u=%s", "john", "example.com"),
                    "http://h/example.com/john?u=john");
}

void two_percent_signs_stand_for_one(void**) {
  assert_text_equal(expand_roster_url("http://h/a%%20b/%s%%s", "john", "x"),
                    "http://h/a%20b/john%s");
}

void username_is_percent_encoded_byte_by_byte(void**) {
  assert_text_equal(expand_roster_url("%s", "r2+d2#%", "x"), "r2%2Bd2%23%25");
  assert_text_equal(expand_roster_url("%s", "zo\xC3\xAB", "x"), "zo%C3%AB");
  assert_text_equal(expand_roster_url("%s", "a?b#c", "x"), "a%3Fb%23c");
  assert_text_equal(expand_roster_url("%s", "a-Z_0.9~", "x"), "a-Z_0.9~");
}

void placeholders_in_a_username_are_not_expanded_again(void**) {
  assert_text_equal(expand_roster_url("%s", "%s{host}", "x"), "%25s%7Bhost%7D");
}

void url_with_the_username_in_path_or_query_is_good(void**) {
  assert_true(is_good(kHttp));
  assert_true(is_good("https://h:8443/x?user={user}&host={host}"));
  assert_true(is_good("http://h?u=%s"));
  assert_true(is_good("http://{host}/%s"));
  assert_true(is_good(kFile));
  assert_true(is_good("file:///srv/{host}/%s"));
}

void url_without_a_username_is_refused(void**) {
  assert_false(is_good(""));
  assert_false(is_good("http://h/contacts"));
  assert_false(is_good("http://h/{host}"));
  assert_false(is_good("http://h/%%s"));
}

void username_in_the_authority_is_refused(void**) {
  assert_false(is_good("http://%s/contacts"));
  assert_false(is_good("http://{user}.example.org/%s"));
  assert_false(is_good("http://%s@h/%s"));
}

void unknown_placeholder_is_refused_by_name(void**) {
  assert_int_not_equal(fault_of("http://h/{usr}/%s").find("{usr}"), std::string::npos);
  assert_int_not_equal(fault_of("http://h/a%20b/%s").find("%20"), std::string::npos);
  assert_false(is_good("http://h/%s%"));
  assert_false(is_good("http://h/%s}"));
}

void other_schemes_and_broken_urls_are_refused(void**) {
  for (const char* url : {"ftp://h/%s", "h/%s", "/contacts/%s", "http:///%s", "http://h:99999/%s",
                          "http://h/ %s", "http://h/%s#x", "file://srv/%s", "file:/srv/%s",
                          "file:///srv/../%s", "http://h/./%s", "FILE:///srv/%s"}) {
    assert_false(is_good(url));
  }
}

void http_target_is_a_url(void**) {
  const auto target = make_roster_target(kHttp, "zo\xC3\xAB", "example.com");
  assert_true(target.has_value());
  assert_text_equal(std::get<Url>(*target).target, "/contacts/zo%C3%AB");
  assert_text_equal(std::get<Url>(*target).origin(), "http://app.example.org");
}

void dots_alone_are_no_path_segment(void**) {
  for (const char* user : {".", ".."}) {
    assert_false(has_target(kHttp, user));
    assert_false(has_target("http://h/%s/roster", user));
    assert_true(has_target("http://h/roster?user=%s", user));
    assert_true(has_target("http://h/%s.json", user));
  }
  assert_true(has_target(kHttp, "..."));
  assert_false(has_target("http://h/%s./x", "."));
}

void file_is_named_by_the_encoded_username(void**) {
  assert_text_equal(file_of("john"), "/srv/rosters/john.json");
  assert_text_equal(file_of("zo\xC3\xAB"), "/srv/rosters/zo%C3%AB.json");
  assert_text_equal(file_of("r2+d2#%"), "/srv/rosters/r2%2Bd2%23%25.json");
}

void no_username_leaves_the_folder(void**) {
  assert_text_equal(file_of("../etc/passwd").substr(0, 8), "refused:");
  assert_text_equal(file_of("a/../../etc"), "/srv/rosters/a%2F..%2F..%2Fetc.json");
  assert_text_equal(file_of(std::string_view("a\0b", 3)), "/srv/rosters/a%00b.json");
  for (const char* user : {".", "..", ".hidden", "..."}) {
    assert_text_equal(file_of(user).substr(0, 8), "refused:");
    assert_text_equal(file_of(user, "file:///srv/%s/roster.json").substr(0, 8), "refused:");
    assert_text_equal(file_of(user, "file:///srv/x%s.json").substr(0, 8), "refused:");
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(username_replaces_each_placeholder),
      cmocka_unit_test(two_percent_signs_stand_for_one),
      cmocka_unit_test(username_is_percent_encoded_byte_by_byte),
      cmocka_unit_test(placeholders_in_a_username_are_not_expanded_again),
      cmocka_unit_test(url_with_the_username_in_path_or_query_is_good),
      cmocka_unit_test(url_without_a_username_is_refused),
      cmocka_unit_test(username_in_the_authority_is_refused),
      cmocka_unit_test(unknown_placeholder_is_refused_by_name),
      cmocka_unit_test(other_schemes_and_broken_urls_are_refused),
      cmocka_unit_test(http_target_is_a_url),
      cmocka_unit_test(dots_alone_are_no_path_segment),
      cmocka_unit_test(file_is_named_by_the_encoded_username),
      cmocka_unit_test(no_username_leaves_the_folder),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
