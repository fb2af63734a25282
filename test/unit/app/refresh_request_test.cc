// SPDX-License-Identifier: MIT
#include "app/refresh_request.h"

#include "support/cmocka.h"
#include "unit/app/show_delta.h"

namespace rosterd::app {
namespace {

const std::vector<std::string> kHosts = {"example.com", "example.org"};

// "jid*elements jid*elements …" and what comes with them, or the error's text.
std::string show(const Result<RefreshRequest>& request) {
  if (!request) return request.error().text;
  std::string out;
  for (const RefreshUser& user : request->users) {
    out += out.empty() ? "" : " ";
    out += user.user.text();
    out += "*" + std::to_string(user.elements.size());
    for (const RosterDelta& delta : user.deltas) out += show(delta);
  }
  const RosterFaults& faults = request->faults;
  if (faults.skipped > 0) out += " -" + std::to_string(faults.skipped);
  if (faults.dropped > 0) out += " ~" + std::to_string(faults.dropped);
  if (!faults.first_fault.empty()) out += " " + request->faulty_user + ": " + faults.first_fault;
  return out;
}

Result<RefreshRequest> read(std::string_view body, std::size_t limit = 100) {
  RosterSourceOptions rosters;
  rosters.limits.contacts = 3;
  static Interner names;
  return parse_refresh_body(body, kHosts, {limit, rosters}, names);
}

std::string parse(std::string_view body, std::size_t limit = 100) {
  return show(read(body, limit));
}

bool is_fault(std::string_view body, std::string_view part, Errc code = Errc::kInvalid) {
  const auto request = read(body);
  assert_false(request.has_value());
  assert_int_equal(static_cast<int>(request.error().code), static_cast<int>(code));
  if (request.error().text.find(part) != std::string::npos) return true;
  print_message("%s\n", request.error().text.c_str());
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
}

void name_that_is_no_username_is_refused_with_its_index(void**) {
  for (const char* name : {"", " ", "a b", "a/b", "a\\u0000b", "\\ud83d", "\\ude00", "@example.com",
                           "a@", "a@b@c", "john@example.com/", "a/b@c"}) {
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
  for (const char* body : {R"(["a", "a", "a"])", R"(["a", "a", {"user": "a", "roster": {}}])"}) {
    const auto request = read(body, 2);
    assert_false(request.has_value());
    assert_int_equal(static_cast<int>(request.error().code), static_cast<int>(Errc::kTooLarge));
  }
}

void single_name_is_read_like_an_element(void**) {
  assert_text_equal(parse_refresh_name("r2+d2#%", kHosts)->text(), "r2+d2#%@example.com");
  assert_text_equal(parse_refresh_name("zo\xC3\xAB", kHosts)->text(), "zo\xC3\xAB@example.com");
  assert_false(parse_refresh_name("", kHosts).has_value());
  assert_false(parse_refresh_name("zo\xEB", kHosts).has_value());
}

// --- Deltas -------------------------------------------------------------------------------------

void element_may_bring_the_roster(void**) {
  assert_text_equal(parse(R"([{"user": "john", "roster": {"b@x": {"name": "B"}, "a@x": null}}])"),
                    "john@example.com*1={a@x '' both; b@x 'B' both}");
  assert_text_equal(parse(R"([{"etag": "\"v7\"", "roster": [], "user": "john"}])"),
                    "john@example.com*1={}->\"v7\"");
}

void element_may_bring_a_patch(void**) {
  assert_text_equal(
      parse(R"([{"user": "John@example.org/r", "patch": {"b@x": null, "a@x": "A"}, "if": "v6",
                 "etag": "v7"}])"),
      "john@example.org*1(v6)+{a@x 'A' both; b@x removed}->v7");
}

void members_come_in_any_order_and_unknown_ones_are_passed_over(void**) {
  assert_text_equal(parse(R"([{"x": {"user": [1, "zoe"]}, "patch": {"a@x": {"y": {"name": 1}}},
                              "z": null, "user": "john", "roster ": {}}, "zoe"])"),
                    "john@example.com*1+{a@x '' both} zoe@example.com*1");
}

void of_a_member_that_occurs_twice_the_last_counts(void**) {
  assert_text_equal(parse(R"([{"user": "zoe", "roster": {"a@x": {}}, "user": "john",
                              "roster": {"b@x": {}}}])"),
                    "john@example.com*1={b@x '' both}");
}

void owner_of_a_delta_is_no_contact_of_his_own(void**) {
  assert_text_equal(parse(R"([{"roster": {"john@example.com": {}, "a@x": {}}, "user": "john"}])"),
                    "john@example.com*1={a@x '' both}");
}

