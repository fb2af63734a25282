// SPDX-License-Identifier: MIT
// fan_out: what it costs to deliver a presence to one contact.
//   bench_fan_out xmpp|relay PORT PID CONTACTS IN_FLIGHT CHANGES
// User 0 and his CONTACTS (users 1, 2, …) are online, over plain TCP; each has the other in his
// roster, which is where the server gets it from. He changes his presence again and again,
// IN_FLIGHT times before the first of them has reached everybody. The changes are numbered: one
// that does not reach a contact, or not in order, ends the measurement. With `relay` the same bytes
// go through bench_relay.
#include <fmt/format.h>
#include <sys/epoll.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "client.h"
#include "latency.h"
#include "process.h"

namespace {

constexpr std::string_view kBegin = "<status>", kEnd = "</presence>";

struct Contact {
  bench::Client client;
  std::string input;
  std::uint64_t received = 0;  // changes
};

class Load {
 public:
  Load(bool is_relay, std::uint16_t port, int contacts);
  // Returns when all changes have reached everybody.
  void run(std::uint64_t in_flight, std::uint64_t changes);

 private:
  void greet_relay(std::size_t everybody);
  void log_in();
  void change(std::uint64_t count);
  void receive(std::size_t index);
  void watch(bench::Client& client, std::size_t index);

  bench::Client user_;
  std::vector<Contact> contacts_;
  std::uint64_t sent_ = 0;
  std::size_t behind_ = 0;  // contacts that have not had all that was sent
  int epoll_ = ::epoll_create1(0);
};

Load::Load(bool is_relay, std::uint16_t port, int contacts) : user_(port, bench::Carrier::kPlain) {
  for (int i = 0; i < contacts; ++i) {
    contacts_.push_back({bench::Client(port, bench::Carrier::kPlain), {}, 0});
  }
  is_relay ? greet_relay(contacts_.size() + 1) : log_in();
  for (std::size_t i = 0; i < contacts_.size(); ++i) watch(contacts_[i].client, i);
  watch(user_, contacts_.size());
}

void Load::watch(bench::Client& client, std::size_t index) {
  client.stop_blocking();
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = index;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, client.fd(), &event);
}

void Load::greet_relay(std::size_t everybody) {
  user_.send(fmt::format("0 {}\n", everybody));
  for (Contact& contact : contacts_) contact.client.send(fmt::format("0 {}\n", everybody));
  user_.read_until("\n");
  for (Contact& contact : contacts_) contact.client.read_until("\n");
}

void Load::log_in() {
  for (std::size_t i = 0; i < contacts_.size(); ++i) {
    contacts_[i].client.log_in(static_cast<int>(i) + 1);
  }
  user_.log_in(0);
  for (Contact& contact : contacts_) contact.client.barrier();
}

void Load::change(std::uint64_t count) {
  std::string out;
  for (std::uint64_t i = 0; i < count; ++i) {
    out += fmt::format("<presence><show>away</show>{}{:010}</status></presence>", kBegin, ++sent_);
  }
  behind_ = contacts_.size();
  user_.write_at_once(out);
}

// Takes the changes that have come whole. Other presence has no number and is passed over, as is
// what the server sends the user himself.
void Load::receive(std::size_t index) {
  if (index == contacts_.size()) {
    std::string echo;
    return user_.read_ready(echo);
  }
  Contact& contact = contacts_[index];
  contact.client.read_ready(contact.input);
  std::size_t done = 0;
  for (std::size_t end; (end = contact.input.find(kEnd, done)) != std::string::npos;) {
    const auto presence = std::string_view(contact.input).substr(done, end - done);
    done = end + kEnd.size();
    const std::size_t at = presence.find(kBegin);
    if (at == std::string_view::npos) continue;
    std::uint64_t number = 0;
    std::from_chars(presence.data() + at + kBegin.size(), presence.data() + presence.size(),
                    number);
    if (number != ++contact.received) {
      bench::give_up(fmt::format("expected change {}, got: {}", contact.received, presence));
    }
    if (number == sent_) --behind_;
  }
  contact.input.erase(0, done);
}

void Load::run(std::uint64_t in_flight, std::uint64_t changes) {
  epoll_event events[64];
  for (std::uint64_t made = 0; made < changes; made += in_flight) {
    change(in_flight);
    while (behind_ > 0) {
      const int count = ::epoll_wait(epoll_, events, 64, 10'000);
      if (count <= 0) bench::give_up("no presence for ten seconds");
      for (int i = 0; i < count; ++i) receive(events[i].data.u64);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    bench::give_up("usage: bench_fan_out xmpp|relay PORT PID CONTACTS IN_FLIGHT CHANGES");
  }
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[2]));
  const pid_t pid = std::atoi(argv[3]);
  const int contacts = std::atoi(argv[4]);
  const std::uint64_t in_flight = std::strtoull(argv[5], nullptr, 10);
  const std::uint64_t changes = std::strtoull(argv[6], nullptr, 10);
  Load load(std::string_view(argv[1]) == "relay", port, contacts);
  load.run(in_flight, changes / 10);
  const std::int64_t cpu_before = bench::cpu_nanoseconds(pid);
  const auto begin = bench::Clock::now();
  load.run(in_flight, changes);
  const std::chrono::duration<double> took = bench::Clock::now() - begin;
  const std::int64_t cpu = bench::cpu_nanoseconds(pid) - cpu_before;
  const auto deliveries =
      static_cast<double>((changes + in_flight - 1) / in_flight * in_flight) * contacts;
  fmt::print("cpu_us={:.3f} per_second={:.0f}\n", static_cast<double>(cpu) / 1000 / deliveries,
             deliveries / took.count());
}
