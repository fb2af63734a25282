// SPDX-License-Identifier: MIT
// logins: how many users can log in, and what the others notice of it.
//   bench_logins PORT PID LOGINS
// Users log in over TLS by SCRAM-SHA-256, several at once, and leave; meanwhile an established pair
// sends one message after another, whose times are taken.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "client.h"
#include "process.h"

namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr int kAtOnce = 8;  // logins
constexpr int kWarmUp = 50;
constexpr auto kPause =
    std::chrono::milliseconds(2);  // of the pair, so that it costs next to nothing

void log_in(std::uint16_t port, int user) {
  bench::Client client(port, bench::Carrier::kTls);
  client.log_in(user, bench::Client::Proof::kScram);
}

// Two users who talk to each other until they are told to stop.
class Pair {
 public:
  Pair(std::uint16_t port, int user)
      : names_{bench::user_jid(user), bench::user_jid(user + 1)},
        clients_{{port, bench::Carrier::kTls}, {port, bench::Carrier::kTls}} {
    clients_[0].log_in(user, bench::Client::Proof::kScram);
    clients_[1].log_in(user + 1, bench::Client::Proof::kScram);
  }

  void talk(const std::atomic<bool>& stop) {
    for (int number = 0; !stop; ++number) {
      const auto sent = Clock::now();
      const int to = 1 - number % 2;
      const std::string body = fmt::format("<body>message {}</body>", number);
      clients_[1 - to].send(
          fmt::format("<message type='chat' to='{}'>{}</message>", names_[to], body));
      clients_[to].read_until(body);
      took_.push_back(Milliseconds(Clock::now() - sent).count());
      std::this_thread::sleep_for(kPause);
    }
  }

  double percentile(double part) {
    std::sort(took_.begin(), took_.end());
    return took_[static_cast<std::size_t>(part * static_cast<double>(took_.size() - 1))];
  }

 private:
  std::string names_[2];
  bench::Client clients_[2];
  std::vector<double> took_;  // milliseconds
};

// All users with a number below `end`, who are counted on.
void log_in_all(std::uint16_t port, std::atomic<int>& next, int end) {
  std::vector<std::thread> threads;
  for (int i = 0; i < kAtOnce; ++i) {
    threads.emplace_back([&] {
      for (int user; (user = next++) < end;) log_in(port, user);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) bench::give_up("usage: bench_logins PORT PID LOGINS");
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  const pid_t pid = std::atoi(argv[2]);
  const int logins = std::atoi(argv[3]);
  bench::raise_descriptor_limit();
  Pair pair(port, 0);
  std::atomic<int> next{2};
  log_in_all(port, next, 2 + kWarmUp);
  std::atomic<bool> stop{false};
  std::thread talking([&] { pair.talk(stop); });
  const std::int64_t cpu_before = bench::cpu_nanoseconds(pid);
  const auto begin = Clock::now();
  next = 2 + kWarmUp;
  log_in_all(port, next, 2 + kWarmUp + logins);
  const std::chrono::duration<double> took = Clock::now() - begin;
  const std::int64_t cpu = bench::cpu_nanoseconds(pid) - cpu_before;
  stop = true;
  talking.join();
  fmt::print("cpu_us={:.1f} per_second={:.0f} p50_ms={:.3f} p99_ms={:.3f}\n",
             static_cast<double>(cpu) / 1000 / logins, logins / took.count(), pair.percentile(0.5),
             pair.percentile(0.99));
}
