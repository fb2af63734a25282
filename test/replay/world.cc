// SPDX-License-Identifier: MIT
#include "world.h"

#include <algorithm>

namespace rosterd::replay {
namespace {

// A conversation that needs more turns than this at one instant goes round in circles.
constexpr int kMaxTurns = 1000;

}  // namespace

World::World(const WorldOptions& options, WebApp& web_app, Accounts& accounts)
    : options_(options),
      web_app_(web_app),
      accounts_(accounts),
      source_(options_.roster, &web_app_, &web_app_, clock_, timers_),
      core_(options_.im, clock_, &source_),
      known_users_(web_app_, accounts_, accounts_, clock_, timers_, "rosterd/1.0"),
      refresh_(options_.refresh, core_, source_, clock_, timers_),
      tokens_(accounts_, clock_, timers_),
      fast_(clock_, options_.fast_token_lifetime),
      admin_(options_.admin, core_, tokens_, fast_, clock_),
      logins_(tokens_, *this, options_.streams.login_limit, clock_, timers_),
      context_{options_.streams, parser_, core_, logins_, fast_, clock_, timers_, backlog_} {
  source_.set_core(&core_);
  core_.set_user_finder(&known_users_);
  set_user_search();
}

World::~World() = default;

Client& World::connect(const std::string& name, bool secure, const std::string& cookie) {
  const Handle<c2s::ClientStream> handle{static_cast<std::uint32_t>(++connections_), 1};
  auto client =
      std::make_unique<Client>(context_, handle.to_u64(), secure, options_.framing, cookie);
  Client& made = *client;
  clients_[name] = std::move(client);
  return made;
}

Client* World::find_client(std::string_view name) {
  const auto found = clients_.find(name);
  return found == clients_.end() ? nullptr : found->second.get();
}

void World::disconnect(std::string_view name) {
  const auto found = clients_.find(name);
  found->second->break_off();
  clients_.erase(found);
}

void World::shut_down() {
  refresh_.stop();
  for (const auto& [name, client] : clients_) {
    if (BoshSide* const bosh = client->bosh()) bosh->announce_shutdown();
    if (c2s::ClientStream* const stream = client->stream()) {
      stream->close(xmpp::StreamCondition::kSystemShutdown, "the server is shutting down");
    }
  }
}

void World::request(const http::Request& request) {
  const bool is_refresh = request.path().starts_with("/roster_admin/refresh") ||
                          request.path() == "/roster_admin/edges";
  web::RequestHandler& handler = is_refresh ? static_cast<web::RequestHandler&>(refresh_) : admin_;
  handler.on_request(requester_, web::ExchangeId{1, 1}, web::Client{}, request);
}

void World::hang_up() { refresh_.on_request_abandoned(web::ExchangeId{1, 1}); }

// As with accounts that have no question for it: where his roster is, is he.
void World::set_user_search() {
  std::map<std::string, app::UserSearchOptions, std::less<>> hosts;
  for (const std::string& host : options_.im.hosts) {
    app::UserSearchOptions& search = hosts[host];
    search.auth.kind = app::AuthKind::kHttpBasic;
    search.roster_url = options_.roster.of(host).url;
    search.missing_is_empty = options_.roster.of(host).missing_is_empty;
    search.by_default = options_.user_exists_default;
  }
  known_users_.set_options(std::move(hosts));
}

void World::set_options(const WorldOptions& options) {
  options_ = options;
  logins_.set_options(options_.streams.login_limit);
  core_.set_options(options_.im);
  set_user_search();
  source_.set_options(options_.roster);
  fast_.set_lifetime(options_.fast_token_lifetime);
  refresh_.set_options(options_.refresh);
}

c2s::ClientStream* World::find_stream(std::uint64_t number) {
  for (const auto& [name, client] : clients_) {
    if (client->number() == number) return client->stream();
  }
  return nullptr;
}

void World::on_keys(std::uint64_t ticket, const Result<xmpp::ScramKeys>& keys) {
  if (c2s::ClientStream* stream = find_stream(ticket)) stream->on_keys(keys);
}

void World::on_login(std::uint64_t ticket, const Result<xmpp::Login>& login) {
  if (c2s::ClientStream* stream = find_stream(ticket)) stream->on_login(login);
}

bool World::flush() {
  bool any = false;
  while (im::Session* session = core_.dirty().pop_front()) {
    if (c2s::ClientStream* stream = find_stream(session->stream)) stream->flush(*session);
    any = true;
  }
  for (const auto& [name, client] : clients_) {
    if (BoshSide* const bosh = client->bosh()) any |= bosh->settle();
  }
  return any;
}

// As net::Loop: what came in, then timers, then the flush.
bool World::turn() {
  bool any = accounts_.answer();
  any |= web_app_.answer();
  for (const auto& [name, client] : clients_) {
    any |= client->open_tls();
    if (BoshSide* const bosh = client->bosh()) any |= bosh->take_answers();
  }
  const auto due = timers_.next_due();
  any |= due && *due <= clock_.now();
  timers_.run_due(clock_.now());
  any |= flush();
  return any;
}

bool World::settle() {
  for (int i = 0; i < kMaxTurns; ++i) {
    if (!turn()) return true;
  }
  return false;
}

bool World::pass(Duration duration) {
  const Duration end = clock_.passed + duration;
  for (;;) {
    const auto due = timers_.next_due();
    const Instant start = clock_.now() - clock_.passed;
    if (!due || *due - start > end) break;
    clock_.passed = std::max(clock_.passed, *due - start);
    if (!settle()) return false;
  }
  clock_.passed = end;
  core_.expire();
  return settle();
}

}  // namespace rosterd::replay
