// SPDX-License-Identifier: MIT
// Door: who may ask rosterd for something over HTTP (the protocol's section 6). It stands before
// the handlers of /roster_admin/ and lets through to them what may pass.
//
// The order of its checks: the address, then marks of a web page, then how often the address has
// failed, then the proof, which only for a signature needs the body. Everything before that is
// decided by the head, and costs a stranger's request its connection.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "app/authenticator.h"
#include "base/time.h"
#include "net/network.h"
#include "web/http_server.h"

namespace rosterd::app {

struct DoorOptions {
  std::vector<net::Network> allow;       // who may knock at all; empty = everybody
  std::vector<net::Network> proxies;     // whose word on a client's address is believed
  std::size_t failures_per_minute = 20;  // of one address (IPv6: /64); 0 = no limit
  AuthenticatorOptions auth;             // without keys and certificates: nothing is asked for
};

class Door {
 public:
  enum class Guard : std::uint8_t {
    kProof,        // all of the checks
    kAddressOnly,  // the address alone, for what monitoring reads
  };

  // `clock` outlives it.
  Door(const DoorOptions& options, const Clock& clock);
  ~Door();
  // For requests to come; used signatures and failed addresses are remembered.
  void set_options(const DoorOptions& options);

  // What to add as the route's handler in the place of `inner`: owned by the door, which outlives
  // the server, as `inner` does. `inner` sees the client's own address instead of a proxy's, and
  // Client::host: it must touch no other host when that is set.
  web::RequestHandler* guard(web::RequestHandler* inner, Guard guard = Guard::kProof);

 private:
  class Entrance;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rosterd::app
