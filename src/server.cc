// SPDX-License-Identifier: MIT
#include "server.h"

#include <algorithm>
#include <csignal>
#include <map>
#include <utility>

#include "app/admin.h"
#include "app/auth_backend.h"
#include "app/door.h"
#include "app/events.h"
#include "app/fast_tokens.h"
#include "app/file_reader.h"
#include "app/host_auth.h"
#include "app/known_users.h"
#include "app/login_tokens.h"
#include "app/monitor.h"
#include "app/refresh.h"
#include "app/roster_source.h"
#include "base/log.h"
#include "c2s/bosh_endpoint.h"
#include "c2s/service.h"
#include "c2s/websocket_endpoint.h"
#include "config_auth.h"
#include "config_events.h"
#include "config_options.h"
#include "im/core.h"
#include "net/loop.h"
#include "net/process.h"
#include "process_figures.h"
#include "sd_notify.h"
#include "store/accounts_auth.h"
#include "web/host_meta.h"
#include "web/http_client.h"
#include "web/http_server.h"
#include "web/static_files.h"
#include "xmpp/jid.h"

namespace rosterd {

namespace {

constexpr Duration kHousekeepingInterval = std::chrono::minutes(1);
// At a few milliseconds each, the last one waits as long as a client does.
constexpr std::size_t kMostHashes = 2'000;

// Everything that is made from the configuration and may fail: made whole before any of it is used,
// so that a bad file changes nothing.
struct Prepared {
  std::shared_ptr<const net::TlsContext> xmpp_tls;  // null: no host has a certificate
  std::shared_ptr<const net::TlsContext> http_tls;
  std::shared_ptr<const net::TlsContext> client_tls;
  store::Accounts accounts;
  std::map<std::string, app::AuthOptions> auth;  // by host
};

Result<std::shared_ptr<const net::TlsContext>> make_tls(const Config& config,
                                                        std::vector<std::string> alpn,
                                                        const std::string& client_ca_file) {
  net::TlsServerOptions options;
  for (const HostConfig& host : config.hosts) {
    if (host.certificate.certificate_file.empty()) continue;
    options.certificates.push_back(host.certificate);
    options.certificates.back().host = xmpp::domain_to_ascii(host.name());
  }
  if (options.certificates.empty()) return std::shared_ptr<const net::TlsContext>();
  options.alpn = std::move(alpn);
  options.client_ca_file = client_ca_file;
  return net::TlsContext::make_server(options);
}

Result<Prepared> prepare(const Config& config) {
  Prepared prepared;
  auto xmpp_tls = make_tls(config, {"xmpp-client"}, "");
  if (!xmpp_tls) return tl::unexpected<Error>(xmpp_tls.error());
  auto http_tls = make_tls(config, {"http/1.1"}, config.admin_ca_file);
  if (!http_tls) return tl::unexpected<Error>(http_tls.error());
  auto client_tls = net::TlsContext::make_client(config.http_client_tls);
  if (!client_tls) return tl::unexpected<Error>(client_tls.error());
  auto accounts = store::Accounts::load(config.accounts_file);
  if (!accounts && accounts.error().code != Errc::kNotFound) {
    return tl::unexpected<Error>(accounts.error());
  }
  auto auth = make_auth(config);
  if (!auth) return tl::unexpected<Error>(auth.error());
  if (accounts) prepared.accounts = std::move(*accounts);
  prepared.auth = std::move(*auth);
  prepared.xmpp_tls = std::move(*xmpp_tls);
  prepared.http_tls = std::move(*http_tls);
  prepared.client_tls = std::move(*client_tls);
  return prepared;
}

// What only a restart can change.
bool same_sockets(const Config& a, const Config& b) {
  return a.c2s_interfaces == b.c2s_interfaces && a.c2s_port == b.c2s_port &&
         a.c2s_tls_port == b.c2s_tls_port && a.streams.max_streams == b.streams.max_streams &&
         a.http_interfaces == b.http_interfaces && a.http_port == b.http_port &&
         a.https_port == b.https_port && a.websocket_enabled == b.websocket_enabled &&
         a.bosh_enabled == b.bosh_enabled;
}

// Passwords and tokens that pass an open network in the clear are everybody's.
void warn_of_cleartext(const Config& config) {
  warn_of_cleartext_logins(config);
  const auto& keys = config.door.auth.keys;
  const bool sends_secrets = std::any_of(keys.begin(), keys.end(), [](const app::Key& key) {
    return key.credential.kind != app::Credential::Kind::kHmac;
  });
  if (config.http_port == 0 || !sends_secrets) return;
  for (const std::string& interface : config.http_interfaces) {
    const auto address = net::Address::parse(interface, config.http_port);
    if (!address || address->is_loopback()) continue;
    log::warn("server", "passwords and tokens cross the network in the clear",
              {{"address", address->to_string()},
               {"hint", "http_port = 0 and HTTPS, or hmac: in admin_auth"}});
  }
}

// "::1" is among the defaults, and there are machines without IPv6. Any other address was asked
// for.
bool is_missing_ipv6(const std::string& interface, const Error& error) {
  if (interface != "::1" || error.code != Errc::kNotFound) return false;
  log::info("server", "no IPv6 on this machine", {{"left_out", error.text}});
  return true;
}

web::HostMetaOptions make_host_meta(const Config& config) {
  web::HostMetaOptions options = config.host_meta;
  options.proxies = config.door.proxies;
  return options;
}

c2s::WebSocketOptions make_websocket(const Config& config) {
  return {config.origins, config.door.proxies};
}

c2s::BoshEndpointOptions make_bosh(const Config& config) {
  c2s::BoshEndpointOptions options = config.bosh;
  options.origins = config.origins;
  options.proxies = config.door.proxies;
  return options;
}

// Browsers that chat are clients, by whatever way they come.
web::HttpServerOptions make_http_server(const Config& config) {
  web::HttpServerOptions options = config.http_server;
  options.max_stream_connections = config.streams.max_streams;
  return options;
}

}  // namespace

struct Server::Impl final : net::SignalEvents,
                            net::ReapHook,
                            app::MonitorSource,
                            app::EventsOwner,
                            app::Prebinder {
  Impl(const Config& configuration, std::string file, Prepared prepared,
       std::unique_ptr<net::Loop> on)
      : config(configuration),
        config_file(std::move(file)),
        loop(std::move(on)),
        http_tls(std::move(prepared.http_tls)),
        files(*loop),
        http_client(*loop, config.http_client, prepared.client_tls),
        webhook_client(*loop, make_webhook_client(config), prepared.client_tls),
        auth_client(*loop, make_auth_client(config), prepared.client_tls),
        events(make_events(config), webhook_client, *loop, loop->timers(), this),
        source(config.roster, &http_client, &files, *loop, loop->timers()),
        core(config.im, *loop, &source),
        accounts(*loop, std::move(prepared.accounts)),
        host_auth(accounts),
        auth_requests(auth_client, *loop, loop->timers(), source.breakers(),
                      config.roster.user_agent),
        tokens(host_auth, *loop, loop->timers()),
        fast_tokens(*loop, config.fast_token_lifetime),
        service(*loop, core, tokens, fast_tokens, config.streams, std::move(prepared.xmpp_tls)),
        http_server(*loop, make_http_server(config)),
        refresh(config.refresh, core, source, *loop, loop->timers()),
        admin(config.admin, core, tokens, fast_tokens, *loop),
        door(config.door, *loop),
        websocket(service, http_server, *loop, make_websocket(config)),
        bosh(service, http_server, *loop, make_bosh(config), config.streams) {
    source.set_core(&core);
    auth_backends.set_options(std::move(prepared.auth));
    known_users.set_options(make_user_search(config));
    core.set_user_finder(&known_users);
    observe();
    add_admin_routes();
    add_chat_routes();
    serve_files();
    loop->add_reap_hook(this);
  }

  void add_admin_routes();
  void add_chat_routes();
  Status open();
  Status open_c2s(const std::string& interface);
  Status open_http(const std::string& interface);
  void close_all();
  void on_signal(int signum) override;
  Status check_guarded(const Config& fresh) const;
  Status reload();
  void apply(const Config& fresh, Prepared prepared);
  void on_housekeeping();
  void on_reap() override;
  bool stopping() const override { return stopping_; }
  app::Figures take_figures() const override;
  void on_drain_deadline();
  void serve_files();
  // Nothing is made of presence for nobody.
  void observe() { core.set_observer(make_events(config).targets.empty() ? nullptr : &events); }
  void on_events_stopped() override { webhook_client.stop(); }
  Result<app::Prebound> prebind(const xmpp::Jid& user, std::string_view resource) override;

  Config config;
  std::string config_file;
  std::unique_ptr<net::Loop> loop;  // outlives all below
  std::shared_ptr<const net::TlsContext> http_tls;
  app::LoopFileReader files;
  web::HttpClient http_client;
  web::HttpClient webhook_client;
  web::HttpClient auth_client;
  app::Events events;
  app::RosterSource source;
  im::Core core;
  store::AccountsAuth accounts;
  app::HostAuth host_auth;
  app::AuthRequests auth_requests;
  app::LoopPasswordHasher password_hasher{*loop};
  net::WorkQueue auth_hashes{*loop, kMostHashes};
  net::LoopProcesses processes{*loop};
  app::LoginTokens tokens;
  app::FastTokens fast_tokens;
  c2s::Service service;
  app::KnownUsers known_users{auth_client, host_auth,      accounts,
                              *loop,       loop->timers(), config.roster.user_agent};
  // After what it answers, so that it goes before.
  app::AuthBackends auth_backends{
      host_auth,
      {auth_requests, password_hasher, auth_client, *loop, loop->timers(), source.login_rosters(),
       auth_hashes, processes, config.roster.user_agent}};
  web::HttpServer http_server;
  app::Refresh refresh;
  app::Admin admin;
  app::Monitor monitor{*this};
  app::Door door;
  c2s::WebSocketEndpoint websocket;
  c2s::BoshEndpoint bosh;
  web::HostMeta host_meta{make_host_meta(config)};
  web::StaticFiles static_files{*loop, config.static_files};
  Timer housekeeping = Timer::bind<&Impl::on_housekeeping>(this);
  Timer drain_deadline = Timer::bind<&Impl::on_drain_deadline>(this);
  const WallTime started = loop->wall_now();
  bool stopping_ = false;
  bool http_stopped = false;
};

// Without files there is no such route, and a path that nobody serves is told from a bad method.
void Server::Impl::serve_files() {
  http_server.remove_route("/");
  if (!config.static_files.folder.empty()) http_server.add_route("/", "GET", &static_files);
}

// For the web app, and for who watches over the server.
void Server::Impl::add_admin_routes() {
  http_server.add_route("/roster_admin/refresh", "POST", door.guard(&refresh));
  http_server.add_route("/roster_admin/refresh/", "GET", door.guard(&refresh));
  http_server.add_route("/roster_admin/edges", "POST", door.guard(&refresh));
  http_server.add_route("/roster_admin/online", "GET,POST", door.guard(&admin));
  http_server.add_route("/roster_admin/users/", "GET", door.guard(&admin));
  http_server.add_route("/roster_admin/kick", "POST", door.guard(&admin));
  http_server.add_route("/roster_admin/login_token", "POST", door.guard(&admin));
  http_server.add_route("/roster_admin/prebind", "POST", door.guard(&admin));
  for (const char* path : {"/healthz", "/readyz", "/metrics"}) {
    http_server.add_route(path, "GET", door.guard(&monitor, app::Door::Guard::kAddressOnly));
  }
}

// For browsers, which show by SASL who they are.
void Server::Impl::add_chat_routes() {
  for (const char* path : {"/.well-known/host-meta", "/.well-known/host-meta.json"}) {
    http_server.add_route(path, "GET", &host_meta);
  }
  if (config.websocket_enabled) {
    http_server.add_route("/xmpp-websocket", "GET", &websocket);
    host_meta.add_link("urn:xmpp:alt-connections:websocket", web::HostMeta::Scheme::kWebSocket,
                       "/xmpp-websocket");
  }
  if (config.bosh_enabled) {
    admin.set_prebinder(this);
    http_server.add_route("/http-bind", "GET,OPTIONS,POST", &bosh);
    host_meta.add_link("urn:xmpp:alt-connections:xbosh", web::HostMeta::Scheme::kHttp,
                       "/http-bind");
  }
}

Status Server::Impl::open() {
  for (const std::string& interface : config.c2s_interfaces) {
    auto opened = open_c2s(interface);
    if (!opened && !is_missing_ipv6(interface, opened.error())) return opened;
  }
  for (const std::string& interface : config.http_interfaces) {
    auto opened = open_http(interface);
    if (!opened && !is_missing_ipv6(interface, opened.error())) return opened;
  }
  for (const int signum : {SIGTERM, SIGINT, SIGHUP}) loop->watch_signal(signum, this);
  loop->timers().arm(housekeeping, loop->now() + kHousekeepingInterval);
  return {};
}

Status Server::Impl::open_c2s(const std::string& interface) {
  const bool has_tls = config.streams.negotiation.tls_available;
  for (const auto& [port, direct_tls] :
       {std::pair{config.c2s_port, false}, std::pair{config.c2s_tls_port, true}}) {
    if (port == 0 || (direct_tls && !has_tls)) continue;
    const auto address = net::Address::parse(interface, port);
    if (!address) return tl::unexpected<Error>(address.error());
    auto opened = service.listen(*address, direct_tls);
    if (!opened) return opened;
  }
  return {};
}

Status Server::Impl::open_http(const std::string& interface) {
  for (const auto& [port, tls] :
       {std::pair{config.http_port, false}, std::pair{config.https_port, true}}) {
    if (port == 0 || (tls && !http_tls)) continue;
    const auto address = net::Address::parse(interface, port);
    if (!address) return tl::unexpected<Error>(address.error());
    auto opened = http_server.listen(*address, tls ? http_tls : nullptr);
    if (!opened) return opened;
  }
  return {};
}

// The order matters: no new work, then the answers owed to the web app, then the clients, then the
// events that their leaving makes. While these drain, HTTP tells that nothing is to be had here any
// more.
void Server::Impl::close_all() {
  stopping_ = true;
  refresh.stop();
  bosh.stop();
  service.stop();
  accounts.stop();
  password_hasher.stop();
  events.stop();
  http_client.stop();
  auth_client.stop();
  auth_hashes.cancel();
  processes.stop();
  housekeeping.cancel();
  loop->unwatch_signals();
  loop->timers().arm(drain_deadline, loop->now() + config.drain_timeout);
}

void Server::Impl::on_drain_deadline() {
  events.abandon();
  loop->abort_connections("drain_timeout has passed");
}

void Server::Impl::on_signal(int signum) {
  if (signum == SIGHUP) {
    notify_service_manager("RELOADING=1");
    const auto reloaded = reload();
    if (reloaded) {
      log::info("server", "configuration reloaded", {{"file", config_file}});
    } else {
      log::error("server", "reload failed, the old configuration stays in force",
                 {{"file", config_file}, {"reason", reloaded.error().text}});
    }
    notify_service_manager("READY=1");
    return;
  }
  if (stopping_) return;
  notify_service_manager("STOPPING=1");
  log::info("server", "stopping",
            {{"signal", signum == SIGTERM ? "SIGTERM" : "SIGINT"},
             {"streams", service.stream_count()},
             {"batches", refresh.running()}});
  close_all();
}

// The file may ask for loopback alone, and then for no proof, while the sockets of before, which
// only a restart closes, are open to the world.
Status Server::Impl::check_guarded(const Config& fresh) const {
  if (!fresh.door.auth.keys.empty() || fresh.door.auth.client_certificates) return {};
  for (const net::Address& address : http_server.addresses()) {
    if (address.is_loopback()) continue;
    return make_error(Errc::kInvalid, "without admin_auth everybody could use " +
                                          address.to_string() + ", which only a restart closes");
  }
  return {};
}

Status Server::Impl::reload() {
  auto fresh = load_config(config_file);
  if (!fresh) return tl::unexpected<Error>(fresh.error());
  auto prepared = prepare(*fresh);
  if (!prepared) return tl::unexpected<Error>(prepared.error());
  if (auto guarded = check_guarded(*fresh); !guarded) return guarded;
  if (!same_sockets(config, *fresh)) {
    log::warn("server", "listening addresses and ports change only with a restart");
  }
  apply(*fresh, std::move(*prepared));
  return {};
}

void Server::Impl::apply(const Config& fresh, Prepared prepared) {
  log::set_level(fresh.log_level);
  loop->set_options(fresh.loop);
  http_client.set_options(fresh.http_client, prepared.client_tls);
  webhook_client.set_options(make_webhook_client(fresh), prepared.client_tls);
  auth_client.set_options(make_auth_client(fresh), prepared.client_tls);
  source.set_options(fresh.roster);
  events.set_options(make_events(fresh));
  core.set_options(fresh.im);
  // Whose password is another now, or who is no more, needs it the next time.
  for (const xmpp::Jid& user : accounts.set_accounts(std::move(prepared.accounts))) {
    fast_tokens.revoke(user);
  }
  fast_tokens.set_lifetime(fresh.fast_token_lifetime);
  auth_backends.set_options(std::move(prepared.auth));
  known_users.set_options(make_user_search(fresh));
  service.set_options(fresh.streams);
  service.set_tls(std::move(prepared.xmpp_tls));
  http_server.set_options(make_http_server(fresh));
  if (prepared.http_tls) http_server.set_tls(std::move(prepared.http_tls));
  refresh.set_options(fresh.refresh);
  admin.set_options(fresh.admin);
  door.set_options(fresh.door);
  host_meta.set_options(make_host_meta(fresh));
  websocket.set_options(make_websocket(fresh));
  bosh.set_options(make_bosh(fresh), fresh.streams);
  static_files.set_options(fresh.static_files);
  config = fresh;
  serve_files();
  warn_of_cleartext(config);
  observe();
}

void Server::Impl::on_reap() {
  if (!stopping_ || service.stream_count() > 0 || std::exchange(http_stopped, true)) return;
  http_server.stop();
}

app::Figures Server::Impl::take_figures() const {
  app::Figures figures;
  figures.version = config.im.software_version;
  figures.process = read_process_figures();
  figures.process.started = started;
  const c2s::StreamStats& streams = service.stats();
  figures.streams = {service.stream_count(), streams.opened,        streams.logins,
                     streams.failed_logins,  streams.messages_sent, streams.presences_sent,
                     streams.iqs_sent};
  figures.loop = loop->stats();
  figures.backlog_bytes = loop->backlog().bytes();
  figures.core = core.stats();
  figures.fetches = source.stats();
  figures.events = events.stats();
  figures.refresh = refresh.stats();
  figures.refreshes_running = refresh.running();
  figures.http = http_server.stats();
  return figures;
}

Result<app::Prebound> Server::Impl::prebind(const xmpp::Jid& user, std::string_view resource) {
  auto bound = bosh.prebind(user, resource);
  if (!bound) return tl::unexpected<Error>(bound.error());
  return app::Prebound{std::move(bound->jid), std::move(bound->sid), bound->rid};
}

void Server::Impl::on_housekeeping() {
  core.expire();
  loop->timers().arm(housekeeping, loop->now() + kHousekeepingInterval);
}

Status Server::check(const Config& config) {
  if (auto prepared = prepare(config); !prepared) {
    return tl::unexpected<Error>(prepared.error());
  }
  return {};
}

Result<std::unique_ptr<Server>> Server::start(const Config& config, std::string config_file) {
  auto prepared = prepare(config);
  if (!prepared) return tl::unexpected<Error>(prepared.error());
  if (uses_accounts_file(config) && prepared->accounts.list().empty()) {
    log::warn("server", "no accounts yet, nobody can log in",
              {{"file", config.accounts_file}, {"hint", "rosterd passwd USER@HOST"}});
  }
  warn_of_cleartext(config);
  auto loop = std::make_unique<net::Loop>(config.loop);
  auto impl =
      std::make_unique<Impl>(config, std::move(config_file), std::move(*prepared), std::move(loop));
  if (auto opened = impl->open(); !opened) {
    impl->close_all();
    impl->loop->run();
    return tl::unexpected<Error>(opened.error());
  }
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

void Server::run() {
  log::info("server", "server ready",
            {{"hosts", impl_->config.hosts.size()},
             {"default_host", impl_->config.hosts.front().name()},
             {"http_roster_url", mask_password(impl_->config.roster.url)}});
  notify_service_manager("READY=1");
  impl_->loop->run();
  log::info("server", "stopped");
}

}  // namespace rosterd
