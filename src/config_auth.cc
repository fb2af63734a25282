// SPDX-License-Identifier: MIT
#include "config_auth.h"

#include <algorithm>
#include <set>

#include "app/file_reader.h"
#include "base/log.h"
#include "net/address.h"

namespace rosterd {

namespace {

// What a login asks for may be a POST, which is not repeated silently, so a connection is dropped
// before the usual web server would do it: some do after 2 seconds.
constexpr Duration kIdleTimeout = std::chrono::seconds(1);

constexpr std::size_t kKeyFileMax = 256 * 1024;

bool is_here(const std::string& host) {
  const auto address = net::Address::parse(host, 0);
  return address ? address->is_loopback() : host == "localhost" || host.ends_with(".localhost");
}

// What is wrong with them is found now, not by the first login.
Status read_keys(app::JwtOptions& options) {
  if (options.file().empty()) return {};
  auto file = app::read_file(options.file(), kKeyFileMax);
  if (!file) return tl::unexpected<Error>(file.error());
  if (file->status != 200) return make_error(Errc::kNotFound, "there is no such file");
  options.keys = std::move(file->body);
  if (auto keys = app::parse_keys(options); !keys) return tl::unexpected<Error>(keys.error());
  return {};
}

// Whether there is such a user.
bool has_question(app::AuthKind kind) {
  return kind == app::AuthKind::kAccounts || kind == app::AuthKind::kHttpMongoose ||
         kind == app::AuthKind::kJsxc;
}

void warn_of_cleartext_keys(const HostConfig& host) {
  const app::AuthOptions& auth = host.options.auth;
  if (auth.kind != app::AuthKind::kJwt) return;
  const auto url = http::parse_url(auth.jwt.jwks_url);
  if (!url || url->tls || is_here(url->host)) return;
  log::warn("server", "keys for tokens cross the network in the clear",
            {{"host", host.name()}, {"from", url->origin()}, {"hint", "https://"}});
}

}  // namespace

Result<std::map<std::string, app::AuthOptions>> make_auth(const Config& config) {
  std::map<std::string, app::AuthOptions> hosts;
  for (const HostConfig& host : config.hosts) {
    app::AuthOptions options = host.options.auth;
    if (options.kind == app::AuthKind::kJwt) {
      if (auto read = read_keys(options.jwt); !read) {
        return make_error(read.error().code, "host " + host.name() + ": " + options.jwt.file() +
                                                 ": " + read.error().text);
      }
    }
    hosts.emplace(host.name(), std::move(options));
  }
  return hosts;
}

std::map<std::string, app::UserSearchOptions, std::less<>> make_user_search(const Config& config) {
  std::map<std::string, app::UserSearchOptions, std::less<>> hosts;
  for (const HostConfig& host : config.hosts) {
    const HostOptions& own = host.options;
    app::UserSearchOptions& search = hosts[host.name()];
    search = {own.auth, own.roster.url, own.roster.credentials, own.roster.missing_is_empty,
              own.user_exists_default};
    if (own.roster.format != app::RosterFormat::kJsxc || has_question(own.auth.kind)) continue;
    // Rosters that all have one URL tell nothing by HEAD, but there is isuser.
    search.auth.kind = app::AuthKind::kJsxc;
    search.auth.url = own.roster.url;
    search.auth.jsxc_secret = own.roster.jsxc_secret;
    search.auth.credentials = own.roster.credentials;
  }
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
    warn_of_cleartext_keys(host);
    const auto target = app::find_auth_target(host.options.auth, host.name());
    if (!target || target->tls || is_here(target->host)) continue;
    if (!told.insert(target->origin()).second) continue;
    log::warn("server", "what users log in with crosses the network in the clear",
              {{"to", target->origin()}, {"hint", "https://"}});
  }
}

}  // namespace rosterd
