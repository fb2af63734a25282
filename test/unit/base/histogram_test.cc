// SPDX-License-Identifier: MIT
#include "base/histogram.h"

#include "support/cmocka.h"

using rosterd::Duration;
using rosterd::Histogram;

namespace {

constexpr Duration kBounds[] = {Duration(10), Duration(100)};

void a_value_falls_into_the_first_bucket_that_holds_it(void**) {
  Histogram histogram(kBounds);
  for (const int took : {0, 10, 11, 100, 101, 5000}) histogram.observe(Duration(took));
  assert_int_equal(histogram.bucket(0), 2);
  assert_int_equal(histogram.bucket(1), 2);
  assert_int_equal(histogram.bucket(2), 2);
}

void all_values_are_counted_and_summed(void**) {
  Histogram histogram(kBounds);
  for (const int took : {1, 50, 1000}) histogram.observe(Duration(took));
  assert_int_equal(histogram.count(), 3);
  assert_int_equal(histogram.sum().count(), 1051);
}

void a_new_histogram_is_empty(void**) {
  const Histogram histogram(kBounds);
  assert_int_equal(histogram.count(), 0);
  assert_int_equal(histogram.bucket(2), 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_value_falls_into_the_first_bucket_that_holds_it),
      cmocka_unit_test(all_values_are_counted_and_summed),
      cmocka_unit_test(a_new_histogram_is_empty),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
