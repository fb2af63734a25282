// SPDX-License-Identifier: MIT
// AuthHttpMongoose: the web app keeps accounts as MongooseIM's auth.http, ejabberd_auth_http and
// mod_auth_http want it (the protocol's section 5, C): http_auth_url/check_password and, for SCRAM,
// http_auth_url/get_password.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "app/web_auth.h"
#include "net/work_queue.h"

namespace rosterd::app {

// `operation` below the URL, http_auth_url. kDenied or kInvalid as make_auth_url() says.
Result<web::FetchRequest> make_mongoose_request(std::string_view url, std::string_view operation,
                                                const xmpp::Jid& user, std::string_view password);

class AuthHttpMongoose final : public WebAuth {
 public:
  // `hashes` outlives it and its questions: keys of passwords that come in the clear are made
  // there.
  AuthHttpMongoose(AuthRequests& requests, net::WorkQueue& hashes, AuthOptions options);
  ~AuthHttpMongoose() override;

  void fetch_keys(const xmpp::Jid& user, crypto::Hash hash, std::uint64_t ticket,
                  im::AuthEvents* events) override;
  void check_password(const xmpp::Jid& user, std::string password, std::uint64_t ticket,
                      im::AuthEvents* events) override;

  // How the accounts of this web app look, so that those of unknown users look alike; shared with
  // questions on their way.
  struct Looks;

 private:
  net::WorkQueue& hashes_;
  const std::shared_ptr<Looks> looks_;
};

}  // namespace rosterd::app
