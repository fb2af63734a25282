// SPDX-License-Identifier: MIT
// logins: how many users can log in, and what the others notice of it.
//   bench_logins scram|fast PORT PID LOGINS
// Users log in over TLS by SCRAM-SHA-256 or by FAST, several at once, and leave; meanwhile an
// established pair sends one message after another, whose times are taken.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "client.h"
#include "fast.h"
#include "process.h"

namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr int kAtOnce = 8;  // logins
constexpr int kWarmUp = 50;
constexpr int kFirstUser = 2;  // behind the pair
constexpr auto kPause =
    std::chrono::milliseconds(2);  // of the pair, so that it costs next to nothing

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

// Each thread calls `log_in` with its own number until there were so many.
void log_in_at_once(int logins, const std::function<void(int)>& log_in) {
  std::atomic<int> left{logins};
  std::vector<std::thread> threads;
  for (int number = 0; number < kAtOnce; ++number) {
    threads.emplace_back([&, number] {
      while (left-- > 0) log_in(number);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// One user after the other, each once.
std::function<void(int)> make_scram_login(std::uint16_t port) {
  auto next = std::make_shared<std::atomic<int>>(kFirstUser);
  return [port, next](int) {
    bench::Client client(port, bench::Carrier::kTls);
    client.log_in((*next)++, bench::Client::Proof::kScram);
  };
}

// The same users again and again, one of each thread.
std::function<void(int)> make_fast_login(std::uint16_t port) {
  auto users = std::make_shared<std::vector<bench::FastUser>>();
  for (int number = 0; number < kAtOnce; ++number) users->emplace_back(port, kFirstUser + number);
  return [port, users](int number) { (*users)[static_cast<std::size_t>(number)].log_in(port); };
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) bench::give_up("usage: bench_logins scram|fast PORT PID LOGINS");
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[2]));
  const pid_t pid = std::atoi(argv[3]);
  const int logins = std::atoi(argv[4]);
  bench::raise_descriptor_limit();
  Pair pair(port, 0);
  const auto log_in =
      std::string_view(argv[1]) == "fast" ? make_fast_login(port) : make_scram_login(port);
  log_in_at_once(kWarmUp, log_in);
  std::atomic<bool> stop{false};
  std::thread talking([&] { pair.talk(stop); });
  const std::int64_t cpu_before = bench::cpu_nanoseconds(pid);
  const auto begin = Clock::now();
  log_in_at_once(logins, log_in);
  const std::chrono::duration<double> took = Clock::now() - begin;
  const std::int64_t cpu = bench::cpu_nanoseconds(pid) - cpu_before;
  stop = true;
  talking.join();
  fmt::print("cpu_us={:.1f} per_second={:.0f} p99_ms={:.3f}\n",
             static_cast<double>(cpu) / 1000 / logins, logins / took.count(),
             pair.percentile(0.99));
}
