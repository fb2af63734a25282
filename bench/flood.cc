// SPDX-License-Identifier: MIT
// flood: a client that sends as much as the server takes.
//   bench_flood reader|deaf|self|presence PORT PID
// User 0 sends messages without a pause: to user 1 who reads all, to user 1 who reads nothing, or
// to himself; or he changes his presence, of which users 1 to 20 hear, who have him in their
// rosters and read all. Says "flooding" when it has begun, stops when its standard input ends. Then
// everybody reads what is still on its way, and it prints what the server did. When the server has
// closed a connection, of whomever, all log in again and it goes on.
//
// Each is numbered. What arrives must be in order, and unless the server has closed one of the
// connections every message must arrive, or be answered with an error. Of presence, a server may
// leave out all but the last.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "client.h"
#include "latency.h"
#include "process.h"

namespace {

using bench::Clock;

constexpr int kContacts = 20;
constexpr std::size_t kChunk = 64 * 1024;
constexpr int kPatience = 30'000;  // milliseconds without anything, with what is on its way

enum class Kind { kReader, kDeaf, kSelf, kPresence };

Kind kind_named(std::string_view name) {
  if (name == "reader") return Kind::kReader;
  if (name == "deaf") return Kind::kDeaf;
  if (name == "self") return Kind::kSelf;
  if (name == "presence") return Kind::kPresence;
  bench::give_up(fmt::format("{}: neither reader nor deaf nor self nor presence", name));
}

// One connection, and what has come on it.
struct Ear {
  bench::Client client;
  std::string input;
  std::uint64_t last = 0;      // number that arrived
  std::uint64_t received = 0;  // how many
  std::uint64_t errors = 0;    // messages that came back
  bool closed = false;
};

struct Totals {
  std::uint64_t sent = 0, received = 0, errors = 0;
  int closed = 0, recipient_closed = 0;  // how often the server did that
};

class Flood {
 public:
  Flood(Kind kind, std::uint16_t port);
  // Until standard input ends or the server closes a connection; true in the latter case.
  bool run();
  // Waits for what is on its way, unless a connection is closed.
  void drain();
  void add_to(Totals& totals) const;

 private:
  bool is_closed() const;
  bool is_last() const;
  std::uint64_t count_received() const;
  void add_one();
  void write();
  void hear(Ear& ear);
  void take(Ear& ear, std::string_view stanza);
  bool poll(bool sending, bool deaf, int timeout);
  Ear& flooder() { return ears_.front(); }

