// SPDX-License-Identifier: MIT
#include "app/auth_jwt.h"

#include <iterator>
#include <utility>

#include "base/crypto.h"
#include "xmpp/authzid.h"

namespace rosterd::app {

AuthJwt::AuthJwt(std::string host, web::Fetcher& fetcher, const Clock& clock, Timers& timers,
                 const JwtOptions& options, const std::string& user_agent)
    : host_(std::move(host)),
      clock_(clock),
      timers_(timers),
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
  on_keys_fetched();
  const Error why{Errc::kUnavailable, "these keys are no longer used"};
  for (Question& one : questions_) refuse(one, why);
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
  const auto login = judge(question);
  if (login) {
    crypto::wipe(question.token);
    return question.events->on_login(question.ticket, login);
  }
  if (login.error().code != Errc::kNotFound) return refuse(question, login.error());
  if (waiting_.size() < kWaitingMax && remote_ && remote_->ask_again()) {
    return waiting_.push_back(std::move(question));
  }
  const bool cannot_tell = remote_ && (!remote_->keys() || remote_->failing());
  refuse(question, {cannot_tell ? Errc::kUnavailable : Errc::kDenied, login.error().text});
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
  const JwtKeys* const known = remote_ ? remote_->keys() : &keys_;
  if (!known) return make_error(Errc::kNotFound, "the keys for tokens are not known yet");
  if (auto checked = check_signature(*token, *known); !checked) {
    return tl::unexpected<Error>(checked.error());
  }
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