void name_beside_a_delta_asks_for_the_roster(void**) {
  assert_text_equal(parse(R"([{"user": "john", "roster": {}}, "john"])"), "john@example.com*2");
  assert_text_equal(parse(R"(["john", {"user": "john", "patch": {}}])"), "john@example.com*2");
}

void deltas_of_one_user_are_taken_in_their_order(void**) {
  assert_text_equal(parse(R"([{"user": "john", "patch": {"a@x": {}}},
                              {"user": "john", "roster": {"b@x": {}}, "etag": "v1"},
                              {"user": "john", "patch": {"c@x": {}}, "if": "v1"},
                              {"user": "john", "patch": {"b@x": null}}])"),
                    "john@example.com*4={b@x '' both}->v1(v1)+{c@x '' both; b@x removed}");
}

void roster_with_a_condition_does_not_override_what_it_depends_on(void**) {
  assert_text_equal(parse(R"([{"user": "john", "patch": {"a@x": {}}, "etag": "v2"},
                              {"user": "john", "roster": {}, "if": "v2"}])"),
                    "john@example.com*2+{a@x '' both}->v2(v2)={}");
}

void wrong_deltas_are_refused_with_their_index(void**) {
  assert_true(is_fault(R"(["a", {}])", "element [1]: \"user\" is missing"));
  assert_true(is_fault(R"([{"user": 1, "roster": {}}])", "element [0]: \"user\" must be a string"));
  assert_true(is_fault(R"([{"user": "", "roster": {}}])", "element [0]: an empty username"));
  assert_true(is_fault(R"([{"user": "a"}])", "element [0]: either \"roster\" or \"patch\""));
  assert_true(is_fault(R"([{"user": "a", "roster": {}, "patch": {}}])", "element [0]: either"));
  assert_true(is_fault(R"([{"user": "a", "roster": null}])", "element [0]: a roster must be"));
  assert_true(is_fault(R"([{"user": "a", "roster": [1]}])", "element [0]: an array with"));
  assert_true(is_fault(R"([{"user": "a", "patch": "x"}])", "element [0]: a roster must be"));
  for (const char* etag :
       {R"("")", R"("a b")", R"("a\n")", R"("\ud83d")", "1", "null", R"(["v"])"}) {
    const std::string with = R"([{"user": "a", "roster": {}, "etag": )" + std::string(etag) + "}]";
    assert_true(is_fault(with, "element [0]: \"etag\""));
    const std::string on = R"([{"user": "a", "patch": {}, "if": )" + std::string(etag) + "}]";
    assert_true(is_fault(on, "element [0]: \"if\""));
  }
  const std::string shown = "element [0]: \"a@example.net\" is not on";
  assert_true(is_fault(R"([{"user": "a@example.net", "roster": {}}])", shown, Errc::kDenied));
}

void too_many_contacts_of_a_delta_are_refused_with_its_index(void**) {
  for (const char* form : {"roster", "patch"}) {
    const std::string body = R"(["b", {"user": "a", ")" + std::string(form) +
                             R"(": {"a@x": 1, "b@x": 1, "c@x": null, "d@x": 1}}])";
    assert_true(is_fault(body, "element [1]: more than 3 contacts", Errc::kTooLarge));
  }
}

void unusable_parts_of_deltas_are_counted(void**) {
  assert_text_equal(parse(R"([{"user": "john", "roster": {"a@x": 1, "b@x": {"name": "\u0001"}}},
                              {"user": "zoe", "patch": {"@": {}}}])"),
                    "john@example.com*1={b@x '' both} zoe@example.com*1+{} -2 ~1 "
                    "john@example.com: a@x: neither an object nor a name");
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
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
      cmocka_unit_test(element_may_bring_the_roster),
      cmocka_unit_test(element_may_bring_a_patch),
      cmocka_unit_test(members_come_in_any_order_and_unknown_ones_are_passed_over),
      cmocka_unit_test(of_a_member_that_occurs_twice_the_last_counts),
      cmocka_unit_test(owner_of_a_delta_is_no_contact_of_his_own),
      cmocka_unit_test(name_beside_a_delta_asks_for_the_roster),
      cmocka_unit_test(deltas_of_one_user_are_taken_in_their_order),
      cmocka_unit_test(roster_with_a_condition_does_not_override_what_it_depends_on),
      cmocka_unit_test(wrong_deltas_are_refused_with_their_index),
      cmocka_unit_test(too_many_contacts_of_a_delta_are_refused_with_its_index),
      cmocka_unit_test(unusable_parts_of_deltas_are_counted),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
