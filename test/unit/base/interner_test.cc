// SPDX-License-Identifier: MIT
#include "base/interner.h"

#include <string>
#include <vector>

#include "support/cmocka.h"

using rosterd::Atom;
using rosterd::Interner;
using rosterd::kNoAtom;

namespace {

void equal_strings_share_an_atom(void**) {
  Interner interner;
  const Atom a = interner.acquire("romeo@example.org");
  const Atom b = interner.acquire(std::string("romeo@") + "example.org");
  const Atom c = interner.acquire("juliet@example.org");
  assert_int_equal(a, b);
  assert_int_not_equal(a, c);
  assert_text_equal(interner.text(a), "romeo@example.org");
  assert_text_equal(interner.text(c), "juliet@example.org");
  assert_int_equal(interner.size(), 2);
}

void atom_dies_with_its_last_reference(void**) {
  Interner interner;
  const Atom atom = interner.acquire("x");
  interner.acquire("x");
  interner.acquire("x");
  interner.release(atom);
  interner.release(atom);
  assert_int_equal(interner.find("x"), atom);
  interner.release(atom);
  assert_int_equal(interner.find("x"), kNoAtom);
  assert_int_equal(interner.size(), 0);
}

void retained_atom_needs_one_release_more(void**) {
  Interner interner;
  const Atom atom = interner.acquire("x");
  interner.retain(atom);
  interner.retain(kNoAtom);
  interner.release(atom);
  assert_text_equal(interner.text(atom), "x");
  interner.release(atom);
  assert_int_equal(interner.size(), 0);
}

void empty_string_is_no_atom_and_not_counted(void**) {
  Interner interner;
  assert_int_equal(interner.acquire(""), kNoAtom);
  assert_int_equal(interner.find(""), kNoAtom);
  assert_text_equal(interner.text(kNoAtom), "");
  interner.release(kNoAtom);
  assert_int_equal(interner.size(), 0);
}

void finding_takes_no_reference(void**) {
  Interner interner;
  const Atom atom = interner.acquire("x");
  assert_int_equal(interner.find("x"), atom);
  assert_int_equal(interner.find("y"), kNoAtom);
  interner.release(atom);
  assert_int_equal(interner.size(), 0);
}

void freed_atoms_are_used_again(void**) {
  Interner interner;
  const Atom old = interner.acquire("old");
  interner.acquire("kept");
  interner.release(old);
  assert_int_equal(interner.acquire("new"), old);
  assert_text_equal(interner.text(old), "new");
  assert_int_equal(interner.find("old"), kNoAtom);
}

void texts_stay_in_place_while_the_table_grows(void**) {
  Interner interner;
  const Atom first = interner.acquire("first");
  const char* const address = interner.text(first).data();
  for (int i = 0; i < 10'000; ++i) interner.acquire("user" + std::to_string(i));
  assert_ptr_equal(interner.text(first).data(), address);
  for (int i = 0; i < 10'000; ++i) {
    const std::string name = "user" + std::to_string(i);
    assert_text_equal(interner.text(interner.find(name)), name);
  }
}

// Removing from a table with open addressing moves others: each must still be found.
void strings_are_found_whatever_was_released_between(void**) {
  Interner interner;
  std::vector<Atom> atoms;
  for (int i = 0; i < 3000; ++i) atoms.push_back(interner.acquire("user" + std::to_string(i)));
  for (int step : {7, 3, 2, 1}) {
    for (std::size_t i = 0; i < atoms.size(); i += static_cast<std::size_t>(step)) {
      interner.release(atoms[i]);
      atoms[i] = kNoAtom;
    }
    for (std::size_t i = 0; i < atoms.size(); ++i) {
      assert_int_equal(interner.find("user" + std::to_string(i)), atoms[i]);
    }
  }
  assert_int_equal(interner.size(), 0);
}

void text_may_hold_any_byte(void**) {
  Interner interner;
  const std::string_view odd("a\0b", 3);
  assert_text_equal(interner.text(interner.acquire(odd)), odd);
  assert_int_equal(interner.find("a"), kNoAtom);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(equal_strings_share_an_atom),
      cmocka_unit_test(atom_dies_with_its_last_reference),
      cmocka_unit_test(retained_atom_needs_one_release_more),
      cmocka_unit_test(empty_string_is_no_atom_and_not_counted),
      cmocka_unit_test(finding_takes_no_reference),
      cmocka_unit_test(freed_atoms_are_used_again),
      cmocka_unit_test(texts_stay_in_place_while_the_table_grows),
      cmocka_unit_test(strings_are_found_whatever_was_released_between),
      cmocka_unit_test(text_may_hold_any_byte),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
