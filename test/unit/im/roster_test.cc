// SPDX-License-Identifier: MIT
#include "im/roster.h"

#include <string>
#include <utility>
#include <vector>

#include "im/roster_diff.h"
#include "support/cmocka.h"
#include "unit/im/make_roster.h"

namespace rosterd::im {
namespace {

Entry entry(std::string jid, std::string name, std::vector<std::string> groups,
            Subscription subscription = Subscription::kBoth) {
  return {std::move(jid), std::move(name), std::move(groups), subscription};
}

void contacts_are_found_by_atom(void**) {
  Interner names;
  const SharedRoster roster =
      make_whole_roster(names, {entry("b@h", "B", {}), entry("a@h", "A", {}, Subscription::kTo)});
  assert_int_equal(roster->items().size(), 2);
  const RosterItem* item = roster->find(names.find("a@h"));
  assert_non_null(item);
  assert_text_equal(names.text(item->name), "A");
  assert_true(item->subscription == Subscription::kTo);
  assert_null(roster->find(names.find("B")));
  assert_null(roster->find(kNoAtom));
}

void of_doubles_the_last_wins(void**) {
  Interner names;
  const SharedRoster roster =
      make_whole_roster(names, {entry("a@h", "1", {}), entry("b@h", "", {}), entry("a@h", "2", {}),
                                entry("a@h", "3", {"G"})});
  assert_int_equal(roster->items().size(), 2);
  const RosterItem* item = roster->find(names.find("a@h"));
  assert_text_equal(names.text(item->name), "3");
  assert_int_equal(names.find("1"), kNoAtom);
}

void a_resource_is_stripped_from_a_contact(void**) {
  Interner names;
  const SharedRoster roster = make_whole_roster(names, {entry("a@h/res", "", {})});
  assert_non_null(roster->find(names.find("a@h")));
}

void groups_are_sorted_and_distinct(void**) {
  Interner names;
  const SharedRoster roster = make_whole_roster(names, {entry("a@h", "", {"z", "", "a b", "z"})});
  const auto groups = split_groups(names.text(roster->items()[0].groups));
  assert_int_equal(groups.size(), 2);
  assert_text_equal(groups[0], "a b");
  assert_text_equal(groups[1], "z");
  assert_true(split_groups("").empty());
}

void atoms_die_with_the_roster_that_holds_them(void**) {
  Interner names;
  {
    const SharedRoster first =
        make_whole_roster(names, {entry("a@h", "A", {"G"}), entry("b@h", "A", {"G"})});
    {
      const SharedRoster second =
          make_whole_roster(names, {entry("a@h", "A", {}), entry("c@h", "C", {"H"})});
      assert_int_equal(names.size(), 7);
    }
    assert_int_equal(names.find("c@h"), kNoAtom);
    assert_int_equal(names.size(), 4);
  }
  assert_int_equal(names.size(), 0);
}

RosterEdit removal(std::string_view jid) { return {*xmpp::Jid::parse(jid), true, {}, {}, {}}; }

RosterEdit edit(std::string_view jid, std::optional<std::string> name,
                std::optional<std::vector<std::string>> groups,
                Subscription subscription = Subscription::kBoth) {
  return {*xmpp::Jid::parse(jid), false, std::move(name), std::move(groups), subscription};
}

SharedRoster edit_whole(const SharedRoster& base, const std::vector<RosterEdit>& edits) {
  NewRoster edited = edit_roster(base, edits);
  edited.make_whole();
  return edited.base();
}

void edited_roster_equals_the_one_that_was_meant(void**) {
  Interner names;
  {
    const SharedRoster base = make_whole_roster(
        names, {entry("a@h", "A", {"x"}), entry("b@h", "B", {}), entry("c@h", "C", {})});
    const SharedRoster edited =
        edit_whole(base, {edit("d@h", "D", {{"y", "x", "y"}}), removal("b@h"), removal("none@h"),
                          edit("c@h/r", "Carl", {{}}, Subscription::kTo)});
    const SharedRoster meant = make_whole_roster(
        names, {entry("a@h", "A", {"x"}), entry("c@h", "Carl", {}, Subscription::kTo),
                entry("d@h", "D", {"x", "y"})});
    assert_true(diff_rosters(edited.get(), *meant).empty());
    assert_true(diff_rosters(meant.get(), *edited).empty());
    assert_int_equal(base->items().size(), 3);
  }
  assert_int_equal(names.size(), 0);
}

void edit_keeps_what_it_does_not_name(void**) {
  Interner names;
  const SharedRoster base =
      make_whole_roster(names, {entry("a@h", "A", {"x"}, Subscription::kFrom)});
  const SharedRoster edited = edit_whole(base, {edit("a@h", {}, {}), edit("b@h", {}, {})});
  const SharedRoster meant =
      make_whole_roster(names, {entry("a@h", "A", {"x"}), entry("b@h", "", {})});
  assert_true(diff_rosters(edited.get(), *meant).empty());
}

void edits_of_one_contact_are_made_in_their_order(void**) {
  Interner names;
  {
    const SharedRoster base = make_whole_roster(names, {entry("a@h", "A", {"x"})});
    const SharedRoster edited =
        edit_whole(base, {edit("a@h", "first", {}), edit("b@h", "B", {}), removal("a@h"),
                          edit("a@h", {}, {{"y"}}), edit("b@h", "second", {}), removal("b@h")});
    const SharedRoster meant = make_whole_roster(names, {entry("a@h", "", {"y"})});
    assert_true(diff_rosters(edited.get(), *meant).empty());
    assert_int_equal(names.find("first"), kNoAtom);
    assert_int_equal(names.find("second"), kNoAtom);
  }
  assert_int_equal(names.size(), 0);
}

void equal_content_has_an_equal_version(void**) {
  Interner names;
  Interner others;
  others.acquire("zzz");  // other atoms for the same strings
  others.acquire("b@h");
  const SharedRoster one =
      make_whole_roster(names, {entry("a@h", "A", {"x", "y"}), entry("b@h", "B", {})});
  const SharedRoster two =
      make_whole_roster(others, {entry("b@h", "B", {}), entry("a@h", "A", {"y", "x", "x"})});
  assert_text_equal(one->version(), two->version());
  assert_int_equal(one->version().size(), 32);
}

void any_difference_changes_the_version(void**) {
  Interner names;
  const std::vector<std::vector<Entry>> rosters = {
      {},
      {entry("a@h", "", {})},
      {entry("a@h", "N", {})},
      {entry("a@h", "", {"N"})},
      {entry("a@h", "", {"N", "M"})},
      {entry("a@h", "", {}, Subscription::kTo)},
      {entry("a@h", "", {}, Subscription::kFrom)},
      {entry("a@h", "", {}, Subscription::kNone)},
      {entry("a@h", "", {}), entry("b@h", "", {})},
  };
  std::vector<std::string> versions;
  for (const auto& entries : rosters)
    versions.push_back(make_whole_roster(names, entries)->version());
  for (std::size_t i = 0; i < versions.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) assert_true(versions[i] != versions[j]);
  }
}

void a_diff_names_what_was_added_removed_and_changed(void**) {
  Interner names;
  const SharedRoster before = make_whole_roster(
      names, {entry("same@h", "S", {"G"}), entry("gone@h", "", {}), entry("named@h", "Old", {}),
              entry("moved@h", "", {"A"}), entry("less@h", "", {})});
  const SharedRoster after = make_whole_roster(
      names, {entry("same@h", "S", {"G"}), entry("named@h", "New", {}), entry("moved@h", "", {"B"}),
              entry("less@h", "", {}, Subscription::kTo), entry("new@h", "", {})});
  std::string added, removed, changed;
  for (const ItemChange& change : diff_rosters(before.get(), *after)) {
    std::string& list = !change.before ? added : !change.after ? removed : changed;
    list += std::string(names.text(change.contact())) + " ";
  }
  assert_text_equal(added, "new@h ");
  assert_text_equal(removed, "gone@h ");
  assert_int_equal(changed.size(), std::string("named@h moved@h less@h ").size());
  assert_true(diff_rosters(after.get(), *after).empty());
  assert_int_equal(diff_rosters(nullptr, *after).size(), 5);
}

}  // namespace
}  // namespace rosterd::im

int main() {
  using namespace rosterd::im;
  const CMUnitTest tests[] = {
      cmocka_unit_test(contacts_are_found_by_atom),
      cmocka_unit_test(of_doubles_the_last_wins),
      cmocka_unit_test(a_resource_is_stripped_from_a_contact),
      cmocka_unit_test(groups_are_sorted_and_distinct),
      cmocka_unit_test(atoms_die_with_the_roster_that_holds_them),
      cmocka_unit_test(edited_roster_equals_the_one_that_was_meant),
      cmocka_unit_test(edit_keeps_what_it_does_not_name),
      cmocka_unit_test(edits_of_one_contact_are_made_in_their_order),
      cmocka_unit_test(equal_content_has_an_equal_version),
      cmocka_unit_test(any_difference_changes_the_version),
      cmocka_unit_test(a_diff_names_what_was_added_removed_and_changed),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
