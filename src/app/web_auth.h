// SPDX-License-Identifier: MIT
// WebAuth: what the back ends that ask the web app have in common.
#pragma once

#include <cstdint>
#include <string>

#include "app/auth_options.h"
#include "app/auth_request.h"
#include "im/ports.h"

namespace rosterd::app {

// Each answers what its accounts can be asked; to the rest this answers kUnsupported.
class WebAuth : public im::AuthSource {
 public:
  void fetch_keys(const xmpp::Jid& user, crypto::Hash hash, std::uint64_t ticket,
                  im::AuthEvents* events) override;
  void check_password(const xmpp::Jid& user, std::string password, std::uint64_t ticket,
                      im::AuthEvents* events) override;
  void identify(xmpp::Evidence evidence, std::uint64_t ticket, im::AuthEvents* events) override;

 protected:
  // `requests` outlives it, and its questions do not need it.
  WebAuth(AuthRequests& requests, AuthOptions options)
      : requests_(requests), options_(std::move(options)) {}

  // By the options.
  AuthCall make_call(std::string_view host, web::FetchRequest request) const;

  AuthRequests& requests_;
  const AuthOptions options_;
};

}  // namespace rosterd::app
