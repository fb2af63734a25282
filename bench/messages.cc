// SPDX-License-Identifier: MIT
// messages: what a chat message costs the server in CPU, and how long it takes.
//   bench_messages xmpp|tls|websocket|relay|tls-relay PORT PID PAIRS IN_FLIGHT MESSAGES [BODY]
// In each pair one client sends IN_FLIGHT messages, and whoever gets a message sends one back, so
// that there are always that many on the way. Each direction of a pair numbers its messages; one
// that is lost, doubled or out of order ends the measurement. The text of each has BODY bytes, 100
// where that is not said. With a relay the same bytes go through bench_relay.
#include <fmt/format.h>
#include <sys/epoll.h>

#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "client.h"
#include "latency.h"
#include "process.h"

namespace {

constexpr std::string_view kBegin = "<body>", kEnd = "</message>";
constexpr int kDigits = 10;

struct Way {
  bench::Carrier carrier;
  bool is_relay;
};

Way way_named(std::string_view name) {
  if (name == "xmpp") return {bench::Carrier::kPlain, false};
  if (name == "relay") return {bench::Carrier::kPlain, true};
  if (name == "tls-relay") return {bench::Carrier::kTls, true};
  return {bench::carrier_named(name), false};
}

struct Peer {
  bench::Client client;
  std::string head;  // of its messages, up to their number
  std::string input;
  std::uint64_t sent = 0, received = 0;
  std::vector<bench::Clock::time_point> sent_at;  // of the last ones, by their number
};

class Load {
 public:
  Load(Way way, std::uint16_t port, int pairs, std::size_t in_flight, std::size_t body);
  // Sends `in_flight` in each pair; returns when these and `messages` more have arrived.
  void run(std::uint64_t messages);
  bench::Latencies& latencies() { return latencies_; }

 private:
  void send(Peer& peer, std::uint64_t count);
  std::uint64_t receive(std::size_t index);
  void check(Peer& peer, std::string_view message);
  std::uint64_t wait(bool answer);

  const bench::Carrier carrier_;
  const std::size_t in_flight_;
  const std::string tail_;  // of a message, behind its number
  std::vector<Peer> peers_;
  bench::Latencies latencies_{1'000'000};
  int epoll_ = ::epoll_create1(0);
};

Load::Load(Way way, std::uint16_t port, int pairs, std::size_t in_flight, std::size_t body)
    : carrier_(way.carrier),
      in_flight_(in_flight),
      tail_(std::string(body - kDigits, '.') + "</body>" + std::string(kEnd)) {
  for (int user = 0; user < 2 * pairs; ++user) {
    bench::Client client(port, carrier_);
    way.is_relay ? client.send(fmt::format("{} 2\n", user / 2)) : void(client.log_in(user));
    peers_.push_back({std::move(client),
                      fmt::format("<message type='chat' to='{}' id='m", bench::user_jid(user ^ 1)),
                      {},
                      0,
                      0,
                      std::vector<bench::Clock::time_point>(in_flight)});
  }
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    if (way.is_relay) peers_[i].client.read_until("\n");
    peers_[i].client.stop_blocking();
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, peers_[i].client.fd(), &event);
  }
}

void Load::send(Peer& peer, std::uint64_t count) {
  std::string out, message;
  const auto now = bench::Clock::now();
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t number = ++peer.sent;
    peer.sent_at[number % in_flight_] = now;
    message = fmt::format("{}{:010}'>{}{:010}{}", peer.head, number, kBegin, number, tail_);
    bench::append_element(out, carrier_, message);
  }
  peer.client.write_at_once(out);
}

// How many messages have come whole; the rest is kept.
std::uint64_t Load::receive(std::size_t index) {
  Peer& peer = peers_[index];
  peer.client.read_ready(peer.input);
  const auto now = bench::Clock::now();
  std::uint64_t count = 0;
  std::size_t done = 0;
  for (std::size_t end; (end = peer.input.find(kEnd, done)) != std::string::npos; ++count) {
    check(peer, std::string_view(peer.input).substr(done, end - done));
    latencies_.add(now - peers_[index ^ 1].sent_at[peer.received % in_flight_]);
    done = end + kEnd.size();
  }
  peer.input.erase(0, done);
  return count;
}

void Load::check(Peer& peer, std::string_view message) {
  const std::size_t body = message.find(kBegin);
  std::uint64_t number = 0;
  if (body != std::string_view::npos && message.find("error") == std::string_view::npos) {
    const char* const digits = message.data() + body + kBegin.size();
    std::from_chars(digits, message.data() + message.size(), number);
  }
  if (number == ++peer.received) return;
  bench::give_up(fmt::format("expected message {}, got: {}", peer.received, message));
}

// Takes what has come, and answers it or not; how many that were.
std::uint64_t Load::wait(bool answer) {
  epoll_event events[256];
  const int count = ::epoll_wait(epoll_, events, 256, 10'000);
  if (count <= 0) bench::give_up("no message for ten seconds");
  std::uint64_t arrived = 0;
  for (int i = 0; i < count; ++i) {
    const std::uint64_t got = receive(events[i].data.u64);
    if (answer && got > 0) send(peers_[events[i].data.u64], got);
    arrived += got;
  }
  return arrived;
}

void Load::run(std::uint64_t messages) {
  for (std::size_t i = 0; i < peers_.size(); i += 2) send(peers_[i], in_flight_);
  for (std::uint64_t arrived = 0; arrived < messages;) arrived += wait(true);
  for (std::uint64_t on_the_way = in_flight_ * peers_.size() / 2; on_the_way > 0;) {
    on_the_way -= wait(false);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 7 || argc > 8) {
    bench::give_up(
        "usage: bench_messages xmpp|tls|websocket|relay|tls-relay PORT PID PAIRS IN_FLIGHT "
        "MESSAGES [BODY]");
  }
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[2]));
  const pid_t pid = std::atoi(argv[3]);
  const int pairs = std::atoi(argv[4]), in_flight = std::atoi(argv[5]);
  const std::uint64_t messages = std::strtoull(argv[6], nullptr, 10);
  const int body = argc == 8 ? std::atoi(argv[7]) : 100;
  if (body < kDigits) bench::give_up("a message without its number cannot be checked");
  bench::raise_descriptor_limit();
  Load load(way_named(argv[1]), port, pairs, static_cast<std::size_t>(in_flight),
            static_cast<std::size_t>(body));
  load.run(messages / 10);  // warms both sides up
  load.latencies().clear();
  const std::int64_t cpu_before = bench::cpu_nanoseconds(pid);
  const auto begin = bench::Clock::now();
  load.run(messages);
  const std::chrono::duration<double> took = bench::Clock::now() - begin;
  const std::int64_t cpu = bench::cpu_nanoseconds(pid) - cpu_before;
  const auto arrived = static_cast<double>(load.latencies().size());
  fmt::print("cpu_us={:.3f} per_second={:.0f} {}\n", static_cast<double>(cpu) / 1000 / arrived,
             arrived / took.count(), load.latencies().text());
}
