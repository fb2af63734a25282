// SPDX-License-Identifier: MIT
// AuthBackends: makes each host's im::AuthSource from its options, and keeps it.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "app/auth_options.h"
#include "app/auth_request.h"
#include "app/host_auth.h"
#include "app/login_rosters.h"
#include "im/ports.h"
#include "net/work_queue.h"

namespace rosterd::app {

// What back ends need of the world; all of it outlives them.
struct AuthContext {
  AuthRequests& requests;
  PasswordHasher& hasher;
  web::Fetcher& fetcher;
  const Clock& clock;
  Timers& timers;
  LoginRosters& rosters;
  net::WorkQueue& hashes;  // for keys that have to be made of passwords, and slow signatures
  net::ProcessStarter& processes;
  std::string user_agent{};
};

// Null: this host's accounts are in the file.
std::unique_ptr<im::AuthSource> make_auth_backend(const AuthContext& context,
                                                  const std::string& host,
                                                  const AuthOptions& options);

class AuthBackends {
 public:
  // `routes` outlives it.
  AuthBackends(HostAuth& routes, const AuthContext& context) : routes_(routes), context_(context) {}

  // By host. A host whose options have not changed keeps its back end. One that goes has questions
  // on their way answered all the same: by what it has handed to AuthRequests, or at the latest by
  // its destructor, with kUnavailable.
  void set_options(std::map<std::string, AuthOptions> hosts);

 private:
  struct Backend {
    AuthOptions options;
    std::unique_ptr<im::AuthSource> source;
  };
  im::AuthSource* place_cache(const std::string& host, im::AuthSource* source,
                              const AuthCacheOptions& options);

  HostAuth& routes_;
  const AuthContext context_;
  // By host; they stay, as questions may be on their way.
  std::map<std::string, AuthCache> caches_;
  std::map<std::string, Backend> backends_;
};

}  // namespace rosterd::app
