// SPDX-License-Identifier: MIT
#include "base/byte_queue.h"

#include <random>
#include <utility>

#include "support/cmocka.h"

using rosterd::ByteQueue;

namespace {

void bytes_leave_in_the_order_they_came(void**) {
  ByteQueue queue;
  assert_true(queue.empty());
  queue.append("hello ");
  queue.append("");
  queue.append("world");
  assert_text_equal(queue.view(), "hello world");
  queue.consume(6);
  assert_text_equal(queue.view(), "world");
  queue.append("!");
  assert_text_equal(queue.view(), "world!");
  queue.consume(6);
  assert_true(queue.empty());
  assert_int_equal(queue.size(), 0);
}

void writer_appends_at_the_tail(void**) {
  ByteQueue queue;
  queue.append("a");
  queue.tail() += "bc";
  queue.consume(1);
  queue.tail() += "d";
  assert_text_equal(queue.view(), "bcd");
}

void cleared_queue_starts_anew(void**) {
  ByteQueue queue;
  queue.append("old");
  queue.consume(1);
  queue.clear();
  assert_true(queue.empty());
  queue.append("new");
  assert_text_equal(queue.view(), "new");
}

void moved_queue_takes_the_bytes_along(void**) {
  ByteQueue a;
  a.append("xabc");
  a.consume(1);
  ByteQueue b(std::move(a));
  assert_text_equal(b.view(), "abc");
  ByteQueue c;
  c.append("dropped");
  c = std::move(b);
  assert_text_equal(c.view(), "abc");
  b.append("again");  // a moved-from queue is empty and usable
  assert_text_equal(b.view(), "again");
  std::swap(b, c);
  assert_text_equal(b.view(), "abc");
  assert_text_equal(c.view(), "again");
}

void pooled_storage_brings_no_old_bytes(void**) {
  {
    ByteQueue first;
    first.append(std::string(10'000, 'x'));
  }
  ByteQueue second;
  second.append("y");
  assert_text_equal(second.view(), "y");
}

void queue_that_never_runs_empty_does_not_grow_for_ever(void**) {
  ByteQueue queue;
  const std::string block(1000, 'x');
  queue.append(block);
  for (int i = 0; i < 10'000; ++i) {
    queue.append(block);
    queue.consume(block.size());
  }
  assert_int_equal(queue.size(), block.size());
  assert_true(queue.tail().capacity() < 16 * 1024);
}

void random_traffic_matches_a_plain_string(void**) {
  std::mt19937 random(11);
  ByteQueue queue;
  std::string model;
  for (int i = 0; i < 5000; ++i) {
    if (random() % 2 == 0) {
      const std::string bytes(random() % 3000, static_cast<char>('a' + random() % 26));
      queue.append(bytes);
      model += bytes;
    } else {
      const std::size_t count = model.empty() ? 0 : random() % (model.size() + 1);
      queue.consume(count);
      model.erase(0, count);
    }
    assert_true(queue.view() == model);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(bytes_leave_in_the_order_they_came),
      cmocka_unit_test(writer_appends_at_the_tail),
      cmocka_unit_test(cleared_queue_starts_anew),
      cmocka_unit_test(moved_queue_takes_the_bytes_along),
      cmocka_unit_test(pooled_storage_brings_no_old_bytes),
      cmocka_unit_test(queue_that_never_runs_empty_does_not_grow_for_ever),
      cmocka_unit_test(random_traffic_matches_a_plain_string),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
