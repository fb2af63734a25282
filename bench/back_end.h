// SPDX-License-Identifier: MIT
// A web application as fast as it can be: it answers GET /contacts/user00042 from bodies made
// beforehand, over HTTP/1.1 with keep-alive, in a thread of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace bench {

class BackEnd {
 public:
  // `rosters[version][user]` are the bodies. Listens on `port` of the loopback.
  BackEnd(std::uint16_t port, std::vector<std::vector<std::string>> rosters);
  ~BackEnd();
  BackEnd(const BackEnd&) = delete;
  BackEnd& operator=(const BackEnd&) = delete;

  // Which rosters it serves from now on.
  void set_version(std::size_t version) { version_ = version; }
  std::uint64_t requests() const { return requests_; }

 private:
  void serve();
  void accept();
  void answer(int fd);
  std::string make_answers(std::string& input);

  std::vector<std::vector<std::string>> rosters_;
  std::atomic<std::size_t> version_{0};
  std::atomic<std::uint64_t> requests_{0};
  std::vector<std::string> inputs_;  // by descriptor: an unfinished request
  int epoll_;
  int listener_;
  int stop_;
  std::thread thread_;
};

}  // namespace bench
