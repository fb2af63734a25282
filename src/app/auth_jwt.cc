// SPDX-License-Identifier: MIT
#include "app/auth_jwt.h"

#include <iterator>
#include <utility>

#include "base/crypto.h"
#include "xmpp/authzid.h"

namespace rosterd::app {

class AuthJwt::SlowCheck final : public net::Work {
 public:
  SlowCheck(std::shared_ptr<AuthJwt*> owner, std::uint64_t number, const Jwt& token,
            std::vector<crypto::VerifyKey> signers)
      : owner_(std::move(owner)),
        number_(number),
        signed_part_(token.signed_part),
        signature_(token.signature),
        signers_(std::move(signers)) {}
  ~SlowCheck() override {
    crypto::wipe(signed_part_);
    crypto::wipe(signature_);
  }

  void run() override { is_signed_ = is_signed_by(signers_, signed_part_, signature_); }
  void done(bool cancelled) override {
    if (!*owner_) return;
    (*owner_)->on_checked(number_, cancelled ? std::nullopt : std::optional(is_signed_));
  }

 private:
  const std::shared_ptr<AuthJwt*> owner_;
  const std::uint64_t number_;
  std::string signed_part_, signature_;
  const std::vector<crypto::VerifyKey> signers_;
  bool is_signed_ = false;
};

AuthJwt::AuthJwt(std::string host, web::Fetcher& fetcher, const Clock& clock, Timers& timers,
                 net::WorkQueue& pool, const JwtOptions& options, const std::string& user_agent)
    : host_(std::move(host)),
      clock_(clock),
      timers_(timers),
      pool_(pool),
      rules_(make_jwt_rules(options)),
      name_is_local_(!options.username_field.empty()),
      sessions_expire_(options.session_expiry),
      keys_(parse_keys(options).value_or(JwtKeys())) {
  if (options.jwks_url.empty()) return;
  RemoteKeys::Owner& owner = *this;
  remote_.emplace(
      fetcher, clock, timers,
      RemoteKeys::Options{options.jwks_url, host_, make_jwk_options(options), user_agent}, owner);
}

AuthJwt::~AuthJwt() {
  *self_ = nullptr;
  on_keys_fetched();
  const Error why{Errc::kUnavailable, "these keys are no longer used"};
  for (Question& one : questions_) refuse(one, why);
  for (auto& [number, one] : checked_) refuse(one, why);
}

void AuthJwt::fetch_keys(const xmpp::Jid& user, crypto::Hash, std::uint64_t ticket,
                         im::AuthEvents* events) {
  ask({{}, user, {}, ticket, events, true});
}

void AuthJwt::check_password(const xmpp::Jid& user, std::string password, std::uint64_t ticket,
                             im::AuthEvents* events) {
  ask({std::move(password), user, {}, ticket, events});
}

void AuthJwt::identify(xmpp::Evidence evidence, std::uint64_t ticket, im::AuthEvents* events) {
  ask({std::move(evidence.token), {}, std::move(evidence.authzid), ticket, events});
}

// Later, as the port promises.
void AuthJwt::ask(Question question) {
  questions_.push_back(std::move(question));
  timers_.arm(due_, clock_.now());
}

void AuthJwt::on_due() {
  for (Question& one : std::exchange(questions_, {})) answer(one);
}

void AuthJwt::answer(Question& question) {
  if (question.wants_keys) return refuse(question, {Errc::kUnsupported, "tokens only"});
  const auto token = parse_jwt(question.token);
  auto signers = find_signers_of(token);
  if (!signers) {
    const bool unknown = signers.error().code == Errc::kNotFound;
    return unknown ? wait_for_keys(question, signers.error()) : refuse(question, signers.error());
  }
  if (is_slow(token->algorithm)) {
    return answer_later(question, *token, std::move(*signers));
  }
  settle(question, is_signed_by(*signers, token->signed_part, token->signature));
}

Result<std::vector<crypto::VerifyKey>> AuthJwt::find_signers_of(const Result<Jwt>& token) const {
  if (!token) return tl::unexpected<Error>(token.error());
  const JwtKeys* const known = remote_ ? remote_->keys() : &keys_;
  if (!known) return make_error(Errc::kNotFound, "the keys for tokens are not known yet");
  return find_signers(*token, *known);
}

void AuthJwt::wait_for_keys(Question& question, const Error& why) {
  if (waiting_.size() < kWaitingMax && remote_ && remote_->ask_again()) {
    return waiting_.push_back(std::move(question));
  }
  const bool cannot_tell = remote_ && (!remote_->keys() || remote_->failing());
  refuse(question, {cannot_tell ? Errc::kUnavailable : Errc::kDenied, why.text});
}

void AuthJwt::answer_later(Question& question, const Jwt& token,
                           std::vector<crypto::VerifyKey> signers) {
  const std::uint64_t number = ++last_check_;
  if (!pool_.post(std::make_unique<SlowCheck>(self_, number, token, std::move(signers)))) {
    return refuse(question, {Errc::kUnavailable, "too many logins"});
  }
  checked_.emplace(number, std::move(question));
}

void AuthJwt::on_checked(std::uint64_t number, std::optional<bool> is_signed) {
  auto node = checked_.extract(number);
  if (is_signed) return settle(node.mapped(), *is_signed);
  refuse(node.mapped(), {Errc::kCancelled, "shutting down"});
}

void AuthJwt::settle(Question& question, bool is_signed) {
  if (!is_signed) return refuse(question, {Errc::kDenied, "the token's signature is wrong"});
  const auto login = judge(question);
  if (!login) return refuse(question, login.error());
  crypto::wipe(question.token);
  question.events->on_login(question.ticket, login);
}

void AuthJwt::refuse(Question& question, const Error& why) {
  crypto::wipe(question.token);
  if (question.wants_keys) {
    question.events->on_keys(question.ticket, tl::unexpected<Error>(why));
  } else {
    question.events->on_login(question.ticket, tl::unexpected<Error>(why));
  }
}

Result<xmpp::Login> AuthJwt::judge(const Question& question) const {
  const auto token = parse_jwt(question.token);
  if (!token) return tl::unexpected<Error>(token.error());
  const auto claims = check_claims(*token, rules_, clock_.wall_now());
  if (!claims) return tl::unexpected<Error>(claims.error());
  const auto user = user_of(*claims);
  if (!user) return tl::unexpected<Error>(user.error());
  const bool fits = question.user.empty()
                        ? xmpp::is_authzid_of(question.authzid, user->node(), host_)
                        : *user == question.user;
  if (!fits) return make_error(Errc::kDenied, "the token is somebody else's");
  xmpp::Login login{*user};
  if (sessions_expire_) login.expires = claims->expires;
  return login;
}

Result<xmpp::Jid> AuthJwt::user_of(const JwtClaims& claims) const {
  const auto user =
      name_is_local_ ? xmpp::Jid::make(claims.name, host_) : xmpp::Jid::parse(claims.name);
  if (!user || user->node().empty() || user->domain() != host_) {
    return make_error(Errc::kDenied, "the token names no user of this host");
  }
  return user->bare();
}

void AuthJwt::on_keys_fetched() {
  if (waiting_.empty()) return;
  questions_.insert(questions_.end(), std::make_move_iterator(waiting_.begin()),
                    std::make_move_iterator(waiting_.end()));
  waiting_.clear();
  timers_.arm(due_, clock_.now());
}

}  // namespace rosterd::app
