// SPDX-License-Identifier: MIT
// Admin: the web app's windows into rosterd (the protocol's section 4): who is online, what is
// known of a user, the door that users are shown, and the one that is opened for them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "app/fast_tokens.h"
#include "app/login_tokens.h"
#include "base/log_limit.h"
#include "im/core.h"
#include "web/http_server.h"

namespace rosterd::app {

struct AdminOptions {
  std::vector<std::string> hosts;  // a bare username belongs to the first one
  // Of one POST, beyond it 413. Each is looked at, or kicked, in one turn.
  std::size_t users = 1000;
};

// A BOSH session that is logged in already, for a page to go on with (prebind).
struct Prebound {
  xmpp::Jid jid;  // full
  std::string sid;
  std::uint64_t rid;  // of the page's first request
};

// Who makes them.
class Prebinder {
 public:
  virtual ~Prebinder() = default;
  // kUnavailable: not at the moment; kInvalid, kConflict, kTooLarge as Core::bind().
  virtual Result<Prebound> prebind(const xmpp::Jid& user, std::string_view resource) = 0;
};

class Admin : public web::RequestHandler {
 public:
  // All outlive it.
  Admin(const AdminOptions& options, im::Core& core, LoginTokens& tokens, FastTokens& fast,
        const Clock& clock);
  void set_options(const AdminOptions& options) { options_ = options; }

  // Null (the default): there is no BOSH. It outlives the Admin.
  void set_prebinder(Prebinder* prebinder) { prebinder_ = prebinder; }

  // Registered for "/roster_admin/online" (GET, POST), "/roster_admin/users/" (GET),
  // "/roster_admin/kick", "/roster_admin/login_token" and "/roster_admin/prebind" (POST). Every
  // answer is given at once.
  void on_request(web::Responder& responder, web::ExchangeId exchange, const web::Client& client,
                  const http::Request& request) override;

 private:
  using Hosts = std::vector<std::string>;
  Result<std::string> answer(const web::Client& client, const http::Request& request);
  Result<std::string> list_online(std::string_view target, std::string_view host);
  Result<std::string> find_online(std::string_view body, const Hosts& hosts);
  Result<std::string> describe_user(std::string_view path, const Hosts& hosts);
  Result<std::string> kick(std::string_view body, const Hosts& hosts);
  Result<std::string> prebind(std::string_view body, const Hosts& hosts);
  Result<std::string> give_token(std::string_view body, const Hosts& hosts);

  AdminOptions options_;
  im::Core& core_;
  LoginTokens& tokens_;
  FastTokens& fast_;
  Prebinder* prebinder_ = nullptr;
  const Clock& clock_;
  LogLimit refusals_{};
};

}  // namespace rosterd::app