  const Kind kind_;
  const std::string_view begin_, end_;  // of a stanza's number, of a stanza
  std::string head_;
  std::vector<Ear> ears_;  // the flooder's own, then those of the others
  std::string out_;
  std::size_t written_ = 0;  // of out_
  std::uint64_t made_ = 0;   // stanzas
  bool stopped_ = false;
};

Flood::Flood(Kind kind, std::uint16_t port)
    : kind_(kind),
      begin_(kind == Kind::kPresence ? "<status>" : "<body>"),
      end_(kind == Kind::kPresence ? "</presence>" : "</message>"),
      head_(kind == Kind::kPresence ? "<presence>"
                                    : fmt::format("<message type='chat' to='{}'>",
                                                  bench::user_jid(kind == Kind::kSelf ? 0 : 1))) {
  const int others = kind == Kind::kSelf ? 0 : kind == Kind::kPresence ? kContacts : 1;
  for (int user = 0; user <= others; ++user) {
    ears_.push_back({bench::Client(port, bench::Carrier::kPlain), {}, 0, 0, 0, false});
  }
  for (int user = others; user >= 0; --user) {
    ears_[static_cast<std::size_t>(user)].client.log_in(user);
  }
  for (Ear& ear : ears_) ear.client.barrier();
  for (Ear& ear : ears_) ear.client.stop_blocking();
}

void Flood::add_one() {
  out_ += head_;
  out_ += begin_;
  out_ += fmt::format_int(++made_).c_str();
  out_ += kind_ == Kind::kPresence ? "</status>" : "</body>";
  out_ += end_;
}

void Flood::write() {
  if (written_ == out_.size()) {
    out_.clear();
    written_ = 0;
    if (stopped_) return;
    while (out_.size() < kChunk) add_one();
  }
  const ssize_t size =
      ::send(flooder().client.fd(), out_.data() + written_, out_.size() - written_, MSG_NOSIGNAL);
  if (size > 0) {
    written_ += static_cast<std::size_t>(size);
  } else if (errno != EAGAIN) {
    flooder().closed = true;
  }
}

void Flood::hear(Ear& ear) {
  char buffer[64 * 1024];
  const ssize_t size = ::recv(ear.client.fd(), buffer, sizeof buffer, 0);
  if (size <= 0) {
    if (size < 0 && errno == EAGAIN) return;
    ear.closed = true;
    std::fprintf(stderr, "bench_flood: closed after: %s\n",
                 ear.input.substr(ear.input.rfind("<stream:error") + 1, 200).c_str());
    return;
  }
  ear.input.append(buffer, static_cast<std::size_t>(size));
  std::size_t done = 0;
  for (std::size_t end; (end = ear.input.find(end_, done)) != std::string::npos;) {
    take(ear, std::string_view(ear.input).substr(done, end - done));
    done = end + end_.size();
  }
  ear.input.erase(0, done);
}

void Flood::take(Ear& ear, std::string_view stanza) {
  if (stanza.find("type='error'") != stanza.npos || stanza.find("type=\"error\"") != stanza.npos) {
    ++ear.errors;
    // The recipient is there no more, and may not know: his socket is full.
    if (kind_ != Kind::kSelf && stanza.find("service-unavailable") != stanza.npos) {
      ears_.back().closed = true;
    }
    return;
  }
  const std::size_t at = stanza.find(begin_);
  if (at == std::string_view::npos) return;  // presence before the flood
  std::uint64_t number = 0;
  std::from_chars(stanza.data() + at + begin_.size(), stanza.data() + stanza.size(), number);
  if (number <= ear.last || number > made_) {
    bench::give_up(fmt::format("expected one after {}, got: {}", ear.last, stanza));
  }
  ear.last = number;
  ++ear.received;
}

// Whether something has happened.
bool Flood::poll(bool sending, bool deaf, int timeout) {
  std::vector<pollfd> waits;
  for (std::size_t i = 0; i < ears_.size(); ++i) {
    const bool hears = !ears_[i].closed && (i == 0 || !deaf);
    const short out = i == 0 && sending ? POLLOUT : 0;
    waits.push_back({ears_[i].closed ? -1 : ears_[i].client.fd(),
                     static_cast<short>((hears ? POLLIN : 0) | out), 0});
  }
  waits.push_back({stopped_ ? -1 : STDIN_FILENO, POLLIN, 0});
  if (::poll(waits.data(), waits.size(), timeout) <= 0) return false;
  if (waits.back().revents) stopped_ = true;
  for (std::size_t i = 0; i < ears_.size(); ++i) {
    if (waits[i].revents & (POLLIN | POLLERR | POLLHUP)) {
      deaf&& i > 0 ? void(ears_[i].closed = true) : hear(ears_[i]);
    }
  }
  if (waits[0].revents & POLLOUT) write();
  return true;
}

bool Flood::run() {
  while (!stopped_ && !is_closed()) poll(true, kind_ == Kind::kDeaf, -1);
  return !stopped_;
}

bool Flood::is_closed() const {
  return std::any_of(ears_.begin(), ears_.end(), [](const Ear& ear) { return ear.closed; });
}

std::uint64_t Flood::count_received() const {
  std::uint64_t sum = 0;
  for (std::size_t i = kind_ == Kind::kSelf ? 0 : 1; i < ears_.size(); ++i) {
    sum += ears_[i].received;
  }
  return sum;
}

bool Flood::is_last() const {
  if (kind_ != Kind::kPresence) return count_received() + ears_[0].errors == made_;
  for (std::size_t i = 1; i < ears_.size(); ++i) {
    if (ears_[i].last != made_) return false;
  }
  return true;
}

void Flood::drain() {
  while (!is_closed() && !is_last()) {
    if (!poll(written_ < out_.size(), false, kPatience)) {
      bench::give_up(fmt::format("of {} sent, {} arrived and {} came back", made_, count_received(),
                                 ears_[0].errors));
    }
  }
}

void Flood::add_to(Totals& totals) const {
  totals.sent += made_;
  totals.received += count_received();
  totals.errors += ears_[0].errors;
  totals.closed += ears_[0].closed;
  totals.recipient_closed +=
      std::any_of(ears_.begin() + 1, ears_.end(), [](const Ear& ear) { return ear.closed; });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) bench::give_up("usage: bench_flood reader|deaf|self|presence PORT PID");
  const Kind kind = kind_named(argv[1]);
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[2]));
  const pid_t pid = std::atoi(argv[3]);
  // The server, not this process, is to have the processors.
  if (::nice(10) == -1) bench::give_up("cannot be nice");
  Totals totals;
  Clock::time_point begin;
  std::int64_t memory_before = 0;
  for (bool goes_on = true; goes_on;) {
    Flood flood(kind, port);
    if (begin == Clock::time_point()) {
      bench::reset_peak(pid);
      memory_before = bench::peak_bytes(pid);
      begin = Clock::now();
      std::printf("flooding\n");
      std::fflush(stdout);
    }
    goes_on = flood.run();
    flood.drain();
    flood.add_to(totals);
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  fmt::print(
      "sent_per_second={:.0f} received_per_second={:.0f} errors={} closed={} recipient_closed={} "
      "memory_bytes={}\n",
      static_cast<double>(totals.sent) / seconds, static_cast<double>(totals.received) / seconds,
      totals.errors, totals.closed, totals.recipient_closed,
      bench::peak_bytes(pid) - memory_before);
}
