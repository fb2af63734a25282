// SPDX-License-Identifier: MIT
// RawClient: a blocking client socket for the thread that plays the other side of an HttpServer.
// Nothing blocks for ever: after 10 s without a byte a call gives up and says so in its result.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "http/parser.h"

namespace rosterd::web {

class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  RawClient& send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return *this;
  }

  // The next answer as "200 body", interim ones as "100 "; "closed", "reset", "nothing".
  std::string answer(bool to_head = false) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    if (buffer_.empty() && !fill()) return failure_;
    if (buffer_.starts_with(kContinue)) {
      buffer_.erase(0, kContinue.size());
      return "100 ";
    }
    http::ResponseParser parser(http::Limits{.body_bytes = 64 * 1024 * 1024});
    parser.next(to_head);
    while (true) {
      const http::ParseStep step = parser.feed(buffer_);
      buffer_.erase(0, step.consumed);
      if (step.state == http::ParseState::kError) return "bad answer: " + parser.error().text;
      if (step.state == http::ParseState::kComplete) {
        last_ = std::move(parser.message());
        return std::to_string(last_.status) + " " + last_.body;
      }
      if (!fill()) return failure_;
    }
  }

  // Waits until the answer begins, and reads nothing of it.
  bool answer_begins() {
    char byte;
    return !buffer_.empty() || ::recv(fd_, &byte, 1, MSG_PEEK) == 1;
  }

  // All bytes up to the end of the connection.
  std::string rest() {
    while (fill()) {
    }
    return std::exchange(buffer_, {});
  }

  // What the last answer() read.
  const http::Response& last() const { return last_; }

  void finish_sending() { ::shutdown(fd_, SHUT_WR); }
  void reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  bool fill() {
    char chunk[16 * 1024];
    const ssize_t got = ::recv(fd_, chunk, sizeof chunk, 0);
    if (got > 0) buffer_.append(chunk, static_cast<std::size_t>(got));
    if (got == 0) failure_ = "closed";
    if (got < 0) failure_ = errno == ECONNRESET ? "reset" : "nothing";
    return got > 0;
  }

  int fd_;
  std::string buffer_;
  std::string failure_;
  http::Response last_;
};

}  // namespace rosterd::web
