// SPDX-License-Identifier: MIT
#include "config_auth.h"

#include <algorithm>
#include <set>

#include "base/log.h"
#include "net/address.h"

namespace rosterd {

namespace {

// What a login asks for may be a POST, which is not repeated silently, so a connection is dropped
// before the usual web server would do it: some do after 2 seconds.
constexpr Duration kIdleTimeout = std::chrono::seconds(1);

bool is_here(const std::string& host) {
  const auto address = net::Address::parse(host, 0);
  return address ? address->is_loopback() : host == "localhost" || host.ends_with(".localhost");
}

}  // namespace

std::map<std::string, app::AuthOptions> make_auth(const Config& config) {
  std::map<std::string, app::AuthOptions> hosts;
  for (const HostConfig& host : config.hosts) hosts.emplace(host.name(), host.options.auth);
  return hosts;
}

web::HttpClientOptions make_auth_client(const Config& config) {
  web::HttpClientOptions options = config.http_client;
  options.idle_timeout = std::min(options.idle_timeout, kIdleTimeout);
  return options;
}

bool uses_accounts_file(const Config& config) {
  return std::any_of(config.hosts.begin(), config.hosts.end(), [](const HostConfig& host) {
    return host.options.auth.kind == app::AuthKind::kAccounts;
  });
}

void warn_of_cleartext_logins(const Config& config) {
  std::set<std::string> told;
  for (const HostConfig& host : config.hosts) {
    const auto target = app::find_auth_target(host.options.auth, host.name());
    if (!target || target->tls || is_here(target->host)) continue;
    if (!told.insert(target->origin()).second) continue;
    log::warn("server", "what users log in with crosses the network in the clear",
              {{"to", target->origin()}, {"hint", "https://"}});
  }
}

}  // namespace rosterd
