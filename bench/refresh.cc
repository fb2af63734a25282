// SPDX-License-Identifier: MIT
// refresh: what a refresh of many online users costs, and whether its promise holds.
//   bench_refresh PORT PID HTTP_PORT BACK_END_PORT USERS ROUNDS
// USERS (a multiple of 8, at least 40) are online, each with 20 contacts among them. In every round
// the back end changes three contacts of each: one is renamed, one removed, one added, so that each
// user is owed three pushes, one unavailable and one available presence. One POST names all. When
// its answer is there, all of that must be readable on the clients' sockets: nothing is waited for.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "admin.h"
#include "back_end.h"
#include "client.h"
#include "process.h"

namespace {

constexpr int kNearestOfRing = 8, kFarthestOfRing = 16;  // 18 contacts, on both sides
constexpr int kRenamed = 4, kEven = 1, kOdd = 2;         // XORed to a user: friends of each other

std::string make_contact(int user, std::string_view name) {
  return fmt::format(R"("{}@{}":{{"name":"{} {}","groups":["Friends"]}})", bench::user_name(user),
                     bench::kHost, name, user);
}

std::string make_roster(int user, int users, int version) {
  std::string out = "{";
  for (int distance = kNearestOfRing; distance <= kFarthestOfRing; ++distance) {
    out += make_contact((user + distance) % users, "Contact") + ',';
    out += make_contact((user + users - distance) % users, "Contact") + ',';
  }
  out += make_contact(user ^ kRenamed, version == 0 ? "Old name of" : "New name of") + ',';
  return out + make_contact(user ^ (version == 0 ? kEven : kOdd), "Partner") + '}';
}

std::vector<std::vector<std::string>> make_rosters(int users) {
  std::vector<std::vector<std::string>> rosters(2);
  for (int version = 0; version < 2; ++version) {
    for (int user = 0; user < users; ++user) {
      rosters[static_cast<std::size_t>(version)].push_back(make_roster(user, users, version));
    }
  }
  return rosters;
}

std::size_t count(std::string_view text, std::string_view word) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(word, at)) != std::string_view::npos; ++at) ++found;
  return found;
}

// What the socket has now.
std::string read_ready(int fd) {
  std::string all;
  char buffer[64 * 1024];
  for (ssize_t size; (size = ::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT)) > 0;) {
    all.append(buffer, static_cast<std::size_t>(size));
  }
  return all;
}

void check_client(std::string_view heard, int user) {
  const std::size_t pushes = count(heard, "jabber:iq:roster");
  const std::size_t unavailable = count(heard, "unavailable");
  const std::size_t presences = count(heard, "<presence");
  if (pushes == 3 && unavailable == 1 && presences == 2) return;
  bench::give_up(
      fmt::format("{} was owed 3 pushes and 2 presences when the answer came, and had: {}",
                  bench::user_name(user), heard));
}

// The CPU of the turn that puts a whole batch into force: the last roster that it waits for is
// answered when the server has done all else and rests. The turn ends with its first writes, so the
// first client that hears something marks its end, a little late.
double measure_turn(bench::BackEnd& back_end, pid_t pid, int epoll) {
  while (!back_end.holds()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  bench::await_idle(pid);
  const std::int64_t before = bench::cpu_nanoseconds(pid);
  back_end.release();
  epoll_event first{};
  ::epoll_wait(epoll, &first, 1, -1);
  return static_cast<double>(bench::cpu_nanoseconds(pid) - before) / 1e6;
}

int watch(const std::vector<bench::Client>& clients) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  for (const bench::Client& client : clients) {
    epoll_event event{};
    event.events = EPOLLIN;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, client.fd(), &event);
  }
  return epoll;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    bench::give_up("usage: bench_refresh PORT PID HTTP_PORT BACK_END_PORT USERS ROUNDS");
  }
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  const pid_t pid = std::atoi(argv[2]);
  const auto http_port = static_cast<std::uint16_t>(std::atoi(argv[3]));
  const auto back_end_port = static_cast<std::uint16_t>(std::atoi(argv[4]));
  const int users = std::atoi(argv[5]), rounds = std::atoi(argv[6]);
  bench::raise_descriptor_limit();
  const auto rosters = make_rosters(users);
  bench::BackEnd back_end(back_end_port,
                          [&](std::size_t version, std::size_t user) -> const std::string& {
                            return rosters.at(version).at(user);
                          });
  std::vector<bench::Client> clients;
  for (int user = 0; user < users; ++user) {
    clients.emplace_back(port, bench::Carrier::kPlain);
    clients.back().log_in(user);
  }
  for (bench::Client& client : clients) client.barrier();
  const int epoll = watch(clients);
  const std::string request = bench::make_refresh(0, users);
  for (int round = 1; round <= rounds; ++round) {
    back_end.set_version(static_cast<std::size_t>(round % 2));
    bench::await_idle(pid);
    bench::reset_peak(pid);
    const std::int64_t resident = bench::peak_bytes(pid);
    const std::int64_t cpu_before = bench::cpu_nanoseconds(pid);
    // In every other round the turn is measured, which keeps the batch waiting.
    const bool hold = round % 2 == 0;
    if (hold) back_end.hold(static_cast<std::size_t>(users - 1));
    double turn_ms = 0;
    const auto begin = std::chrono::steady_clock::now();
    std::thread poster([&] { bench::post_refresh(http_port, request, users); });
    if (hold) turn_ms = measure_turn(back_end, pid, epoll);
    poster.join();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    for (int user = 0; user < users; ++user) {
      check_client(read_ready(clients[static_cast<std::size_t>(user)].fd()), user);
    }
    const std::int64_t cpu = bench::cpu_nanoseconds(pid) - cpu_before;
    fmt::print("cpu_us={:.1f} peak_bytes={}", static_cast<double>(cpu) / 1000 / users,
               bench::peak_bytes(pid) - resident);
    hold ? fmt::print(" turn_ms={:.1f}\n", turn_ms) : fmt::print(" post_ms={:.1f}\n", took.count());
  }
}
