// SPDX-License-Identifier: MIT
// idle: what one more logged-in session costs in memory.
//   bench_idle plain|tls|websocket|bosh PORT PID FIRST SESSIONS
// Sessions of the users FIRST, FIRST + 1, … log in. The first hundred only warm the server up: its
// pools and tables grow with them; then the difference over all others is taken.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <string_view>
#include <thread>
#include <vector>

#include "client.h"
#include "process.h"

namespace {

constexpr int kWarmUp = 1000;

void log_in(std::vector<bench::Client>& clients, std::uint16_t port, bench::Carrier carrier,
            int from, int to) {
  for (int user = from; user < to; ++user) {
    clients.emplace_back(port, carrier);
    clients.back().log_in(user);
  }
}

std::int64_t settled_pss(pid_t pid) {
  std::this_thread::sleep_for(std::chrono::seconds(1));
  return bench::pss_bytes(pid);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6)
    bench::give_up("usage: bench_idle plain|tls|websocket|bosh PORT PID FIRST SESSIONS");
  const bench::Carrier carrier = bench::carrier_named(argv[1]);
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[2]));
  const pid_t pid = std::atoi(argv[3]);
  const int first = std::atoi(argv[4]), sessions = std::atoi(argv[5]);
  bench::raise_descriptor_limit();
  std::vector<bench::Client> clients;
  log_in(clients, port, carrier, first, first + kWarmUp);
  const std::int64_t before = settled_pss(pid);
  const std::int64_t cpu_before = bench::cpu_nanoseconds(pid);
  log_in(clients, port, carrier, first + kWarmUp, first + kWarmUp + sessions);
  const std::int64_t cpu = bench::cpu_nanoseconds(pid) - cpu_before;
  const std::int64_t after = settled_pss(pid);
  // What has been measured are sessions: each still answers.
  for (bench::Client& client : clients) client.barrier();
  fmt::print("bytes={} login_cpu_us={}\n", (after - before) / sessions, cpu / 1000 / sessions);
}
