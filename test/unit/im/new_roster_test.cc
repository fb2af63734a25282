// SPDX-License-Identifier: MIT
#include "im/new_roster.h"

#include <string>
#include <vector>

#include "im/roster_diff.h"
#include "support/cmocka.h"
#include "unit/im/make_roster.h"

namespace rosterd::im {
namespace {

const std::vector<Entry> kOld = {{"a@h", "A", {"x"}}, {"b@h", "B"}, {"c@h", "C", {"x", "y"}}};
const std::vector<Entry> kNew = {
    {"a@h", "A", {"x"}}, {"c@h", "Carl", {"x", "y"}, Subscription::kTo}, {"d@h", "D"}};

void only_what_differs_is_held(void**) {
  Interner names;
  const SharedRoster old = make_whole_roster(names, kOld);
  const NewRoster roster = make_roster(names, kNew, old);
  assert_true(roster.base() == old);
  assert_int_equal(roster.changes().size(), 3);
  assert_int_equal(roster.contacts(), 3);
  assert_text_equal(roster.version(), make_whole_roster(names, kNew)->version());
}

void what_differs_in_nothing_is_the_old_roster(void**) {
  Interner names;
  const SharedRoster old = make_whole_roster(names, kOld);
  NewRoster roster = make_roster(names, kOld, old);
  assert_true(roster.changes().empty());
  assert_true(roster.replace(old) == old);
}

void last_owner_of_the_old_roster_sees_it_changed_in_its_place(void**) {
  Interner names;
  SharedRoster old = make_whole_roster(names, kOld);
  const Roster* const place = old.get();
  NewRoster roster = make_roster(names, kNew, old);
  const std::string version = roster.version();
  const SharedRoster taken = roster.replace(std::move(old));
  assert_true(taken.get() == place);
  const SharedRoster meant = make_whole_roster(names, kNew);
  assert_true(diff_rosters(taken.get(), *meant).empty());
  assert_text_equal(taken->version(), version);
  assert_int_not_equal(names.find("B"), kNoAtom);
  roster = NewRoster();
  assert_int_equal(names.find("B"), kNoAtom);
  assert_int_equal(names.entries_held(), 6);
}

void other_owners_keep_the_old_roster_as_it_is(void**) {
  Interner names;
  SharedRoster old = make_whole_roster(names, kOld);
  const SharedRoster other = old;
  NewRoster roster = make_roster(names, kNew, old);
  const SharedRoster taken = roster.replace(std::move(old));
  assert_true(taken != other);
  assert_true(diff_rosters(other.get(), *make_whole_roster(names, kOld)).empty());
  assert_true(diff_rosters(taken.get(), *make_whole_roster(names, kNew)).empty());
}

void whole_roster_is_exchanged_for_the_replaced_one(void**) {
  Interner names;
  const SharedRoster old = make_whole_roster(names, kOld);
  NewRoster roster = make_roster(names, kNew);
  assert_true(diff_rosters(roster.replace(old).get(), *make_whole_roster(names, kNew)).empty());
  assert_true(roster.base() == old);
}

void of_doubles_the_last_wins_whatever_the_old_roster_says(void**) {
  Interner names;
  const SharedRoster old = make_whole_roster(names, kOld);
  const Entry same{"b@h", "B"}, other{"b@h", "Other"};
  const auto changes_of = [&](const std::vector<Entry>& entries) {
    return make_roster(names, entries, old).changes().size();
  };
  assert_int_equal(changes_of({kOld[0], kOld[2], same, other}), 1);
  assert_int_equal(changes_of({kOld[0], kOld[2], other, same}), 0);
  assert_int_equal(changes_of({kOld[0], kOld[2], same, other, same, same}), 0);
}

void unusable_contact_is_gone_unless_it_comes_again(void**) {
  Interner names;
  const SharedRoster old = make_whole_roster(names, kOld);
  RosterDraft draft(names, old);
  draft.add_unusable(*draft.acquire_contact("a@h"));
  draft.add_unusable(*draft.acquire_contact("b@h"));
  draft.add_unusable(*draft.acquire_contact("z@h"));
  draft.add(*draft.acquire_contact("B@H/r"), "B", "", Subscription::kBoth);
  const auto [roster, unusable] = draft.take();
  assert_int_equal(unusable, 2);
  assert_int_equal(roster.contacts(), 1);
  assert_text_equal(roster.version(), make_whole_roster(names, {kOld[1]})->version());
}

void copy_and_original_may_go_in_any_order(void**) {
  Interner names;
  {
    const SharedRoster old = make_whole_roster(names, kOld);
    NewRoster roster = make_roster(names, kNew, old);
    const NewRoster copy(roster);
    roster.make_whole();
    roster = NewRoster(copy);
    assert_text_equal(roster.version(), copy.version());
    const NewRoster moved = std::move(roster);
    assert_int_equal(moved.changes().size(), 3);
    const RosterDraft unused(names, old);
  }
  assert_int_equal(names.size(), 0);
}

}  // namespace
}  // namespace rosterd::im

int main() {
  using namespace rosterd::im;
  const CMUnitTest tests[] = {
      cmocka_unit_test(only_what_differs_is_held),
      cmocka_unit_test(what_differs_in_nothing_is_the_old_roster),
      cmocka_unit_test(last_owner_of_the_old_roster_sees_it_changed_in_its_place),
      cmocka_unit_test(other_owners_keep_the_old_roster_as_it_is),
      cmocka_unit_test(whole_roster_is_exchanged_for_the_replaced_one),
      cmocka_unit_test(of_doubles_the_last_wins_whatever_the_old_roster_says),
      cmocka_unit_test(unusable_contact_is_gone_unless_it_comes_again),
      cmocka_unit_test(copy_and_original_may_go_in_any_order),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
