// SPDX-License-Identifier: MIT
#include "im/last_seen.h"

#include "support/cmocka.h"

using rosterd::WallTime;
using rosterd::im::LastSeen;

namespace {

WallTime at(int milliseconds) { return WallTime(std::chrono::milliseconds(milliseconds)); }

void the_last_departure_counts(void**) {
  LastSeen seen;
  seen.note("romeo@h", at(1), 10);
  seen.note("romeo@h", at(2), 10);
  assert_true(seen.find("romeo@h") == at(2));
  assert_false(seen.find("juliet@h").has_value());
  assert_int_equal(seen.size(), 1);
}

void who_is_back_is_forgotten(void**) {
  LastSeen seen;
  seen.note("romeo@h", at(1), 10);
  seen.forget("romeo@h");
  seen.forget("romeo@h");
  assert_false(seen.find("romeo@h").has_value());
}

void of_too_many_those_who_left_first_are_forgotten(void**) {
  LastSeen seen;
  for (const char* user : {"a@h", "b@h", "c@h", "a@h", "d@h"}) seen.note(user, at(1), 2);
  assert_int_equal(seen.size(), 2);
  assert_true(seen.find("a@h").has_value());
  assert_true(seen.find("d@h").has_value());
}

void a_limit_of_none_remembers_nobody(void**) {
  LastSeen seen;
  seen.note("romeo@h", at(1), 0);
  assert_int_equal(seen.size(), 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_last_departure_counts),
      cmocka_unit_test(who_is_back_is_forgotten),
      cmocka_unit_test(of_too_many_those_who_left_first_are_forgotten),
      cmocka_unit_test(a_limit_of_none_remembers_nobody),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
