// SPDX-License-Identifier: MIT
// The yardstick: a process that reads what one connection of a pair sends and writes it to the
// other, over epoll, with nothing in between. Prints its port, serves until its standard input
// ends. In a group of more than two, what the first sends goes to all others.
//   bench_relay [CERTIFICATE KEY]
// With a certificate it speaks TLS on both sides: it reads, decrypts, encrypts and writes.
//
// A connection says which group it belongs to in its first line, "GROUP SIZE\n".
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <vector>

#include "process.h"

namespace {

struct Side {
  std::vector<int> partners;  // their descriptors; empty = not yet known
  SSL* ssl = nullptr;
};

struct Relay {
  SSL_CTX* tls = nullptr;  // null = plain TCP
  int epoll = ::epoll_create1(0);
  int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  std::vector<Side> sides = std::vector<Side>(65'536);  // by descriptor
  std::map<int, std::vector<int>> waiting;              // group -> its descriptors

  std::uint16_t listen();
  void accept();
  void greet(int fd, const char* line);
  void forward(int fd);
  ssize_t read(int fd, char* into, std::size_t size);
  void write(int fd, const char* bytes, std::size_t size);
  void close(int fd);
  Side& side(int fd) { return sides[static_cast<std::size_t>(fd)]; }
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

// Clients connect one after the other, and before anything is measured: a handshake may block.
void Relay::accept() {
  const int fd = ::accept4(listener, nullptr, nullptr, 0);
  if (fd < 0) return;
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  side(fd) = {};
  if (tls) {
    side(fd).ssl = SSL_new(tls);
    SSL_set_fd(side(fd).ssl, fd);
    if (SSL_accept(side(fd).ssl) != 1) bench::give_up("TLS handshake with the relay failed");
  }
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
  watch(fd);
  // What came together with the end of the handshake does not wake epoll.
  if (side(fd).ssl && SSL_has_pending(side(fd).ssl) == 1) forward(fd);
}

void Relay::close(int fd) {
  SSL_free(side(fd).ssl);
  side(fd) = {};
  ::close(fd);
}

void Relay::greet(int fd, const char* line) {
  int group = 0;
  std::size_t size = 0;
  if (std::sscanf(line, "%d %zu", &group, &size) != 2) bench::give_up("the relay is not greeted");
  std::vector<int>& members = waiting[group];
  members.push_back(fd);
  if (members.size() < size) return;
  for (const int one : members) {
    if (one == members.front()) continue;
    side(members.front()).partners.push_back(one);
    side(one).partners.push_back(members.front());
  }
  for (const int one : members) write(one, "\n", 1);
  waiting.erase(group);
}

// By TLS, all records that came by one system call: they leave as one.
ssize_t Relay::read(int fd, char* into, std::size_t size) {
  SSL* const ssl = side(fd).ssl;
  if (!ssl) return ::read(fd, into, size);
  ssize_t all = 0;
  do {
    const int got = SSL_read(ssl, into + all, static_cast<int>(size) - static_cast<int>(all));
    if (got <= 0) return SSL_get_error(ssl, got) == SSL_ERROR_WANT_READ && all > 0 ? all : got;
    all += got;
  } while (SSL_has_pending(ssl) == 1);
  return all;
}

// A relay of short messages never finds a full socket; one that did would be no yardstick.
void Relay::write(int fd, const char* bytes, std::size_t size) {
  SSL* const ssl = side(fd).ssl;
  const ssize_t sent =
      ssl ? SSL_write(ssl, bytes, static_cast<int>(size)) : ::send(fd, bytes, size, MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(size)) bench::give_up("a socket of the relay is full");
}

void Relay::forward(int fd) {
  static char buffer[64 * 1024];
  const ssize_t size = read(fd, buffer, sizeof buffer - 1);
  if (size <= 0) {
    if (side(fd).ssl && SSL_want_read(side(fd).ssl)) return;  // the rest of a record follows
    return close(fd);
  }
  buffer[size] = '\0';
  if (side(fd).partners.empty()) return greet(fd, buffer);
  for (const int one : side(fd).partners) write(one, buffer, static_cast<std::size_t>(size));
}

SSL_CTX* make_tls(const char* certificate, const char* key) {
  SSL_CTX* const tls = SSL_CTX_new(TLS_server_method());
  SSL_CTX_set_read_ahead(tls, 1);  // a record by one system call, not two
  if (SSL_CTX_use_certificate_chain_file(tls, certificate) != 1 ||
      SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1) {
    bench::give_up("the relay cannot read its certificate");
  }
  return tls;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 1 && argc != 3) bench::give_up("usage: bench_relay [CERTIFICATE KEY]");
  bench::raise_descriptor_limit();
  Relay relay;
  if (argc == 3) relay.tls = make_tls(argv[1], argv[2]);
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
