// SPDX-License-Identifier: MIT
#include "app/auth_http_mongoose.h"

#include <utility>

#include "app/auth_url.h"
#include "app/stored_secret.h"
#include "base/crypto.h"
#include "base/text.h"
#include "xmpp/decoy_keys.h"

namespace rosterd::app {

namespace {

constexpr int kUsualIterations = 10'000;  // MongooseIM's default
constexpr std::size_t kSecretBits = 256;

// The same after a restart where there is something to make it from.
std::string make_decoy_secret(const AuthOptions& options) {
  if (options.credentials.empty()) return crypto::random_token(kSecretBits);
  return crypto::hmac(crypto::Hash::kSha256, write_credential(options.credentials.front()),
                      "decoy keys");
}

// Makes keys of a password in the thread pool.
class KeysWork final : public net::Work {
 public:
  KeysWork(std::string password, xmpp::ScramKeys keys, std::uint64_t ticket, im::AuthEvents* events)
      : password_(std::move(password)), keys_(std::move(keys)), ticket_(ticket), events_(events) {}
  ~KeysWork() override { crypto::wipe(password_); }

  void run() override {
    keys_ = xmpp::derive_scram_keys(keys_.hash, password_, keys_.salt, keys_.iterations);
    crypto::wipe(password_);
  }
  void done(bool cancelled) override {
    Result<xmpp::ScramKeys> keys = make_error(Errc::kCancelled, "shutting down");
    if (!cancelled) keys = std::move(keys_);
    events_->on_keys(ticket_, keys);
  }

 private:
  std::string password_;
  xmpp::ScramKeys keys_;  // of the hash, salt and iterations that are wanted
  const std::uint64_t ticket_;
  im::AuthEvents* const events_;
};

class CheckQuestion final : public LoginQuestion {
 public:
  CheckQuestion(xmpp::Jid user, std::uint64_t ticket, im::AuthEvents* events)
      : LoginQuestion(ticket, events), user_(std::move(user)) {}

 private:
  Result<xmpp::Login> judge(const http::Response& response) override {
    const std::string_view word = text::trim(response.body);
    if (word == "true") return xmpp::Login{user_};
    if (word == "false") return make_error(Errc::kDenied, "the web application says no");
    return make_error(Errc::kInvalid, "check_password: neither true nor false");
  }

  const xmpp::Jid user_;
};

}  // namespace

struct AuthHttpMongoose::Looks {
  explicit Looks(const AuthOptions& options) : decoys(make_decoy_secret(options)) {}

  xmpp::DecoyKeys decoys;
  void learn(const StoredSecret& secret, const xmpp::ScramKeys& used);
  std::string make_salt(const xmpp::Jid& user, crypto::Hash hash) const {
    return decoys.make_salt(user, one_salt ? crypto::Hash::kSha1 : hash, salt_size);
  }

  int iterations = kUsualIterations;
  std::size_t salt_size = xmpp::DecoyKeys::kSaltSize;
  bool one_salt = false;   // a user has one salt for all hashes
  bool passwords = false;  // in the clear
};

void AuthHttpMongoose::Looks::learn(const StoredSecret& secret, const xmpp::ScramKeys& used) {
  passwords = false;
  iterations = used.iterations;
  salt_size = used.salt.size();
  if (secret.keys.size() == 1) return;
  one_salt = secret.keys.front().salt == secret.keys.back().salt;
}

namespace {

class SecretQuestion final : public AuthQuestion {
 public:
  SecretQuestion(xmpp::Jid user, crypto::Hash hash, std::uint64_t ticket, im::AuthEvents* events,
                 net::WorkQueue& hashes, std::shared_ptr<AuthHttpMongoose::Looks> looks)
      : user_(std::move(user)),
        hash_(hash),
        ticket_(ticket),
        events_(events),
        hashes_(hashes),
        looks_(std::move(looks)) {}

  Status on_reply(Result<http::Response> reply) override {
    Status told = take(std::move(reply));
    if (!told) events_->on_keys(ticket_, tl::unexpected<Error>(told.error()));
    return told ? complaint_ : told;
  }

