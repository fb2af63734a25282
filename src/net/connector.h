// SPDX-License-Identifier: MIT
// Connector: outbound TCP. Resolves a name (thread pool, cached for a while), tries its addresses
// in order, and hands out a connected Connection.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/connection.h"

namespace rosterd::net {

class ConnectEvents {
 public:
  virtual ~ConnectEvents() = default;
  // Exactly one of the two comes, never from inside connect(). `ticket` is what connect() returned.
  virtual void on_connected(std::uint64_t ticket, Connection& connection) = 0;
  virtual void on_connect_failed(std::uint64_t ticket, const Error& error) = 0;
};

struct ConnectorOptions {
  Duration dns_ttl = std::chrono::seconds(30);
};

class Attempt;

class Connector {
 public:
  Connector(Loop& loop, FlushPhase phase, const ConnectorOptions& options = {});
  ~Connector();

  // Begins. The caller has the deadline: cancel() when it passes.
  std::uint64_t connect(const std::string& host, std::uint16_t port, ConnectEvents* events);
  // No event will come for that ticket any more.
  void cancel(std::uint64_t ticket);

 private:
  friend class Attempt;
  Loop& loop_;
  FlushPhase phase_;
  ConnectorOptions options_;
  struct Cached {
    std::vector<Address> addresses;
    Instant until;
  };
  std::map<std::string, Cached> cache_;
  SlotTable<Attempt> attempts_;
};

}  // namespace rosterd::net
