// SPDX-License-Identifier: MIT
// first_presence: what it costs from connecting to the first presence.
//   bench_first_presence plain|tls stored|http-json|jwt PORT PID BACK_END_PORT LOGINS AT_ONCE
// LOGINS users, each for the first time and AT_ONCE of them at a time, log in by SASL PLAIN, bind,
// get a roster of 20 contacts, who are never there, and send presence; a ping behind it is answered
// when that is done. They stay until all are measured. Accounts and rosters are the server's own
// (`stored`); or the back end answers a login with the roster in it (`http-json`); or the password
// is a token that the server checks itself, and it fetches the roster (`jwt`).
#include <fmt/format.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "back_end.h"
#include "client.h"
#include "latency.h"
#include "process.h"
#include "token.h"

namespace {

constexpr int kWarmUp = 100;  // logins before those that are measured
constexpr int kContacts = 20;

// As the peer's roster files have them: those who never log in stand behind those who do.
std::string make_roster(int user, int users) {
  std::string out = "{";
  for (int i = 0; i < kContacts; ++i) {
    const int contact = users + (user + i) % users;
    out += fmt::format(R"({}"{}@{}":{{"name":"Contact {}","groups":["Friends"]}})",
                       i == 0 ? "" : ",", bench::user_name(contact), bench::kHost, contact);
  }
  return out + '}';
}

std::size_t count(std::string_view text, std::string_view word) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(word, at)) != std::string_view::npos; ++at) ++found;
  return found;
}

class Logins {
 public:
  Logins(bench::Carrier carrier, std::uint16_t port, bool by_token, int users)
      : carrier_(carrier),
        port_(port),
        by_token_(by_token),
        clients_(static_cast<std::size_t>(users)) {}

  // Of the users from `begin` to before `end`.
  void run(int begin, int end, int at_once) {
    next_ = begin;
    std::vector<std::thread> threads;
    for (int i = 0; i < at_once; ++i) {
      threads.emplace_back([this, end] {
        for (int user; (user = next_++) < end;) log_in(user);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

 private:
  void log_in(int user) {
    auto client = std::make_unique<bench::Client>(port_, carrier_);
    const std::string heard =
        by_token_ ? client->log_in(user, bench::make_token(user)) : client->log_in(user);
    if (count(heard, "<item") != kContacts) {
      bench::give_up(fmt::format("{} got another roster: {}", bench::user_name(user), heard));
    }
    clients_[static_cast<std::size_t>(user)] = std::move(client);
  }

  const bench::Carrier carrier_;
  const std::uint16_t port_;
  const bool by_token_;
  std::atomic<int> next_{0};
  std::vector<std::unique_ptr<bench::Client>> clients_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) {
    bench::give_up(
        "usage: bench_first_presence plain|tls stored|http-json|jwt PORT PID BACK_END_PORT LOGINS "
        "AT_ONCE");
  }
  const std::string_view way = argv[2];
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[3]));
  const pid_t pid = std::atoi(argv[4]);
  const auto back_end_port = static_cast<std::uint16_t>(std::atoi(argv[5]));
  const int logins = std::atoi(argv[6]), users = kWarmUp + logins;
  const int at_once = std::atoi(argv[7]);
  bench::raise_descriptor_limit();
  std::vector<std::string> rosters;
  for (int user = 0; user < users; ++user) rosters.push_back(make_roster(user, users));
  std::unique_ptr<bench::BackEnd> back_end;
  if (way != "stored") {
    back_end = std::make_unique<bench::BackEnd>(
        back_end_port,
        [&](std::size_t, std::size_t user) -> const std::string& { return rosters.at(user); });
  }
  Logins load(bench::carrier_named(argv[1]), port, way == "jwt", users);
  load.run(0, kWarmUp, at_once);
  const std::int64_t cpu_before = bench::cpu_nanoseconds(pid);
  const auto begin = bench::Clock::now();
  load.run(kWarmUp, users, at_once);
  const std::chrono::duration<double> took = bench::Clock::now() - begin;
  const std::int64_t cpu = bench::cpu_nanoseconds(pid) - cpu_before;
  // A roster that came by another way than it should have makes another figure.
  if (back_end && back_end->requests() != static_cast<std::uint64_t>(users)) {
    bench::give_up(fmt::format("{} requests for {} logins", back_end->requests(), users));
  }
  fmt::print("cpu_us={:.1f} per_second={:.0f}\n", static_cast<double>(cpu) / 1000 / logins,
             logins / took.count());
}
