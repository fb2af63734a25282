// SPDX-License-Identifier: MIT
// contacts: what a roster costs by the number of its contacts.
//   bench_contacts PORT PID HTTP_PORT BACK_END_PORT rosterd|peer USERS CONTACTS ROUNDS
// USERS log in with an empty roster, and as many more with CONTACTS contacts each; the difference
// of the two is what holding and delivering a roster costs. Then, ROUNDS times, one POST names the
// latter: first one contact of each has a new name, then nothing has changed. The peer does not
// push new names, nor understand a list of groups: there the contact gives way to another. Instead
// of a password rosterd gets a token, as a slow hash would hide what a roster costs.
#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "admin.h"
#include "back_end.h"
#include "client.h"
#include "process.h"
#include "token.h"

namespace {

constexpr int kWarmUp = 20;  // users, with and without contacts

// All users share their contacts, so that the strings are counted once.
std::string make_roster(int contacts, int version, bool for_peer) {
  const std::string_view groups = for_peer ? "" : R"(,"groups":["Friends"])";
  std::string out = "{";
  for (int n = 0; n < contacts; ++n) {
    const int changed = n == 0 ? version : 0;
    out += fmt::format(R"({}"friend{:05}{}@{}":{{"name":"Friend {:05}{}"{}}})", n == 0 ? "" : ",",
                       n, changed && for_peer ? "b" : "", bench::kHost, n,
                       changed && !for_peer ? " anew" : "", groups);
  }
  return out + '}';
}

std::size_t count(std::string_view text, std::string_view word) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(word, at)) != std::string_view::npos; ++at) ++found;
  return found;
}

void check(std::string_view heard, std::string_view what, std::size_t owed) {
  if (const std::size_t had = count(heard, what); had != owed) {
    bench::give_up(fmt::format("{} times {} were owed, there were {}", owed, what, had));
  }
}

// What a process has come to.
struct Reading {
  explicit Reading(pid_t pid) {
    bench::await_idle(pid);
    bytes = static_cast<double>(bench::pss_bytes(pid));
    cpu_us = static_cast<double>(bench::cpu_nanoseconds(pid)) / 1000;
  }
  double bytes;
  double cpu_us;
};

class Scene {
 public:
  Scene(std::uint16_t port, bool by_token, int users, int contacts)
      : port_(port), by_token_(by_token), users_(users), contacts_(contacts) {}

  // User numbers: those without contacts first.
  int first_with_contacts() const { return kWarmUp / 2 + users_; }

  void log_in(int from, int to) {
    for (int user = from; user < to; ++user) {
      clients_.emplace_back(port_, bench::Carrier::kPlain);
      const bool has_contacts = user >= first_with_contacts();
      bench::Client& client = clients_.back();
      const std::string heard =
          by_token_ ? client.log_in(user, bench::make_token(user)) : client.log_in(user);
      check(heard, "<item ", has_contacts ? static_cast<std::size_t>(contacts_) : 0);
    }
  }

  // Each of those with contacts has had `pushes` since the last time.
  void check_pushes(std::size_t pushes) {
    for (std::size_t i = static_cast<std::size_t>(first_with_contacts()); i < clients_.size();
         ++i) {
      check(clients_[i].barrier(), "jabber:iq:roster", pushes);
    }
  }

 private:
  std::uint16_t port_;
  bool by_token_;
  int users_;
  int contacts_;
  std::vector<bench::Client> clients_;  // by user
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 9) {
    bench::give_up(
        "usage: bench_contacts PORT PID HTTP_PORT BACK_END_PORT rosterd|peer USERS CONTACTS "
        "ROUNDS");
  }
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  const pid_t pid = std::atoi(argv[2]);
  const auto http_port = static_cast<std::uint16_t>(std::atoi(argv[3]));
  const auto back_end_port = static_cast<std::uint16_t>(std::atoi(argv[4]));
  const bool is_peer = argv[5] == std::string_view("peer");
  const int users = std::atoi(argv[6]), contacts = std::atoi(argv[7]), rounds = std::atoi(argv[8]);
  bench::raise_descriptor_limit();
  Scene scene(port, !is_peer, users, contacts);
  const int first = scene.first_with_contacts(), last = first + kWarmUp / 2 + users;
  const std::string none = "{}";
  const std::string bodies[] = {make_roster(contacts, 0, is_peer),
                                make_roster(contacts, 1, is_peer)};
  bench::BackEnd back_end(back_end_port,
                          [&](std::size_t version, std::size_t user) -> const std::string& {
                            return static_cast<int>(user) < first ? none : bodies[version];
                          });
  scene.log_in(0, kWarmUp / 2);
  const Reading begin(pid);
  scene.log_in(kWarmUp / 2, first);
  const Reading without(pid);
  scene.log_in(first, first + kWarmUp / 2);
  const Reading warm(pid);
  scene.log_in(first + kWarmUp / 2, last);
  const Reading with(pid);
  const double held = (with.bytes - warm.bytes) - (without.bytes - begin.bytes);
  const double delivered = (with.cpu_us - warm.cpu_us) - (without.cpu_us - begin.cpu_us);
  fmt::print("bytes_per_contact={:.1f} delivered_us={:.1f}\n", held / users / contacts,
             delivered / users);
  bench::reset_peak(pid);
  const auto resident = static_cast<double>(bench::peak_bytes(pid));
  const int named = last - first;
  const std::string request = bench::make_refresh(first, named);
  for (int round = 1; round <= rounds; ++round) {
    const Reading before(pid);
    bench::reset_peak(pid);
    back_end.set_version(static_cast<std::size_t>(round % 2));
    bench::post_refresh(http_port, request, named);
    const Reading changed(pid);
    const auto peak = static_cast<double>(bench::peak_bytes(pid));
    scene.check_pushes(is_peer ? 2 : 1);
    const Reading rested(pid);
    bench::post_refresh(http_port, request, named);
    const Reading unchanged(pid);
    scene.check_pushes(0);
    fmt::print("changed_us={:.1f} unchanged_us={:.1f} memory={:.2f}\n",
               (changed.cpu_us - before.cpu_us) / named, (unchanged.cpu_us - rested.cpu_us) / named,
               1 + (peak - resident) / held);
  }
}
