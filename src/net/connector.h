// SPDX-License-Identifier: MIT
// Connector: outbound TCP. Resolves a name (thread pool, cached for a while), tries its addresses
// in order, and hands out a connected Connection. What it knows of a name it keeps as long as it
// lives: names are to come from a configuration, not from peers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/connection.h"

namespace rosterd::net {

class ConnectEvents {
 public:
  virtual ~ConnectEvents() = default;
  // Exactly one of the two comes, never from inside connect(). `ticket` is what connect() returned.
  virtual void on_connected(std::uint64_t ticket, Connection& connection) = 0;
  // kNotFound: the name has no address; kUnavailable: none of its addresses answers.
  virtual void on_connect_failed(std::uint64_t ticket, const Error& error) = 0;
};

struct ConnectorOptions {
  Duration dns_ttl = std::chrono::seconds(30);  // how long a look-up counts
  // How long connect() waits for a look-up when it has addresses from an older one.
  Duration dns_patience = std::chrono::milliseconds(500);
};

class Connector {
 public:
  Connector(Loop& loop, FlushPhase phase, const ConnectorOptions& options = {});
  // Like cancel() of all that has begun.
  ~Connector();
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  // Begins; `host` is a name or an IP address. The caller has the deadline: cancel() when it
  // passes. Several look-ups of one name at a time are one.
  std::uint64_t connect(const std::string& host, std::uint16_t port, ConnectEvents* events);
  // No event will come for that ticket any more.
  void cancel(std::uint64_t ticket);
  // For look-ups to come.
  void set_options(const ConnectorOptions& options);

  // Is `peer` (its port does not matter) among the addresses that `host` had when it was last
  // looked up? Where not, the name has moved, and a connection to `peer` should get no new work.
  // When dns_ttl has passed since then, this call begins a look-up for the next ones, if none runs;
  // one that fails leaves the addresses as they are. True of an IP address and of a name that
  // connect() has not found.
  bool is_current(const std::string& host, const Address& peer);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rosterd::net
