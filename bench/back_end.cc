// SPDX-License-Identifier: MIT
#include "back_end.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "client.h"
#include "process.h"

namespace bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kPath = "GET /contacts/user", kLogin = "POST /auth ";
constexpr std::string_view kLength = "\r\nContent-Length: ";
constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::size_t kMostDescriptors = 65'536;

void watch(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int listen_on(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd, 511) != 0) {
    give_up(fmt::format("the back end cannot listen on port {}", port));
  }
  return fd;
}

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size <= 0) return;  // the end of the connection is seen where it is read
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
}

// Of a request's body; 0 where it has none.
std::size_t body_size(std::string_view head) {
  const std::size_t at = head.find(kLength);
  if (at == std::string_view::npos) return 0;
  return static_cast<std::size_t>(std::atoi(head.data() + at + kLength.size()));
}

// The user whose right name and password a login carries, by his number.
std::size_t user_of(std::string_view login) {
  constexpr std::string_view kUser = R"("username":"user)";
  const std::size_t at = login.find(kUser);
  const std::string password = fmt::format(R"("password":"{}")", kPassword);
  if (at == std::string_view::npos || login.find(password) == std::string_view::npos) {
    give_up(fmt::format("the back end cannot let in: {}", login));
  }
  return static_cast<std::size_t>(std::atoi(login.data() + at + kUser.size()));
}

}  // namespace

BackEnd::BackEnd(std::uint16_t port, Body body)
    : body_(std::move(body)),
      inputs_(kMostDescriptors),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      listener_(listen_on(port)),
      stop_(::eventfd(0, EFD_CLOEXEC)) {
  watch(epoll_, listener_);
  watch(epoll_, stop_);
  thread_ = std::thread([this] { serve(); });
}

BackEnd::~BackEnd() {
  const std::uint64_t one = 1;
  (void)!::write(stop_, &one, sizeof one);
  thread_.join();
  for (const int fd : {epoll_, listener_, stop_}) ::close(fd);
}

void BackEnd::serve() {
  epoll_event events[64];
  for (;;) {
    const int count = wait(events, 64);
    send_ready();
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (fd == stop_) return;
      if (fd == listener_) {
        accept();
      } else {
        answer(fd);
      }
    }
  }
}

int BackEnd::wait(epoll_event* events, int most) const {
  if (thoughts_.empty()) return ::epoll_wait(epoll_, events, most, -1);
  const auto left = std::max(thoughts_.front().ready - Clock::now(), Clock::duration(0));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  const timespec timeout{seconds.count(), std::chrono::nanoseconds(left - seconds).count()};
  return ::epoll_pwait2(epoll_, events, most, &timeout, nullptr);
}

void BackEnd::send_ready() {
  while (!thoughts_.empty() && thoughts_.front().ready <= Clock::now()) {
    send_all(thoughts_.front().fd, thoughts_.front().answer);
    thoughts_.pop_front();
  }
}

void BackEnd::accept() {
  const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) return;
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  inputs_[static_cast<std::size_t>(fd)].clear();
  watch(epoll_, fd);
}

void BackEnd::answer(int fd) {
  char buffer[16 * 1024];
  const ssize_t size = ::recv(fd, buffer, sizeof buffer, 0);
  if (size <= 0) {
    ::close(fd);
    return;
  }
  std::string& input = inputs_[static_cast<std::size_t>(fd)];
  input.append(buffer, static_cast<std::size_t>(size));
  std::string answers = make_answers(fd, input);
  if (const std::chrono::microseconds thinking{thinking_us_}; thinking.count() > 0) {
    thoughts_.push_back({Clock::now() + thinking, fd, std::move(answers)});
  } else {
    send_all(fd, answers);
  }
}

void BackEnd::release() {
  send_all(held_fd_, held_answer_);
  held_fd_ = -1;
}

std::string BackEnd::make_answer(std::size_t user, std::string_view request) {
  const std::size_t version = version_;
  const std::string tag = fmt::format("\"v{}\"", version);
  if (request.find("If-None-Match: " + tag) != std::string_view::npos) {
    ++not_modified_;
    return fmt::format("HTTP/1.1 304 Not Modified\r\nETag: {}\r\n\r\n", tag);
  }
  const std::string& body = body_(version, user);
  return fmt::format(
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nETag: {}\r\n"
      "Content-Length: {}\r\n\r\n{}",
      tag, body.size(), body);
}

std::string BackEnd::make_login(std::string_view body) {
  const std::size_t version = version_;
  const std::string answer = fmt::format(R"({{"ok":true,"etag":"\"v{}\"","roster":{}}})", version,
                                         body_(version, user_of(body)));
  return fmt::format(
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
      answer.size(), answer);
}

std::string BackEnd::make_answers(int fd, std::string& input) {
  std::string out;
  for (std::size_t end; (end = input.find(kHeadEnd)) != std::string::npos;) {
    end += kHeadEnd.size();
    const std::string_view head = std::string_view(input).substr(0, end);
    const std::size_t size = body_size(head);
    if (input.size() < end + size) break;
    ++requests_;
    if (head.starts_with(kLogin)) {
      out += make_login(std::string_view(input).substr(end, size));
      input.erase(0, end + size);
      continue;
    }
    if (!head.starts_with(kPath)) give_up("the back end cannot understand: " + input);
    const auto user = static_cast<std::size_t>(std::atoi(input.c_str() + kPath.size()));
    std::string one = make_answer(user, head);
    input.erase(0, end + size);
    if (user == held_user_) {
      held_user_ = kNobody;
      held_answer_ = std::move(one);
      held_fd_ = fd;
    } else {
      out += one;
    }
  }
  return out;
}

}  // namespace bench
