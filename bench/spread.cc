// SPDX-License-Identifier: MIT
// spread: how long after the first client the last one hears of a refresh.
//   bench_spread CARRIER PORT PID HTTP_PORT BACK_END_PORT USERS ROUNDS
// USERS are online in pairs who become friends and part again, all by one POST; each is owed a
// roster push and a presence. Nobody reads before the first of them is there; then all are read as
// they come.
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "admin.h"
#include "back_end.h"
#include "client.h"
#include "process.h"

namespace {

using Clock = std::chrono::steady_clock;

class Watch {
 public:
  explicit Watch(const std::vector<bench::Client>& clients) : heard_(clients.size()) {
    for (std::size_t i = 0; i < clients.size(); ++i) {
      fds_.push_back(clients[i].fd());
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = i;
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fds_.back(), &event);
    }
  }

  // Until everybody has a push and a presence; milliseconds from the first to the last.
  double wait() {
    for (std::string& heard : heard_) heard.clear();
    std::size_t waiting = heard_.size();
    Clock::time_point first, last;
    epoll_event events[256];
    while (waiting > 0) {
      const int count = ::epoll_wait(epoll_, events, 256, 10'000);
      if (count <= 0) bench::give_up("nothing for ten seconds");
      last = Clock::now();
      if (first == Clock::time_point()) first = last;
      for (int i = 0; i < count; ++i) waiting -= take(events[i].data.u64);
    }
    return std::chrono::duration<double, std::milli>(last - first).count();
  }

 private:
  static bool is_complete(const std::string& heard) {
    return heard.find("jabber:iq:roster") != heard.npos && heard.find("<presence") != heard.npos;
  }

  // 1 when that client has everything now.
  std::size_t take(std::size_t index) {
    std::string& heard = heard_[index];
    const bool was_complete = is_complete(heard);
    char buffer[16 * 1024];
    const ssize_t size = ::recv(fds_[index], buffer, sizeof buffer, MSG_DONTWAIT);
    if (size == 0) bench::give_up("the server closed a connection");
    if (size > 0) heard.append(buffer, static_cast<std::size_t>(size));
    return !was_complete && is_complete(heard) ? 1 : 0;
  }

  int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<int> fds_;
  std::vector<std::string> heard_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) {
    bench::give_up("usage: bench_spread CARRIER PORT PID HTTP_PORT BACK_END_PORT USERS ROUNDS");
  }
  const bench::Carrier carrier = bench::carrier_named(argv[1]);
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[2]));
  const pid_t pid = std::atoi(argv[3]);
  const auto http_port = static_cast<std::uint16_t>(std::atoi(argv[4]));
  const auto back_end_port = static_cast<std::uint16_t>(std::atoi(argv[5]));
  const int users = std::atoi(argv[6]), rounds = std::atoi(argv[7]);
  bench::raise_descriptor_limit();
  std::vector<std::string> friends;
  for (int user = 0; user < users; ++user) {
    friends.push_back(fmt::format(R"({{"{}@{}":{{}}}})", bench::user_name(user ^ 1), bench::kHost));
  }
  const std::string nobody = "{}";
  bench::BackEnd back_end(back_end_port,
                          [&](std::size_t version, std::size_t user) -> const std::string& {
                            return version == 0 ? nobody : friends.at(user);
                          });
  std::vector<bench::Client> clients;
  for (int user = 0; user < users; ++user) {
    clients.emplace_back(port, carrier);
    clients.back().log_in(user);
  }
  for (bench::Client& client : clients) client.barrier();
  Watch watch(clients);
  const std::string request = bench::make_refresh(0, users);
  for (int round = 1; round <= rounds; ++round) {
    back_end.set_version(static_cast<std::size_t>(round % 2));
    bench::await_idle(pid);
    std::thread poster([&] { bench::post_refresh(http_port, request, users); });
    const double spread = watch.wait();
    poster.join();
    fmt::print("spread_ms={:.1f}\n", spread);
  }
}
