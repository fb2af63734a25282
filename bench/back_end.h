// SPDX-License-Identifier: MIT
// A web application as fast as it can be: it answers GET /contacts/user00042 from bodies made
// beforehand, over HTTP/1.1 with keep-alive, in a thread of its own. Whoever has the present
// version already and says so (If-None-Match) gets status 304. POST /auth is a login with the
// roster in its answer (rosterd-protocol(7), http-json).
#pragma once

#include <sys/epoll.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace bench {

class BackEnd {
 public:
  // The body of a user's roster; called in the thread of the back end.
  using Body = std::function<const std::string&(std::size_t version, std::size_t user)>;

  // Listens on `port` of the loopback.
  BackEnd(std::uint16_t port, Body body);
  ~BackEnd();
  BackEnd(const BackEnd&) = delete;
  BackEnd& operator=(const BackEnd&) = delete;

  // Which rosters it serves from now on.
  void set_version(std::size_t version) { version_ = version; }
  std::uint64_t requests() const { return requests_; }
  std::uint64_t not_modified() const { return not_modified_; }

  // How long it thinks about each answer from now on; others are thought about meanwhile.
  void set_thinking(std::chrono::microseconds time) { thinking_us_ = time.count(); }

  // The next answer for `user` waits for release().
  void hold(std::size_t user) { held_user_ = user; }
  bool holds() const { return held_fd_ >= 0; }
  void release();

 private:
  struct Thought {
    std::chrono::steady_clock::time_point ready;
    int fd;
    std::string answer;
  };

  void serve();
  // Returns as epoll_wait(2), or with 0 when an answer is ready.
  int wait(epoll_event* events, int most) const;
  void send_ready();
  void accept();
  void answer(int fd);
  std::string make_answers(int fd, std::string& input);

  std::string make_answer(std::size_t user, std::string_view request);
  std::string make_login(std::string_view body);

  static constexpr std::size_t kNobody = SIZE_MAX;

  Body body_;
  std::atomic<std::size_t> version_{0};
  std::atomic<std::uint64_t> requests_{0};
  std::atomic<std::uint64_t> not_modified_{0};
  std::atomic<std::int64_t> thinking_us_{0};
  std::deque<Thought> thoughts_;  // by `ready`; of the thread
  std::atomic<std::size_t> held_user_{kNobody};
  std::string held_answer_;
  std::atomic<int> held_fd_{-1};
  std::vector<std::string> inputs_;  // by descriptor: an unfinished request
  int epoll_;
  int listener_;
  int stop_;
  std::thread thread_;
};

}  // namespace bench
