// SPDX-License-Identifier: MIT
// Config: the whole configuration as a value, read from TOML through one table of options
// (config.cc) that also makes `-t`'s messages, `-p`'s listing and the check of the manual page.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/admin.h"
#include "app/auth_options.h"
#include "app/door.h"
#include "app/events.h"
#include "app/refresh.h"
#include "app/roster_source.h"
#include "base/log.h"
#include "base/result.h"
#include "c2s/bosh_endpoint.h"
#include "c2s/client_stream.h"
#include "im/core.h"
#include "net/loop.h"
#include "net/tls.h"
#include "web/host_meta.h"
#include "web/http_client.h"
#include "web/http_server.h"
#include "web/static_files.h"

namespace rosterd {

// What may differ from host to host: above the first [[host]] it is said for all of them, inside
// one for that host alone.
struct HostOptions {
  // The default of http_roster_url is the program's, not app's: a folder that needs no web app.
  HostOptions() { roster.url = "file:///var/lib/rosterd/rosters/%s.json"; }

  app::HostRosterOptions roster;
  // A host's own ones open that host alone; those of all hosts open each of them in any case.
  std::vector<app::Credential> admin_auth;
  std::string webhook_url;  // "" = no events
  app::EventFormat webhook_format = app::EventFormat::kRosterd;
  app::AuthOptions auth;
  bool user_exists_default = true;
  bool tell_who_exists = false;  // to whoever asks
};

// A [[host]].
struct HostConfig {
  net::Certificate certificate;  // its `host` is the host's name, prepared
  HostOptions options;           // its own and, where it has none, those of all hosts

  const std::string& name() const { return certificate.host; }
};

struct Config {
  log::Level log_level = log::Level::kInfo;

  HostOptions all_hosts;          // what stands above the first [[host]]
  std::vector<HostConfig> hosts;  // at least one; the first is the default host

  std::vector<std::string> c2s_interfaces = {"127.0.0.1", "::1"};
  std::uint16_t c2s_port = 5222;      // 0 = off
  std::uint16_t c2s_tls_port = 5223;  // 0 = off
  std::vector<std::string> http_interfaces = {"127.0.0.1", "::1"};
  std::uint16_t http_port = 5280;   // 0 = off
  std::uint16_t https_port = 5281;  // 0 = off

  std::string admin_ca_file;  // "" = HTTPS clients are asked for no certificate

  std::string accounts_file = "/var/lib/rosterd/accounts";
  Duration fast_token_lifetime = std::chrono::hours(21 * 24);  // zero: there are none
  Duration drain_timeout = std::chrono::seconds(5);            // of a stop

  // Filled from the options that their rooms declare; hosts and version are set everywhere.
  net::LoopOptions loop;
  c2s::StreamOptions streams;
  im::Options im;
  web::HttpServerOptions http_server;
  bool websocket_enabled = true;
  bool bosh_enabled = true;
  web::Origins origins = {"*"};    // whose pages may chat
  c2s::BoshEndpointOptions bosh;   // without origins and proxies: the server adds them
  web::HostMetaOptions host_meta;  // likewise
  web::StaticFilesOptions static_files;
  web::HttpClientOptions http_client;
  net::TlsClientOptions http_client_tls;
  app::RosterSourceOptions roster;
  app::RefreshOptions refresh;
  app::AdminOptions admin;
  app::DoorOptions door;
  app::EventsOptions events;  // without targets: the server makes them
};

// One message per fault, each "FILE:LINE: text", joined by newlines; an unknown name is a fault and
// gets the nearest known one. Relative paths are taken from the file's folder. kInvalid.
Result<Config> parse_config(std::string_view text, const std::string& file_name);
Result<Config> load_config(const std::string& file_name);

// The effective configuration as TOML, secrets masked.
std::string print_config(const Config& config);

}  // namespace rosterd
