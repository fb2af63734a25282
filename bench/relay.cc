// SPDX-License-Identifier: MIT
// The yardstick: a process that reads what one connection of a pair sends and writes it to the
// other, over epoll, with nothing in between. Prints its port, serves until its standard input
// ends.
//
// A connection says which pair it belongs to in its first line, "PAIR\n".
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "process.h"

namespace {

struct Relay {
  int epoll = ::epoll_create1(0);
  int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  std::vector<int> partner_of = std::vector<int>(65'536, -1);  // by descriptor; -1 = not yet known
  std::map<int, int> waiting;                                  // pair -> its first descriptor

  std::uint16_t listen();
  void accept();
  void greet(int fd, const char* line);
  void forward(int fd);
  void watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  }
};

std::uint16_t Relay::listen() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener, 511) != 0) {
    bench::give_up("the relay cannot listen");
  }
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  watch(listener);
  watch(STDIN_FILENO);
  return ntohs(address.sin_port);
}

void Relay::accept() {
  const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
  if (fd < 0) return;
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  partner_of[static_cast<std::size_t>(fd)] = -1;
  watch(fd);
}

void Relay::greet(int fd, const char* line) {
  const int pair = std::atoi(line);
  const auto [first, is_first] = waiting.emplace(pair, fd);
  if (is_first) return;
  partner_of[static_cast<std::size_t>(fd)] = first->second;
  partner_of[static_cast<std::size_t>(first->second)] = fd;
  for (const int one : {fd, first->second}) (void)!::write(one, "\n", 1);
  waiting.erase(first);
}

// A relay of short messages never finds a full socket; one that did would be no yardstick.
void Relay::forward(int fd) {
  static char buffer[64 * 1024];
  const ssize_t size = ::read(fd, buffer, sizeof buffer - 1);
  if (size <= 0) {
    ::close(fd);
    return;
  }
  buffer[size] = '\0';
  const int partner = partner_of[static_cast<std::size_t>(fd)];
  if (partner < 0) return greet(fd, buffer);
  if (::send(partner, buffer, static_cast<std::size_t>(size), MSG_NOSIGNAL) != size) {
    bench::give_up("a socket of the relay is full");
  }
}

}  // namespace

int main() {
  bench::raise_descriptor_limit();
  Relay relay;
  std::printf("%u\n", unsigned{relay.listen()});
  std::fflush(stdout);
  epoll_event events[256];
  for (;;) {
    const int count = ::epoll_wait(relay.epoll, events, 256, -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (fd == STDIN_FILENO) return 0;
      if (fd == relay.listener) {
        relay.accept();
      } else {
        relay.forward(fd);
      }
    }
  }
}
