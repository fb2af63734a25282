// SPDX-License-Identifier: MIT
#include "app/bulk_json.h"

#include "app/roster_json.h"
#include "support/cmocka.h"

namespace rosterd::app {
namespace {

std::size_t contacts(const json::Tape& roster) {
  Interner names;
  const xmpp::Jid john = *xmpp::Jid::parse("john@h");
  return parse_roster(roster, john, RosterLimits{}, names)->roster.contacts();
}

void question_names_users(void**) {
  assert_text_equal(write_bulk_question({"john", "zo\xC3\xAB", "a\"b"}),
                    "[\"john\",\"zo\xC3\xAB\",\"a\\\"b\"]");
}

void answer_is_cut_into_rosters(void**) {
  const auto answers = parse_bulk_answer(
      R"({"john": {"marie@h": {"groups": ["a", {"x": [1, null, true]}]}, "zoe@h": "Zoe"},)"
      R"( "aaron": {}, "php": [], "zoe": null})");
  assert_true(answers.has_value());
  assert_int_equal(answers->size(), 4);
  assert_int_equal(contacts(answers->at("john")), 2);
  assert_int_equal(contacts(answers->at("aaron")), 0);
  assert_int_equal(contacts(answers->at("php")), 0);
  assert_true(answers->at("zoe").is_null());
  assert_false(answers->at("aaron").is_null());
}

void of_a_name_that_comes_twice_the_last_counts(void**) {
  const auto answers =
      parse_bulk_answer(R"({"john": {"a@h": {}, "b@h": {}}, "john": {"c@h": {}}})");
  assert_int_equal(contacts(answers->at("john")), 1);
}

void what_is_no_object_is_refused(void**) {
  for (const char* body : {"", "[]", "null", "\"x\"", "1", "{", "{\"a\":{}} x", "<html>"}) {
    const auto answers = parse_bulk_answer(body);
    assert_false(answers.has_value());
    assert_true(answers.error().code == Errc::kInvalid);
  }
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      cmocka_unit_test(question_names_users),
      cmocka_unit_test(answer_is_cut_into_rosters),
      cmocka_unit_test(of_a_name_that_comes_twice_the_last_counts),
      cmocka_unit_test(what_is_no_object_is_refused),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
