// SPDX-License-Identifier: MIT
#include "app/refresh_request.h"

#include "support/cmocka.h"

using rosterd::Errc;
using rosterd::app::parse_refresh_body;
using rosterd::app::parse_refresh_name;

namespace {

const std::vector<std::string> kHosts = {"example.com", "example.org"};

// "jid*elements jid*elements …", or the error's text.
std::string parse(std::string_view body, std::size_t limit = 100) {
  const auto users = parse_refresh_body(body, kHosts, limit);
  if (!users) return users.error().text;
  std::string out;
  for (const auto& [user, elements] : *users) {
    (out += out.empty() ? "" : " ") += user.text();
    out += "*" + std::to_string(elements);
  }
  return out;
}

bool is_fault(std::string_view body, std::string_view part, Errc code = Errc::kInvalid) {
  const auto users = parse_refresh_body(body, kHosts, 100);
  assert_false(users.has_value());
  assert_int_equal(static_cast<int>(users.error().code), static_cast<int>(code));
  if (users.error().text.find(part) != std::string::npos) return true;
  print_message("%s\n", users.error().text.c_str());
  return false;
}

void username_belongs_to_the_first_host(void**) {
  assert_text_equal(parse(R"(["john", "aaron"])"), "john@example.com*1 aaron@example.com*1");
}

void bare_jid_on_a_served_host_is_taken(void**) {
  assert_text_equal(parse(R"(["john@example.org"])"), "john@example.org*1");
}

void full_jid_loses_its_resource(void**) {
  assert_text_equal(parse(R"(["john@example.org/conv-1", "john@example.com/a@b"])"),
                    "john@example.org*1 john@example.com*1");
}

void names_are_prepared(void**) {
  assert_text_equal(parse(R"(["John", "MARIE@Example.COM"])"),
                    "john@example.com*1 marie@example.com*1");
}

void doubles_are_counted_and_listed_once(void**) {
  assert_text_equal(parse(R"(["john", "aaron", "JOHN", "john@example.com/x"])"),
                    "john@example.com*3 aaron@example.com*1");
}

void array_may_be_empty_and_surrounded_by_white_space(void**) {
  assert_text_equal(parse("[]"), "");
  assert_text_equal(parse("\xEF\xBB\xBF \n[ \"john\" ]\r\n\r\n"), "john@example.com*1");
}

void anything_but_an_array_is_refused(void**) {
  assert_true(is_fault(R"({"a": 1})", "expected an array"));
  assert_true(is_fault(R"("john")", "expected an array"));
  assert_true(is_fault("null", "expected an array"));
  for (const char* body : {"", " ", "john", "[\"john\"", "[\"john\",]", "[\"john\"] x",
                           "[\"\xFF\"]", "users=[\"john\"]"}) {
    assert_true(is_fault(body, "JSON"));
  }
}

void element_of_another_kind_is_refused_with_its_index(void**) {
  assert_true(is_fault(R"(["john", 1])", "element [1]: a number"));
  assert_true(is_fault("[null]", "element [0]: null"));
  assert_true(is_fault("[true]", "element [0]: a boolean"));
  assert_true(is_fault(R"([["john"]])", "element [0]: an array"));
  assert_true(is_fault(R"(["a", "b", {"user": "john"}])", "element [2]: objects are not supp"));
}

void name_that_is_no_username_is_refused_with_its_index(void**) {
  for (const char* name : {"", " ", "a b", "a/b", "a\\u0000b", "@example.com", "a@", "a@b@c",
                           "john@example.com/", "a/b@c"}) {
    assert_true(is_fault(std::string("[\"x\", \"") + name + "\"]", "element [1]: "));
  }
  assert_true(is_fault("[\"" + std::string(1024, 'x') + "\"]", "element [0]: "));
}

void other_host_is_refused(void**) {
  assert_true(is_fault(R"(["john@example.net"])", "element [0]: \"john@example.net\" is not on",
                       Errc::kDenied));
}

void one_element_over_the_limit_is_too_many(void**) {
  assert_text_equal(parse(R"(["a", "a"])", 2), "a@example.com*2");
  const auto users = parse_refresh_body(R"(["a", "a", "a"])", kHosts, 2);
  assert_false(users.has_value());
  assert_int_equal(static_cast<int>(users.error().code), static_cast<int>(Errc::kTooLarge));
}

void single_name_is_read_like_an_element(void**) {
  assert_text_equal(parse_refresh_name("r2+d2#%", kHosts)->text(), "r2+d2#%@example.com");
  assert_text_equal(parse_refresh_name("zo\xC3\xAB", kHosts)->text(), "zo\xC3\xAB@example.com");
  assert_false(parse_refresh_name("", kHosts).has_value());
  assert_false(parse_refresh_name("zo\xEB", kHosts).has_value());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(username_belongs_to_the_first_host),
      cmocka_unit_test(bare_jid_on_a_served_host_is_taken),
      cmocka_unit_test(full_jid_loses_its_resource),
      cmocka_unit_test(names_are_prepared),
      cmocka_unit_test(doubles_are_counted_and_listed_once),
      cmocka_unit_test(array_may_be_empty_and_surrounded_by_white_space),
      cmocka_unit_test(anything_but_an_array_is_refused),
      cmocka_unit_test(element_of_another_kind_is_refused_with_its_index),
      cmocka_unit_test(name_that_is_no_username_is_refused_with_its_index),
      cmocka_unit_test(other_host_is_refused),
      cmocka_unit_test(one_element_over_the_limit_is_too_many),
      cmocka_unit_test(single_name_is_read_like_an_element),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
