// SPDX-License-Identifier: MIT
// refresh: what a refresh of many online users costs, and whether its promise holds.
//   bench_refresh PORT PID HTTP_PORT BACK_END_PORT rosterd|peer ONLINE BATCH ROUNDS
// ONLINE users (at least 60), each with 20 contacts among them. In every round the back end changes
// three contacts of the first BATCH (even, at least 8, not 22 to 28): one is renamed, one removed,
// one added, so that each user is owed three pushes, one unavailable and one available presence.
// One POST names all of them. When its answer is there, all of that must be readable on the
// clients' sockets: nothing is waited for. The peer does not push new names, and may come later; it
// is waited for. Then a bare HTTP client gets the same rosters.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "admin.h"
#include "back_end.h"
#include "bare_client.h"
#include "client.h"
#include "process.h"

namespace {

constexpr int kNearestOfRing = 20, kFarthestOfRing = 28;      // 18 contacts, on both sides
constexpr int kRenamed = 5;                                   // so far away
constexpr int kConnections = 16;                              // rosterd's roster_fetch_parallel
constexpr auto kThinkingTime = std::chrono::milliseconds(2);  // of a back end, about each answer
constexpr int kPatience = 10'000;                             // milliseconds, with the peer

struct Sizes {
  int online, batch, rounds;
};

// What each contact has besides a name; the peer does not understand a list of groups.
std::string_view more_of_contact = R"(,"groups":["Friends"])";

std::string make_contact(int user, std::string_view name) {
  return fmt::format(R"("{}@{}":{{"name":"{} {}"{}}})", bench::user_name(user), bench::kHost, name,
                     user, more_of_contact);
}

// Who are friends of each other: in one version 0 and 1, 2 and 3 …, in the other 1 and 2, 3 and 4
// …, the last and the first.
int partner_of(int user, int batch, int version) {
  if (version == 0) return user ^ 1;
  return user % 2 == 1 ? (user + 1) % batch : (user + batch - 1) % batch;
}

std::string make_roster(int user, Sizes sizes, int version) {
  std::string out = "{";
  for (int distance = kNearestOfRing; distance <= kFarthestOfRing; ++distance) {
    out += make_contact((user + distance) % sizes.online, "Contact") + ',';
    out += make_contact((user + sizes.online - distance) % sizes.online, "Contact") + ',';
  }
  out +=
      make_contact((user + kRenamed) % sizes.online, version == 0 ? "Old name of" : "New name of") +
      ',';
  return out + make_contact(partner_of(user, sizes.batch, version), "Partner") + '}';
}

// By version and user; those who are not in the batch have the same in both.
std::vector<std::vector<std::string>> make_rosters(Sizes sizes) {
  std::vector<std::vector<std::string>> rosters(2);
  for (int version = 0; version < 2; ++version) {
    for (int user = 0; user < sizes.online; ++user) {
      const bool in_batch = user < sizes.batch;
      const Sizes mine{sizes.online, in_batch ? sizes.batch : sizes.online, 0};
      rosters[static_cast<std::size_t>(version)].push_back(
          make_roster(user, mine, in_batch ? version : 0));
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

struct Owed {
  std::size_t pushes;
  bool at_once;
};

bool has_all(std::string_view heard, Owed owed) {
  return count(heard, "jabber:iq:roster") == owed.pushes && count(heard, "unavailable") == 1 &&
         count(heard, "<presence") == 2;
}

void check_client(int fd, int user, Owed owed) {
  std::string heard = read_ready(fd);
  pollfd ready{fd, POLLIN, 0};
  while (!owed.at_once && !has_all(heard, owed) && ::poll(&ready, 1, kPatience) == 1) {
    heard += read_ready(fd);
  }
  if (has_all(heard, owed)) return;
  bench::give_up(
      fmt::format("{} was owed {} pushes and 2 presences when the answer came, and had: {}",
                  bench::user_name(user), owed.pushes, heard));
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

struct Server {
  std::uint16_t port, http_port;
  pid_t pid;
  Owed owed;
};

std::vector<bench::Client> log_in(std::uint16_t port, int users) {
  std::vector<bench::Client> clients;
  for (int user = 0; user < users; ++user) {
    clients.emplace_back(port, bench::Carrier::kPlain);
    clients.back().log_in(user);
  }
  for (bench::Client& client : clients) client.barrier();
  return clients;
}

// A round measures the time of the POST, or of the turn that puts the batch into force, which keeps
// the batch waiting, or again that of the POST with a back end that thinks about each answer.
enum class Kind { kPost, kTurn, kThinking };

// One line.
void play_round(Kind kind, const Server& server, int batch,
                const std::vector<bench::Client>& clients, int epoll, bench::BackEnd& back_end,
                bench::BareClient& bare) {
  back_end.set_thinking(kind == Kind::kThinking ? kThinkingTime : std::chrono::microseconds(0));
  bench::await_idle(server.pid);
  bench::reset_peak(server.pid);
  const std::int64_t resident = bench::peak_bytes(server.pid);
  const std::int64_t cpu_before = bench::cpu_nanoseconds(server.pid);
  const std::string request = bench::make_refresh(0, batch);
  if (kind == Kind::kTurn) back_end.hold(static_cast<std::size_t>(batch - 1));
  double turn_ms = 0;
  const auto begin = std::chrono::steady_clock::now();
  std::thread poster([&] { bench::post_refresh(server.http_port, request, batch); });
  if (kind == Kind::kTurn) turn_ms = measure_turn(back_end, server.pid, epoll);
  poster.join();
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
  for (int user = 0; user < batch; ++user) {
    check_client(clients[static_cast<std::size_t>(user)].fd(), user, server.owed);
  }
  const double cpu = static_cast<double>(bench::cpu_nanoseconds(server.pid) - cpu_before) / 1000;
  const std::int64_t peak = bench::peak_bytes(server.pid) - resident;
  if (kind == Kind::kThinking) {
    fmt::print("slow_post_ms={:.2f} slow_bare_ms={:.2f}\n", took.count(), bare.fetch(batch));
  } else if (kind == Kind::kTurn) {
    fmt::print("cpu_us={:.1f} peak_bytes={} turn_ms={:.2f}\n", cpu / batch, peak, turn_ms);
  } else {
    fmt::print("cpu_us={:.1f} peak_bytes={} post_ms={:.2f} bare_ms={:.2f}\n", cpu / batch, peak,
               took.count(), bare.fetch(batch));
  }
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 9) {
    bench::give_up(
        "usage: bench_refresh PORT PID HTTP_PORT BACK_END_PORT rosterd|peer ONLINE BATCH ROUNDS");
  }
  const bool is_peer = std::string_view(argv[5]) == "peer";
  const Server server{static_cast<std::uint16_t>(std::atoi(argv[1])),
                      static_cast<std::uint16_t>(std::atoi(argv[3])), std::atoi(argv[2]),
                      is_peer ? Owed{2, false} : Owed{3, true}};
  const auto back_end_port = static_cast<std::uint16_t>(std::atoi(argv[4]));
  const Sizes sizes{std::atoi(argv[6]), std::atoi(argv[7]), std::atoi(argv[8])};
  if (is_peer) more_of_contact = "";
  bench::raise_descriptor_limit();
  const auto rosters = make_rosters(sizes);
  bench::BackEnd back_end(back_end_port,
                          [&](std::size_t version, std::size_t user) -> const std::string& {
                            return rosters.at(version).at(user);
                          });
  bench::BareClient bare(back_end_port, kConnections);
  const std::vector<bench::Client> clients = log_in(server.port, sizes.online);
  const int epoll = watch(clients);
  for (int round = 1; round <= sizes.rounds; ++round) {
    back_end.set_version(static_cast<std::size_t>(round % 2));
    const Kind kind = is_peer ? Kind::kPost : static_cast<Kind>((round - 1) % 3);
    play_round(kind, server, sizes.batch, clients, epoll, back_end, bare);
  }
}
