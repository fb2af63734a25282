// SPDX-License-Identifier: MIT
#include "net/work_queue.h"

#include <atomic>
#include <string>

#include "support/cmocka.h"

using rosterd::net::Loop;
using rosterd::net::Work;
using rosterd::net::WorkQueue;

namespace {

std::atomic<int> running{0};
std::atomic<int> most_running{0};

class Piece final : public Work {
 public:
  Piece(std::string& log, char name) : log_(log), name_(name) {}
  void run() override {
    const int now = ++running;
    if (now > most_running) most_running = now;
    --running;
  }
  void done(bool cancelled) override {
    log_ += name_;
    if (cancelled) log_ += '!';
  }

 private:
  std::string& log_;
  const char name_;
};

void post(WorkQueue& queue, std::string& log, std::string_view names) {
  for (const char name : names) assert_true(queue.post(std::make_unique<Piece>(log, name)));
}

void pieces_run_one_at_a_time_in_order(void**) {
  Loop loop;
  WorkQueue queue(loop, 100);
  std::string log;
  post(queue, log, "abcdefghijklmnopqrstuvwxyz");
  assert_text_equal(log, "");
  loop.run();
  assert_text_equal(log, "abcdefghijklmnopqrstuvwxyz");
  assert_int_equal(most_running.load(), 1);
  post(queue, log, "1");
  loop.run();
  assert_text_equal(log, "abcdefghijklmnopqrstuvwxyz1");
}

void full_queue_takes_no_more(void**) {
  Loop loop;
  WorkQueue queue(loop, 2);
  std::string log;
  post(queue, log, "abc");  // one runs
  assert_false(queue.post(std::make_unique<Piece>(log, 'd')));
  loop.run();
  assert_text_equal(log, "abc");
}

void what_waits_can_be_cancelled(void**) {
  Loop loop;
  WorkQueue queue(loop, 10);
  std::string log;
  post(queue, log, "abc");
  queue.cancel();
  assert_text_equal(log, "b!c!");
  loop.run();
  assert_text_equal(log, "b!c!a");
}

void queue_may_go_while_a_piece_runs(void**) {
  Loop loop;
  std::string log;
  {
    WorkQueue queue(loop, 10);
    post(queue, log, "ab");
  }
  loop.run();
  assert_text_equal(log, "a");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(pieces_run_one_at_a_time_in_order),
      cmocka_unit_test(full_queue_takes_no_more),
      cmocka_unit_test(what_waits_can_be_cancelled),
      cmocka_unit_test(queue_may_go_while_a_piece_runs),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
