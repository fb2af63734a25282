// SPDX-License-Identifier: MIT
// The real rooms, put together as server.cc does it, between fakes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "app/admin.h"
#include "app/fast_tokens.h"
#include "app/known_users.h"
#include "app/refresh.h"
#include "app/roster_source.h"
#include "base/timers.h"
#include "c2s/client_stream.h"
#include "client.h"
#include "fakes.h"
#include "im/core.h"
#include "xml/parser.h"

namespace rosterd::replay {

struct WorldOptions {
  c2s::StreamOptions streams;
  im::Options im;
  app::RosterSourceOptions roster;
  app::RefreshOptions refresh;
  app::AdminOptions admin;
  Duration fast_token_lifetime{};  // zero: there are none
  bool user_exists_default = true;
  xmpp::StreamFraming framing = xmpp::StreamFraming::kTcp;
};

class World final : private im::AuthEvents {
 public:
  explicit World(const WorldOptions& options, WebApp& web_app, Accounts& accounts);
  ~World() override;

  // A new connection under this name; one of that name must be gone.
  Client& connect(const std::string& name, bool secure, const std::string& cookie = {});
  // Null when nobody of that name is connected.
  Client* find_client(std::string_view name);
  const std::map<std::string, std::unique_ptr<Client>, std::less<>>& clients() const {
    return clients_;
  }
  // The connection is gone without a word.
  void disconnect(std::string_view name);
  // As c2s::Service::stop() and app::Refresh::stop().
  void shut_down();

  void request(const http::Request& request);
  // Whoever made the last request has closed the connection.
  void hang_up();
  // As a reload of the configuration.
  void set_options(const WorldOptions& options);
  Requester& requester() { return requester_; }

  // Turns until nothing more happens at this instant; false when it never ends.
  [[nodiscard]] bool settle();
  [[nodiscard]] bool pass(Duration duration);

 private:
  bool turn();
  bool flush();
  void set_user_search();
  c2s::ClientStream* find_stream(std::uint64_t number);
  void on_keys(std::uint64_t ticket, const Result<xmpp::ScramKeys>& keys) override;
  void on_login(std::uint64_t ticket, const Result<xmpp::Login>& login) override;

  WorldOptions options_;
  WebApp& web_app_;
  Accounts& accounts_;
  VirtualClock clock_;
  Timers timers_;
  xml::Parser parser_;
  Requester requester_;
  app::RosterSource source_;
  im::Core core_;
  app::KnownUsers known_users_;
  app::Refresh refresh_;
  app::LoginTokens tokens_;
  app::FastTokens fast_;
  app::Admin admin_;
  c2s::LoginGate logins_;
  net::Backlog backlog_;
  c2s::StreamContext context_;
  std::map<std::string, std::unique_ptr<Client>, std::less<>> clients_;
  std::uint64_t connections_ = 0;
};

}  // namespace rosterd::replay
