// SPDX-License-Identifier: MIT
// Server: puts the rooms together into the daemon: starts them in order, reloads them on SIGHUP,
// stops them on SIGTERM or SIGINT.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "config.h"

namespace rosterd {

class Server {
 public:
  // Reads every file that the configuration names (certificates, keys, accounts, trust store) and
  // opens nothing: what `-t` finds beyond the configuration file itself.
  static Status check(const Config& config);

  // Opens everything; on failure nothing is left open and the text says what could not be done.
  // SIGHUP reads `config_file` again.
  static Result<std::unique_ptr<Server>> start(const Config& config, std::string config_file);
  ~Server();

  // Serves until a stop signal has been obeyed: listeners closed, refreshes answered, clients told
  // system-shutdown, all connections drained or cut at drain_timeout.
  void run();

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace rosterd
