// SPDX-License-Identifier: MIT
// Handle, SlotTable and IntrusiveList: how objects name and join what they do not own.
#include "base/handle.h"

#include <memory>
#include <string>

#include "base/intrusive_list.h"
#include "support/cmocka.h"

using rosterd::Handle;
using rosterd::IntrusiveList;
using rosterd::ListNode;
using rosterd::SlotTable;

namespace {

void handle_finds_what_was_inserted(void**) {
  SlotTable<std::string> table;
  const auto a = table.insert(std::make_unique<std::string>("a"));
  const auto b = table.insert(std::make_unique<std::string>("b"));
  assert_text_equal(*table.find(a), "a");
  assert_text_equal(*table.find(b), "b");
  assert_int_equal(table.size(), 2);
}

void handle_that_was_never_set_finds_nothing(void**) {
  SlotTable<std::string> table;
  table.insert(std::make_unique<std::string>("a"));
  assert_null(table.find({}));
  assert_false(static_cast<bool>(Handle<std::string>{}));
  assert_null(table.find(Handle<std::string>{7, 1}));
}

void stale_handle_does_not_find_the_slots_next_object(void**) {
  SlotTable<std::string> table;
  const auto old = table.insert(std::make_unique<std::string>("old"));
  assert_true(table.erase(old));
  const auto fresh = table.insert(std::make_unique<std::string>("fresh"));
  assert_int_equal(fresh.index, old.index);
  assert_null(table.find(old));
  assert_false(table.erase(old));
  assert_text_equal(*table.find(fresh), "fresh");
  assert_int_equal(table.size(), 1);
}

void taken_object_lives_on_with_its_new_owner(void**) {
  SlotTable<std::string> table;
  const auto handle = table.insert(std::make_unique<std::string>("a"));
  const auto taken = table.take(handle);
  assert_text_equal(*taken, "a");
  assert_null(table.find(handle));
  assert_null(table.take(handle).get());
  assert_int_equal(table.size(), 0);
}

void handle_survives_the_trip_through_a_number(void**) {
  const Handle<int> handle{0x12345678, 0x9ABCDEF0};
  assert_true(Handle<int>::from_u64(handle.to_u64()) == handle);
}

void visitor_may_erase_and_insert(void**) {
  SlotTable<int> table;
  for (int i = 0; i < 10; ++i) table.insert(std::make_unique<int>(i));
  table.for_each([&](Handle<int> handle, int& value) {
    if (value == 4) table.insert(std::make_unique<int>(100));
    if (value % 2 == 1) table.erase(handle);
  });
  assert_int_equal(table.size(), 6);
  int sum = 0;
  table.for_each([&](Handle<int>, int& value) { sum += value; });
  assert_int_equal(sum, 0 + 2 + 4 + 6 + 8 + 100);
}

struct Item {
  explicit Item(int value_) : value(value_) {}
  int value;
  ListNode node;
  ListNode other_node;
};
using List = IntrusiveList<Item, &Item::node>;

void list_gives_back_in_the_order_of_joining(void**) {
  Item a(1), b(2);
  List list;
  assert_true(list.empty());
  assert_null(list.front());
  list.push_back(a);
  list.push_back(b);
  assert_true(a.node.linked());
  assert_ptr_equal(list.front(), &a);
  assert_ptr_equal(list.pop_front(), &a);
  assert_false(a.node.linked());
  assert_ptr_equal(list.pop_front(), &b);
  assert_null(list.pop_front());
}

void list_can_be_walked(void**) {
  Item a(1), b(2);
  List list;
  list.push_back(a);
  assert_null(list.next(a));
  list.push_back(b);
  assert_ptr_equal(list.next(a), &b);
  assert_null(list.next(b));
}

void item_that_joins_again_moves_to_the_end(void**) {
  Item a(1), b(2);
  List list;
  list.push_back(a);
  list.push_back(b);
  list.push_back(a);
  assert_ptr_equal(list.pop_front(), &b);
  assert_ptr_equal(list.pop_front(), &a);
  assert_true(list.empty());
}

void destroyed_item_leaves_the_list(void**) {
  List list;
  Item a(1);
  {
    Item b(2);
    list.push_back(b);
    list.push_back(a);
  }
  assert_ptr_equal(list.pop_front(), &a);
  assert_true(list.empty());
}

void item_stands_in_two_lists_through_two_nodes(void**) {
  Item a(1);
  List list;
  IntrusiveList<Item, &Item::other_node> other;
  list.push_back(a);
  other.push_back(a);
  list.pop_front();
  assert_ptr_equal(other.front(), &a);
}

void list_destroyed_first_leaves_its_items_unlinked(void**) {
  Item a(1);
  {
    List list;
    list.push_back(a);
  }
  a.node.unlink();
  List list;
  list.push_back(a);
  assert_ptr_equal(list.front(), &a);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(handle_finds_what_was_inserted),
      cmocka_unit_test(handle_that_was_never_set_finds_nothing),
      cmocka_unit_test(stale_handle_does_not_find_the_slots_next_object),
      cmocka_unit_test(taken_object_lives_on_with_its_new_owner),
      cmocka_unit_test(handle_survives_the_trip_through_a_number),
      cmocka_unit_test(visitor_may_erase_and_insert),
      cmocka_unit_test(list_gives_back_in_the_order_of_joining),
      cmocka_unit_test(list_can_be_walked),
      cmocka_unit_test(item_that_joins_again_moves_to_the_end),
      cmocka_unit_test(destroyed_item_leaves_the_list),
      cmocka_unit_test(item_stands_in_two_lists_through_two_nodes),
      cmocka_unit_test(list_destroyed_first_leaves_its_items_unlinked),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
