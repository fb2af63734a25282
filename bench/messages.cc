// SPDX-License-Identifier: MIT
// messages: what a chat message costs the server in CPU.
//   bench_messages xmpp|websocket|relay PORT PID PAIRS IN_FLIGHT MESSAGES
// In each pair one client sends IN_FLIGHT messages, and whoever gets a message sends one back, so
// that there are always that many on the way. Each direction of a pair numbers its messages; one
// that is lost, doubled or out of order ends the measurement. With `relay` the same bytes go
// through bench_relay.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client.h"
#include "process.h"

namespace {

constexpr std::string_view kBegin = "<body>", kEnd = "</message>";
// So that a message has the 270 bytes of the figures in the project's notes.
constexpr std::size_t kMessageSize = 270;

struct Peer {
  int fd = -1;
  int partner = 0;  // its user number
  std::string input;
  std::uint64_t sent = 0, received = 0;
};

class Load {
 public:
  enum class To { kXmpp, kWebSocket, kRelay };
  Load(To to, std::uint16_t port, int pairs);
  // Sends `in_flight` in each pair; returns when `messages` have arrived.
  void run(int in_flight, std::uint64_t messages);

 private:
  void send(Peer& peer, std::uint64_t count);
  std::uint64_t receive(Peer& peer);
  std::uint64_t take_messages(Peer& peer);
  void drain(std::uint64_t on_the_way);
  void watch(std::size_t index);

  const bench::Carrier carrier_;
  std::vector<std::unique_ptr<bench::Client>> clients_;
  std::vector<Peer> peers_;
  int epoll_ = ::epoll_create1(0);
};

Load::Load(To to, std::uint16_t port, int pairs)
    : carrier_(to == To::kWebSocket ? bench::Carrier::kWebSocket : bench::Carrier::kPlain) {
  for (int user = 0; user < 2 * pairs; ++user) {
    clients_.push_back(std::make_unique<bench::Client>(port, carrier_));
    if (to != To::kRelay) {
      clients_.back()->log_in(user);
    } else {
      clients_.back()->send(fmt::format("{}\n", user / 2));
    }
    peers_.push_back({clients_.back()->fd(), user ^ 1, {}, 0, 0});
  }
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    if (to == To::kRelay) clients_[i]->read_until("\n");
    ::fcntl(peers_[i].fd, F_SETFL, O_NONBLOCK);
    watch(i);
  }
}

void Load::watch(std::size_t index) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = index;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, peers_[index].fd, &event);
}

void Load::send(Peer& peer, std::uint64_t count) {
  std::string out;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t number = ++peer.sent;
    std::string message = fmt::format("<message type='chat' to='{}' id='m{:010}'>{}{:010} ",
                                      bench::user_jid(peer.partner), number, kBegin, number);
    message.resize(kMessageSize - kEnd.size() - 7, '.');
    (message += "</body>") += kEnd;
    bench::append_element(out, carrier_, message);
  }
  if (::send(peer.fd, out.data(), out.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(out.size())) {
    bench::give_up("a socket of the load generator is full");
  }
}

std::uint64_t Load::receive(Peer& peer) {
  char buffer[64 * 1024];
  const ssize_t size = ::recv(peer.fd, buffer, sizeof buffer, 0);
  if (size <= 0) bench::give_up("the server closed a connection");
  peer.input.append(buffer, static_cast<std::size_t>(size));
  return take_messages(peer);
}

// Counts the whole messages, checks their numbers, keeps the rest.
std::uint64_t Load::take_messages(Peer& peer) {
  std::uint64_t count = 0;
  std::size_t done = 0;
  for (std::size_t end; (end = peer.input.find(kEnd, done)) != std::string::npos; ++count) {
    const std::size_t body = peer.input.find(kBegin, done);
    std::uint64_t number = 0;
    const char* const digits = peer.input.data() + body + kBegin.size();
    if (body < end) std::from_chars(digits, digits + 10, number);
    if (number != ++peer.received) {
      bench::give_up(fmt::format("expected message {}, got: {}", peer.received,
                                 peer.input.substr(done, end - done)));
    }
    done = end + kEnd.size();
  }
  peer.input.erase(0, done);
  return count;
}

void Load::run(int in_flight, std::uint64_t messages) {
  for (std::size_t i = 0; i < peers_.size(); i += 2) {
    send(peers_[i], static_cast<std::uint64_t>(in_flight));
  }
  epoll_event events[256];
  for (std::uint64_t arrived = 0; arrived < messages;) {
    const int count = ::epoll_wait(epoll_, events, 256, 10'000);
    if (count <= 0) bench::give_up("no message for ten seconds");
    for (int i = 0; i < count; ++i) {
      Peer& peer = peers_[events[i].data.u64];
      const std::uint64_t got = receive(peer);
      arrived += got;
      if (got > 0) send(peer, got);
    }
  }
  drain(static_cast<std::uint64_t>(in_flight) * peers_.size() / 2);
}

void Load::drain(std::uint64_t on_the_way) {
  epoll_event events[256];
  while (on_the_way > 0) {
    const int count = ::epoll_wait(epoll_, events, 256, 10'000);
    if (count <= 0) bench::give_up("messages were lost");
    for (int i = 0; i < count; ++i) on_the_way -= receive(peers_[events[i].data.u64]);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    bench::give_up("usage: bench_messages xmpp|websocket|relay PORT PID PAIRS IN_FLIGHT MESSAGES");
  }
  const std::string_view name = argv[1];
  const Load::To to = name == "xmpp"        ? Load::To::kXmpp
                      : name == "websocket" ? Load::To::kWebSocket
                                            : Load::To::kRelay;
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[2]));
  const pid_t pid = std::atoi(argv[3]);
  const int pairs = std::atoi(argv[4]), in_flight = std::atoi(argv[5]);
  const std::uint64_t messages = std::strtoull(argv[6], nullptr, 10);
  bench::raise_descriptor_limit();
  Load load(to, port, pairs);
  load.run(in_flight, messages / 10);  // warms both sides up
  const std::int64_t cpu_before = bench::cpu_nanoseconds(pid);
  const auto begin = std::chrono::steady_clock::now();
  load.run(in_flight, messages);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const std::int64_t cpu = bench::cpu_nanoseconds(pid) - cpu_before;
  const auto sent = static_cast<double>(messages) + static_cast<double>(in_flight * pairs);
  fmt::print("cpu_us={:.3f} per_second={:.0f}\n", static_cast<double>(cpu) / 1000 / sent,
             sent / took.count());
}
