// SPDX-License-Identifier: MIT
#include "app/web_auth.h"

#include <memory>
#include <utility>

#include "base/crypto.h"

namespace rosterd::app {

namespace {

Error unsupported() { return {Errc::kUnsupported, "these accounts cannot be asked that"}; }

class NoKeys final : public KeysQuestion {
 public:
  using KeysQuestion::KeysQuestion;

 private:
  Result<xmpp::ScramKeys> judge(const Result<http::Response>&) override {
    return tl::unexpected<Error>(unsupported());
  }
};

class NoLogin final : public LoginQuestion {
 public:
  using LoginQuestion::LoginQuestion;

 private:
  Result<xmpp::Login> judge(const http::Response&) override {
    return tl::unexpected<Error>(unsupported());
  }
};

}  // namespace

void WebAuth::fetch_keys(const xmpp::Jid&, crypto::Hash, std::uint64_t ticket,
                         im::AuthEvents* events) {
  requests_.refuse(unsupported(), std::make_unique<NoKeys>(ticket, events));
}

void WebAuth::check_password(const xmpp::Jid&, std::string password, std::uint64_t ticket,
                             im::AuthEvents* events) {
  crypto::wipe(password);
  requests_.refuse(unsupported(), std::make_unique<NoLogin>(ticket, events));
}

void WebAuth::identify(xmpp::Evidence evidence, std::uint64_t ticket, im::AuthEvents* events) {
  crypto::wipe(evidence.token);
  crypto::wipe(evidence.cookie);
  requests_.refuse(unsupported(), std::make_unique<NoLogin>(ticket, events));
}

AuthCall WebAuth::make_call(std::string_view host, web::FetchRequest request) const {
  return {.host = std::string(host),
          .request = std::move(request),
          .credentials = options_.credentials,
          .timeout = options_.timeout};
}

}  // namespace rosterd::app
