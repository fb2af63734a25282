// SPDX-License-Identifier: MIT
// idle: what one more logged-in session costs in memory.
//   bench_idle plain|tls|websocket|bosh PORT PID CONTACTS SESSIONS...
// The users 0, 1, … log in, each with CONTACTS contacts in the roster. The first thousand only warm
// the server up: its pools and tables grow with them. Whenever as many as the next of SESSIONS have
// come on top, there is a line with the difference in memory, per session, and the CPU of the
// logins since the line before.
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

std::size_t count(std::string_view text, std::string_view word) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(word, at)) != std::string_view::npos; ++at) ++found;
  return found;
}

class Scene {
 public:
  Scene(std::uint16_t port, bench::Carrier carrier, std::size_t contacts)
      : port_(port), carrier_(carrier), contacts_(contacts) {}

  // Until there are so many.
  void log_in(int sessions) {
    while (static_cast<int>(clients_.size()) < sessions) {
      const int user = static_cast<int>(clients_.size());
      clients_.emplace_back(port_, carrier_);
      const std::size_t items = count(clients_.back().log_in(user), "<item ");
      if (items == contacts_) continue;
      bench::give_up(fmt::format("{} has {} contacts of {}", user, items, contacts_));
    }
  }

  // What has been measured are sessions: each still answers.
  void check() {
    for (bench::Client& client : clients_) client.barrier();
  }

 private:
  std::uint16_t port_;
  bench::Carrier carrier_;
  std::size_t contacts_;
  std::vector<bench::Client> clients_;
};

std::int64_t settled_pss(pid_t pid) {
  std::this_thread::sleep_for(std::chrono::seconds(1));
  return bench::pss_bytes(pid);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) {
    bench::give_up("usage: bench_idle plain|tls|websocket|bosh PORT PID CONTACTS SESSIONS...");
  }
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[2]));
  const pid_t pid = std::atoi(argv[3]);
  const int contacts = std::atoi(argv[4]);
  bench::raise_descriptor_limit();
  Scene scene(port, bench::carrier_named(argv[1]), static_cast<std::size_t>(contacts));
  scene.log_in(kWarmUp);
  const std::int64_t begin = settled_pss(pid);
  int had = 0;
  for (int i = 5; i < argc; ++i) {
    const int sessions = std::atoi(argv[i]);
    const std::int64_t cpu_before = bench::cpu_nanoseconds(pid);
    scene.log_in(kWarmUp + sessions);
    const std::int64_t cpu = bench::cpu_nanoseconds(pid) - cpu_before;
    const std::int64_t pss = settled_pss(pid);
    fmt::print("bytes={} pss={} login_cpu_us={}\n", (pss - begin) / sessions, pss,
               cpu / 1000 / (sessions - had));
    had = sessions;
  }
  scene.check();
}
