// SPDX-License-Identifier: MIT
// Listener: a bound TCP socket that hands out accepted connections.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <vector>

#include "base/result.h"
#include "net/address.h"
#include "net/connection.h"
#include "net/network.h"

namespace rosterd::net {

class ListenerEvents {
 public:
  virtual ~ListenerEvents() = default;
  // The connection is plain; start_tls_server() and set_events() are the handler's to call.
  virtual void on_accept(Connection& connection) = 0;
};

// For a listener whose owner keeps its own bound.
inline constexpr std::size_t kUnboundedConnections = std::numeric_limits<std::size_t>::max();

struct ListenerOptions {
  Address address;
  FlushPhase phase = FlushPhase::kC2s;
  int backlog = 511;
  // Loop-wide bound on connections; over it an accepted one is closed at once, and logged
  // (limited). Lowered to what the limit of open files (RLIMIT_NOFILE) allows;
  // kUnboundedConnections asks for just that.
  std::size_t max_connections = 10'000;
  // Proxies that begin each connection with the PROXY protocol. It is handed out when its header is
  // there, and its peer() is the client then; without a good one, or when that takes too long, it
  // is closed, and logged (limited). Connections of others are what they seem.
  std::vector<Network> proxies;
  Duration proxy_timeout = std::chrono::seconds(5);
};

class Listener {
 public:
  // Binds and listens. kNotFound: this machine has no such address; kUnavailable: it cannot be
  // had; the address is in the text. `events` outlives it.
  static Result<std::unique_ptr<Listener>> open(Loop& loop, const ListenerOptions& options,
                                                ListenerEvents* events);
  // Stops listening; libuv's handle is closed in the background and owned by the loop until then.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // For connections to come.
  void set_proxies(const std::vector<Network>& proxies);

  // The bound address: the real port when 0 was asked for.
  const Address& address() const { return address_; }

 private:
  Listener() = default;
  struct Uv;
  class Preface;
  Uv* uv_ = nullptr;  // deleted in its close callback
  Address address_;
};

}  // namespace rosterd::net
