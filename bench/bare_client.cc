// SPDX-License-Identifier: MIT
#include "bare_client.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string_view>

#include "client.h"
#include "process.h"

namespace bench {

namespace {

constexpr std::string_view kOk = "HTTP/1.1 200 ", kLength = "Content-Length: ";
constexpr std::string_view kHeadEnd = "\r\n\r\n";

}  // namespace

BareClient::BareClient(std::uint16_t port, int connections)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  for (int i = 0; i < connections; ++i) {
    connections_.push_back({connect_to(port), {}});
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = static_cast<std::uint64_t>(i);
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_.back().fd, &event);
  }
}

BareClient::~BareClient() {
  for (const Connection& connection : connections_) ::close(connection.fd);
  ::close(epoll_);
}

double BareClient::fetch(int users) {
  const auto begin = std::chrono::steady_clock::now();
  int asked = 0, answered = 0;
  for (const Connection& connection : connections_) {
    if (asked < users) ask(connection, asked++);
  }
  epoll_event events[64];
  while (answered < users) {
    const int count = ::epoll_wait(epoll_, events, 64, 10'000);
    if (count <= 0) give_up("the back end does not answer the bare client");
    for (int i = 0; i < count; ++i) {
      Connection& connection = connections_[events[i].data.u64];
      if (!take(connection)) continue;
      ++answered;
      if (asked < users) ask(connection, asked++);
    }
  }
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
  return took.count();
}

void BareClient::ask(const Connection& connection, int user) {
  const std::string request = fmt::format(
      "GET /contacts/{} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n",
      user_name(user));
  if (::send(connection.fd, request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    give_up("a socket of the bare client is full");
  }
}

bool BareClient::take(Connection& connection) {
  char buffer[16 * 1024];
  const ssize_t size = ::recv(connection.fd, buffer, sizeof buffer, 0);
  if (size <= 0) give_up("the back end closed a connection of the bare client");
  std::string& input = connection.input;
  input.append(buffer, static_cast<std::size_t>(size));
  const std::size_t head = input.find(kHeadEnd);
  if (head == std::string::npos) return false;
  const std::size_t length = input.find(kLength);
  if (!input.starts_with(kOk) || length > head) give_up("not a roster: " + input);
  const auto body = std::strtoull(input.c_str() + length + kLength.size(), nullptr, 10);
  if (input.size() < head + kHeadEnd.size() + body) return false;
  input.clear();
  return true;
}

}  // namespace bench
