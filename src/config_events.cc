// SPDX-License-Identifier: MIT
#include "config_events.h"

#include <unistd.h>

#include <algorithm>
#include <array>

namespace rosterd {

namespace {

// POSTs are not repeated silently, so a connection is dropped before the usual web server would do
// it: some do after 2 seconds.
constexpr Duration kIdleTimeout = std::chrono::seconds(1);

std::string host_name() {
  std::array<char, 256> name{};  // a longer one is cut
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

}  // namespace

app::EventsOptions make_events(const Config& config) {
  app::EventsOptions options = config.events;
  if (options.node.empty()) options.node = host_name();
  for (const HostConfig& host : config.hosts) {
    const HostOptions& own = host.options;
    if (own.webhook_url.empty()) continue;
    options.targets.push_back(
        {host.name(), own.webhook_url, own.webhook_format, own.roster.credentials});
  }
  return options;
}

web::HttpClientOptions make_webhook_client(const Config& config) {
  web::HttpClientOptions options = config.http_client;
  options.max_in_flight = config.hosts.size();
  options.idle_timeout = std::min(options.idle_timeout, kIdleTimeout);
  return options;
}

}  // namespace rosterd
