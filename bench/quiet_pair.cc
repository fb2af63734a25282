// SPDX-License-Identifier: MIT
// quiet_pair: how long the messages of two well-behaved users take, whatever others do meanwhile.
//   bench_quiet_pair PORT FIRST_USER MESSAGES
// FIRST_USER sends the next user a short message every 2 ms, over plain TCP, whether or not the one
// before has arrived, so that a server that stops for a while delays all that it was sent in that
// time. Lost, doubled or out of order, a message ends the measurement.
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "client.h"
#include "latency.h"
#include "process.h"

namespace {

using bench::Clock;

constexpr auto kPeriod = std::chrono::milliseconds(2);
constexpr auto kPatience = std::chrono::seconds(60);  // with the last of them
constexpr std::size_t kWarmUp = 100;
constexpr std::string_view kBegin = "<body>", kEnd = "</message>";

// What is measured is the server: this process gets a processor at once when it needs one, where it
// may ask for that.
void hurry() {
  ::prctl(PR_SET_TIMERSLACK, 1);
  sched_param priority{};
  priority.sched_priority = 1;
  (void)::sched_setscheduler(0, SCHED_FIFO, &priority);
}

class Pair {
 public:
  Pair(std::uint16_t port, int user, std::size_t messages)
      : to_(bench::user_jid(user + 1)),
        sender_(port, bench::Carrier::kPlain),
        receiver_(port, bench::Carrier::kPlain),
        sent_at_(messages),
        latencies_(messages) {
    sender_.log_in(user);
    receiver_.log_in(user + 1);
    receiver_.stop_blocking();
  }

  bench::Latencies& talk() {
    auto next = Clock::now();
    for (std::size_t number = 0; number < sent_at_.size(); ++number, next += kPeriod) {
      while (Clock::now() < next) receive_until(next);
      send(number);
    }
    const auto end = next + kPatience;
    while (received_ < sent_at_.size()) {
      if (Clock::now() >= end) bench::give_up("messages of the quiet pair were lost");
      receive_until(end);
    }
    return latencies_;
  }

 private:
  void send(std::size_t number) {
    const std::string message =
        fmt::format("<message type='chat' to='{}'>{}{}</body></message>", to_, kBegin, number);
    sent_at_[number] = Clock::now();
    sender_.send(message);
  }

  // Returns earlier when something has come.
  void receive_until(Clock::time_point end) {
    const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(end - Clock::now());
    const auto wait = std::max<std::int64_t>(left.count(), 0);
    const timespec timeout{wait / 1'000'000'000, wait % 1'000'000'000};
    pollfd readable{receiver_.fd(), POLLIN, 0};
    if (::ppoll(&readable, 1, &timeout, nullptr) == 1) receive();
  }

  void receive() {
    receiver_.read_ready(input_);
    const auto now = Clock::now();
    std::size_t done = 0;
    for (std::size_t end; (end = input_.find(kEnd, done)) != std::string::npos;) {
      check(std::string_view(input_).substr(done, end - done));
      if (received_ >= kWarmUp) latencies_.add(now - sent_at_[received_]);
      ++received_;
      done = end + kEnd.size();
    }
    input_.erase(0, done);
  }

  void check(std::string_view message) const {
    const std::size_t body = message.find(kBegin);
    std::size_t number = SIZE_MAX;
    if (body != std::string_view::npos) {
      std::from_chars(message.data() + body + kBegin.size(), message.data() + message.size(),
                      number);
    }
    if (number == received_) return;
    bench::give_up(fmt::format("expected message {}, got: {}", received_, message));
  }

  std::string to_;
  bench::Client sender_, receiver_;
  std::string input_;
  std::size_t received_ = 0;
  std::vector<Clock::time_point> sent_at_;
  bench::Latencies latencies_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) bench::give_up("usage: bench_quiet_pair PORT FIRST_USER MESSAGES");
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  const std::size_t messages = kWarmUp + std::strtoull(argv[3], nullptr, 10);
  Pair pair(port, std::atoi(argv[2]), messages);
  hurry();
  fmt::print("{}\n", pair.talk().text());
}
