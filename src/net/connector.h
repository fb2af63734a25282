// SPDX-License-Identifier: MIT
// Connector: outbound TCP. Resolves a name (thread pool, cached for a while), tries its addresses
// in order, and hands out a connected Connection.
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
  Duration dns_ttl = std::chrono::seconds(30);
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

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rosterd::net
