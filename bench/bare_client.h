// SPDX-License-Identifier: MIT
// The yardstick of a refresh: an HTTP client that gets the same rosters from the same back end over
// as many connections as rosterd, checks their length and throws them away.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bench {

class BareClient {
 public:
  // Connects to the back end at `port`.
  BareClient(std::uint16_t port, int connections);
  ~BareClient();
  BareClient(const BareClient&) = delete;
  BareClient& operator=(const BareClient&) = delete;

  // Gets the rosters of the users 0 … users - 1, one at a time on each connection. Returns how many
  // milliseconds that took; gives up where one is not answered with 200.
  double fetch(int users);

 private:
  struct Connection {
    int fd;
    std::string input;
  };
  void ask(const Connection& connection, int user);
  // Whether an answer is complete now; takes it out.
  bool take(Connection& connection);

  std::vector<Connection> connections_;
  int epoll_;
};

}  // namespace bench
