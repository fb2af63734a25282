// SPDX-License-Identifier: MIT
#include "app/login_tokens.h"

#include <algorithm>
#include <utility>

#include "base/crypto.h"

namespace rosterd::app {

namespace {

// Tells tokens from passwords without looking any up.
constexpr std::string_view kPrefix = "rosterd-token-";

std::string digest_of(std::string_view token) {
  return crypto::digest(crypto::Hash::kSha256, token);
}

}  // namespace

LoginTokens::LoginTokens(im::AuthSource& accounts, const Clock& clock, Timers& timers)
    : accounts_(accounts), clock_(clock), timers_(timers) {}

LoginTokens::~LoginTokens() = default;

std::string LoginTokens::issue(const xmpp::Jid& user) {
  drop_expired();
  const auto is_his = [&](const Token& token) { return token.user == user.bare_text(); };
  if (std::count_if(tokens_.begin(), tokens_.end(), is_his) >= std::ptrdiff_t{kPerUser}) {
    tokens_.erase(std::find_if(tokens_.begin(), tokens_.end(), is_his));
  }
  if (tokens_.size() >= kInAll) tokens_.pop_front();
  std::string token = std::string(kPrefix) + crypto::random_token();
  tokens_.push_back({digest_of(token), std::string(user.bare_text()), clock_.now() + kLifetime});
  return token;
}

void LoginTokens::forget(const xmpp::Jid& user) {
  std::erase_if(tokens_, [&](const Token& token) { return token.user == user.bare_text(); });
  accounts_.forget(user);
}

void LoginTokens::drop_expired() {
  while (!tokens_.empty() && tokens_.front().expires <= clock_.now()) tokens_.pop_front();
}

bool LoginTokens::take(const xmpp::Jid& user, std::string_view token) {
  drop_expired();
  const std::string digest = digest_of(token);
  const auto found = std::find_if(tokens_.begin(), tokens_.end(), [&](const Token& one) {
    return one.digest == digest && one.user == user.bare_text();
  });
  if (found == tokens_.end()) return false;
  tokens_.erase(found);
  return true;
}

void LoginTokens::fetch_keys(const xmpp::Jid& user, crypto::Hash hash, std::uint64_t ticket,
                             im::AuthEvents* events) {
  accounts_.fetch_keys(user, hash, ticket, events);
}

void LoginTokens::check_password(const xmpp::Jid& user, std::string password, std::uint64_t ticket,
                                 im::AuthEvents* events) {
  if (!password.starts_with(kPrefix) || !take(user, password)) {
    return accounts_.check_password(user, std::move(password), ticket, events);
  }
  answers_.push_back({user, ticket, events});
  timers_.arm(answering_, clock_.now());
}

void LoginTokens::identify(xmpp::Evidence evidence, std::uint64_t ticket, im::AuthEvents* events) {
  accounts_.identify(std::move(evidence), ticket, events);
}

// Later, as the port promises.
void LoginTokens::give_answers() {
  for (const Answer& answer : std::exchange(answers_, {})) {
    answer.events->on_login(answer.ticket, xmpp::Login{answer.user});
  }
}

}  // namespace rosterd::app