 private:
  // An error when it has not told, and will not tell, anybody.
  Status take(Result<http::Response> reply) {
    if (!reply && reply.error().code == Errc::kNotFound) return take_nobody();
    if (!reply) return tl::unexpected<Error>(reply.error());
    auto secret = parse_stored_secret(reply->body);
    crypto::wipe(reply->body);
    if (!secret) return tl::unexpected<Error>(secret.error());
    if (!secret->password.empty()) return take_password(std::move(secret->password));
    const xmpp::ScramKeys* const keys = secret->find(hash_);
    if (!keys) return take_unusable("get_password: no keys of a hash of auth_scram");
    looks_->learn(*secret, *keys);
    events_->on_keys(ticket_, *keys);
    return {};
  }

  // What is done for a known user is done for an unknown one, and takes as long.
  Status take_nobody() {
    if (looks_->passwords) return derive(crypto::random_token());
    xmpp::ScramKeys keys = looks_->decoys.make(user_, hash_, looks_->iterations);
    keys.salt = looks_->make_salt(user_, hash_);
    events_->on_keys(ticket_, keys);
    return {};
  }

  // Who is there but cannot log in is answered as if he were not, or the answer would tell.
  Status take_unusable(const char* why) {
    complaint_ = make_error(Errc::kUnsupported, why);
    return take_nobody();
  }

  Status take_password(std::string password) {
    auto prepared = xmpp::saslprep(password);
    crypto::wipe(password);
    if (!prepared) return take_unusable("get_password: nobody can type this password");
    looks_->passwords = true;
    looks_->iterations = kUsualIterations;
    looks_->salt_size = xmpp::DecoyKeys::kSaltSize;
    looks_->one_salt = false;
    return derive(std::move(*prepared));
  }

  Status derive(std::string password) {
    xmpp::ScramKeys wanted{.hash = hash_,
                           .iterations = looks_->iterations,
                           .salt = looks_->make_salt(user_, hash_),
                           .stored_key = {},
                           .server_key = {}};
    const bool taken = hashes_.post(
        std::make_unique<KeysWork>(std::move(password), std::move(wanted), ticket_, events_));
    if (taken) return {};
    return make_error(Errc::kUnavailable, "too many logins");
  }

  Status complaint_;  // for the log, where somebody has been told
  const xmpp::Jid user_;
  const crypto::Hash hash_;
  const std::uint64_t ticket_;
  im::AuthEvents* const events_;
  net::WorkQueue& hashes_;
  const std::shared_ptr<AuthHttpMongoose::Looks> looks_;
};

}  // namespace

AuthHttpMongoose::AuthHttpMongoose(AuthRequests& requests, net::WorkQueue& hashes,
                                   AuthOptions options)
    : WebAuth(requests, std::move(options)),
      hashes_(hashes),
      looks_(std::make_shared<Looks>(options_)) {}

AuthHttpMongoose::~AuthHttpMongoose() = default;

Result<web::FetchRequest> make_mongoose_request(std::string_view url_of_app,
                                                std::string_view operation, const xmpp::Jid& user,
                                                std::string_view password) {
  auto url = make_auth_url(url_of_app, user, {});
  if (!url) return tl::unexpected<Error>(url.error());
  if (!url->target.ends_with('/')) url->target += '/';
  url->target += operation;
  url->target += "?user=" + text::percent_encode(user.node());
  url->target += "&server=" + text::percent_encode(user.domain()) + "&pass=";
  std::string encoded = text::percent_encode(password);
  url->target += encoded;
  crypto::wipe(encoded);
  web::FetchRequest request;
  request.url = std::move(*url);
  request.secret = true;
  return request;
}

void AuthHttpMongoose::fetch_keys(const xmpp::Jid& user, crypto::Hash hash, std::uint64_t ticket,
                                  im::AuthEvents* events) {
  if (!has_keys(options_, hash)) return WebAuth::fetch_keys(user, hash, ticket, events);
  auto question = std::make_unique<SecretQuestion>(user, hash, ticket, events, hashes_, looks_);
  auto request = make_mongoose_request(options_.url, "get_password", user, {});
  if (!request) return requests_.refuse(std::move(request.error()), std::move(question));
  requests_.ask(make_call(user.domain(), std::move(*request)), std::move(question));
}

void AuthHttpMongoose::check_password(const xmpp::Jid& user, std::string password,
                                      std::uint64_t ticket, im::AuthEvents* events) {
  auto question = std::make_unique<CheckQuestion>(user, ticket, events);
  auto request = make_mongoose_request(options_.url, "check_password", user, password);
  crypto::wipe(password);
  if (!request) return requests_.refuse(std::move(request.error()), std::move(question));
  requests_.ask(make_call(user.domain(), std::move(*request)), std::move(question));
}

}  // namespace rosterd::app
