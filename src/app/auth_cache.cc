// SPDX-License-Identifier: MIT
#include "app/auth_cache.h"

#include <utility>

#include "base/crypto.h"
#include "base/log.h"

namespace rosterd::app {

namespace {

constexpr std::size_t kSaltBytes = 16;

}  // namespace

// A login on its way: first its password is hashed with the salt of what is known of the user, or
// with a new one, so that the time tells nobody who has been here.
struct AuthCache::Question {
  Question(xmpp::Jid who, std::string what, std::uint64_t of, im::AuthEvents* whom)
      : user(std::move(who)), password(std::move(what)), ticket(of), events(whom) {}
  Question(Question&&) = default;
  ~Question() { crypto::wipe(password); }

  xmpp::Jid user;
  std::string password;  // until the web app has been asked
  std::uint64_t ticket;
  im::AuthEvents* events;
  std::string salt;
  std::string digest;  // "" when it could not be computed
};

AuthCache::AuthCache(PasswordHasher& hasher, const Clock& clock, std::size_t users)
    : hasher_(hasher), clock_(clock), limit_(users) {}

AuthCache::~AuthCache() = default;

void AuthCache::reset(im::AuthSource* source, const AuthCacheOptions& options) {
  source_ = source;
  options_ = options;
  entries_.clear();
  order_.clear();
}

void AuthCache::forget(const xmpp::Jid& user) {
  erase(user.bare_text());
  if (source_) source_->forget(user);
}

void AuthCache::fetch_keys(const xmpp::Jid& user, crypto::Hash hash, std::uint64_t ticket,
                           im::AuthEvents* events) {
  source_->fetch_keys(user, hash, ticket, events);
}

void AuthCache::identify(xmpp::Evidence evidence, std::uint64_t ticket, im::AuthEvents* events) {
  source_->identify(std::move(evidence), ticket, events);
}

void AuthCache::check_password(const xmpp::Jid& user, std::string password, std::uint64_t ticket,
                               im::AuthEvents* events) {
  Question question(user, std::move(password), ticket, events);
  const auto known = entries_.find(user.bare_text());
  question.salt = known == entries_.end() ? crypto::random_bytes(kSaltBytes) : known->second.salt;
  const std::uint64_t number = hasher_.hash(question.password, question.salt, this);
  questions_.emplace(number, std::move(question));
}

void AuthCache::on_hash(std::uint64_t number, const std::string& digest) {
  const auto found = questions_.find(number);
  if (found == questions_.end()) return;
  Question& question = found->second;
  question.digest = digest;
  if (is_right(question, options_.ttl)) return finish(number, xmpp::Login{question.user});
  ask(number, question);
}

bool AuthCache::is_right(const Question& question, Duration ttl) const {
  const auto known = entries_.find(question.user.bare_text());
  return !question.digest.empty() && known != entries_.end() &&
         clock_.now() < known->second.confirmed + ttl &&
         crypto::equal_constant_time(known->second.digest, question.digest);
}

void AuthCache::ask(std::uint64_t number, Question& question) {
  if (!source_) return finish(number, make_error(Errc::kUnavailable, "nobody to ask any more"));
  source_->check_password(question.user, std::exchange(question.password, {}), number, this);
}

void AuthCache::on_login(std::uint64_t number, const Result<xmpp::Login>& login) {
  const auto found = questions_.find(number);
  if (found == questions_.end()) return;
  const Question& question = found->second;
  if (login) {
    // What ends by itself says itself how long it is good for.
    if (!login->expires) remember(question.user, question.salt, question.digest);
    return finish(number, login);
  }
  if (login.error().code == Errc::kDenied) {
    erase(question.user.bare_text());
    return finish(number, login);
  }
  if (!is_right(question, options_.unreachable_ttl)) return finish(number, login);
  log::info("auth", "let in as the last time, the web application cannot say",
            {{"user", question.user.text()}, {"reason", login.error().text}});
  finish(number, xmpp::Login{question.user});
}

void AuthCache::remember(const xmpp::Jid& user, std::string salt, std::string digest) {
  if (digest.empty()) return;
  erase(user.bare_text());
  if (entries_.size() >= limit_) erase(std::string(order_.front()));
  const std::string name(user.bare_text());
  const auto place = order_.insert(order_.end(), name);
  entries_.emplace(name, Entry{std::move(salt), std::move(digest), clock_.now(), place});
}

void AuthCache::erase(std::string_view user) {
  const auto known = entries_.find(user);
  if (known == entries_.end()) return;
  order_.erase(known->second.place);
  entries_.erase(known);
}

void AuthCache::finish(std::uint64_t number, const Result<xmpp::Login>& login) {
  const auto found = questions_.find(number);
  const std::uint64_t ticket = found->second.ticket;
  im::AuthEvents* const events = found->second.events;
  // `login` may be of this question.
  const Result<xmpp::Login> answer = login;
  questions_.erase(found);
  events->on_login(ticket, answer);
}

}  // namespace rosterd::app
