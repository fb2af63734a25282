// SPDX-License-Identifier: MIT
#include "c2s/brake.h"

#include "support/cmocka.h"

using namespace rosterd;
using namespace rosterd::c2s;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

const Instant kStart{std::chrono::hours(1)};
constexpr Handle<im::Session> kReader{3, 7};

struct Stream {
  // A stanza; whether the client must wait now.
  bool handle(std::size_t bytes, bool to_congested = false) {
    brake.count(bytes, rate, now);
    if (to_congested) brake.wait_for(kReader, now);
    return brake.hold(to_congested, now);
  }
  // Whether `on_look` was called meanwhile.
  bool pass(Duration time) {
    const int before = looks;
    timers.run_due(now += time);
    return looks > before;
  }

  RateOptions rate{};
  Instant now = kStart;
  Timers timers{};
  int looks = 0;
  Brake brake{timers, [](void* stream) { ++static_cast<Stream*>(stream)->looks; }, this};
};

void client_without_a_rate_never_waits(void**) {
  Stream stream;
  for (int i = 0; i < 1000; ++i) assert_false(stream.handle(1'000'000));
}

void client_may_be_a_burst_ahead(void**) {
  Stream stream{.rate = {.bytes_per_second = 1000, .burst = 4000}};
  for (int i = 0; i < 4; ++i) assert_false(stream.handle(1000));
  assert_true(stream.handle(500));
  assert_true(stream.brake.holds());
  assert_false(stream.pass(milliseconds(499)));
  assert_true(stream.pass(milliseconds(1)));
  assert_false(stream.brake.hold(false, stream.now));
}

void silence_does_not_save_up_more_than_a_burst(void**) {
  Stream stream{.rate = {.bytes_per_second = 1000, .burst = 2000}};
  stream.pass(std::chrono::hours(24));
  assert_false(stream.handle(2000));
  assert_true(stream.handle(1));
}

void stanza_of_any_size_is_paid_off(void**) {
  Stream stream{.rate = {.bytes_per_second = 1, .burst = 1}};
  assert_true(stream.handle(16 << 20));
  assert_true(stream.pass(seconds(16 << 20)));
  assert_false(stream.brake.hold(false, stream.now));
}

void sender_waits_while_its_reader_is_congested(void**) {
  Stream stream;
  assert_true(stream.handle(100, true));
  assert_true(stream.brake.reader() == kReader);
  assert_true(stream.pass(Brake::kLookAgain));
  assert_true(stream.brake.hold(true, stream.now));
  assert_true(stream.pass(Brake::kLookAgain));
  assert_false(stream.brake.hold(false, stream.now));
  assert_false(stream.brake.holds());
}

void patience_with_a_reader_ends(void**) {
  Stream stream;
  assert_true(stream.handle(100, true));
  const Instant end = stream.now + Brake::kPatience;
  while (stream.now < end) {
    assert_true(stream.pass(Brake::kLookAgain));
    assert_int_equal(stream.brake.hold(true, stream.now), stream.now < end);
  }
}

void client_that_has_had_its_share_rests(void**) {
  Stream stream;
  stream.brake.count(100, stream.rate, stream.now);
  stream.brake.rest(stream.now);
  assert_true(stream.brake.hold(false, stream.now));
  assert_true(stream.pass(Brake::kRest));
  assert_false(stream.brake.hold(false, stream.now));
}

void stream_that_ends_is_not_looked_at_again(void**) {
  Stream stream;
  assert_true(stream.handle(100, true));
  stream.brake.release();
  assert_false(stream.pass(seconds(10)));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(client_without_a_rate_never_waits),
      cmocka_unit_test(client_may_be_a_burst_ahead),
      cmocka_unit_test(silence_does_not_save_up_more_than_a_burst),
      cmocka_unit_test(stanza_of_any_size_is_paid_off),
      cmocka_unit_test(sender_waits_while_its_reader_is_congested),
      cmocka_unit_test(patience_with_a_reader_ends),
      cmocka_unit_test(client_that_has_had_its_share_rests),
      cmocka_unit_test(stream_that_ends_is_not_looked_at_again),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
