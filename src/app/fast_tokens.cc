// SPDX-License-Identifier: MIT
#include "app/fast_tokens.h"

#include <algorithm>
#include <utility>

#include "base/crypto.h"

namespace rosterd::app {

namespace {

constexpr std::size_t kTokenBits = 192;

std::string hash_of(std::string_view secret, std::string_view who, std::string_view binding) {
  return crypto::hmac(crypto::Hash::kSha256, secret, std::string(who).append(binding));
}

WallTime after(WallTime time, Duration duration) {
  return time + std::chrono::duration_cast<WallTime::duration>(duration);
}

}  // namespace

FastTokens::FastTokens(const Clock& clock, Duration lifetime, const Limits& limits)
    : clock_(clock), lifetime_(lifetime), limits_(limits) {}

FastTokens::~FastTokens() = default;

void FastTokens::set_lifetime(Duration lifetime) {
  lifetime_ = lifetime;
  while (lifetime_ == Duration::zero() && by_use_.front()) erase(*by_use_.front());
}

Result<xmpp::FastLogin> FastTokens::check(const xmpp::FastProof& proof) {
  Agent* const agent = find(proof.user, proof.agent_id);
  if (!agent) return make_error(Errc::kDenied, "no token, or a wrong one");
  const auto fits = [&](const std::optional<Token>& token) {
    return token && token->mechanism == proof.mechanism &&
           crypto::equal_constant_time(hash_of(token->secret, "Initiator", proof.binding),
                                       proof.hashed_token);
  };
  if (!fits(agent->fresh) && !fits(agent->current)) {
    return make_error(Errc::kDenied, "no token, or a wrong one");
  }
  const bool is_fresh = fits(agent->fresh);
  Token& used = is_fresh ? *agent->fresh : *agent->current;
  if (auto accepted = accept(used, proof); !accepted) {
    return tl::unexpected<Error>(accepted.error());
  }
  const bool rotate = clock_.wall_now() >= after(used.issued, lifetime_ / 2);
  xmpp::FastLogin login{hash_of(used.secret, "Responder", proof.binding), rotate,
                        used.session_expires};
  if (proof.invalidate) {
    erase(*agent);
    return login;
  }
  if (is_fresh) agent->current = std::exchange(agent->fresh, std::nullopt);
  touch(*agent);
  return login;
}

Status FastTokens::accept(Token& token, const xmpp::FastProof& proof) const {
  if (token.expiry <= clock_.wall_now()) return make_error(Errc::kTimeout, "the token has expired");
  if (!proof.count) return {};
  if (*proof.count <= token.count) return make_error(Errc::kDenied, "the count was used before");
  token.count = *proof.count;
  return {};
}

xmpp::FastToken FastTokens::issue(const xmpp::FastOrder& order) {
  drop_expired();
  Agent& agent = find_or_add(order.user, order.agent_id);
  const WallTime now = clock_.wall_now();
  WallTime expiry = after(now, lifetime_);
  if (order.expires) expiry = std::min(expiry, *order.expires);
  agent.fresh =
      Token{crypto::random_token(kTokenBits), order.mechanism, now, expiry, order.expires};
  touch(agent);
  return {agent.fresh->secret, expiry};
}

void FastTokens::revoke(const xmpp::Jid& user) {
  const auto found = users_.find(user.bare_text());
  if (found == users_.end()) return;
  count_ -= found->second.size();
  users_.erase(found);
}

FastTokens::Agent* FastTokens::find(const xmpp::Jid& user, const std::string& id) {
  const auto found = users_.find(user.bare_text());
  if (found == users_.end()) return nullptr;
  const auto agent = std::find_if(found->second.begin(), found->second.end(),
                                  [&](const Agent& one) { return one.id == id; });
  return agent == found->second.end() ? nullptr : &*agent;
}

FastTokens::Agent& FastTokens::find_or_add(const xmpp::Jid& user, const std::string& id) {
  if (Agent* const known = find(user, id)) return *known;
  if (count_ >= limits_.in_all) erase(*by_use_.front());
  const std::string name(user.bare_text());
  if (const auto his = users_.find(name);
      his != users_.end() && his->second.size() >= limits_.per_user) {
    erase(his->second.front());
  }
  Agent& agent = users_[name].emplace_back();
  ++count_;
  agent.user = name;
  agent.id = id;
  return agent;
}

void FastTokens::erase(Agent& agent) {
  const auto his = users_.find(agent.user);
  his->second.remove_if([&](const Agent& one) { return &one == &agent; });
  if (his->second.empty()) users_.erase(his);
  --count_;
}

void FastTokens::touch(Agent& agent) {
  Agents& his = users_.find(agent.user)->second;
  const auto at =
      std::find_if(his.begin(), his.end(), [&](const Agent& one) { return &one == &agent; });
  his.splice(his.end(), his, at);
  by_use_.push_back(agent);
}

bool FastTokens::is_expired(const std::optional<Token>& token) const {
  return !token || token->expiry <= clock_.wall_now();
}

// Only those that have not been used for longest: enough to give up what nobody comes back for.
void FastTokens::drop_expired() {
  while (Agent* const oldest = by_use_.front()) {
    if (!is_expired(oldest->fresh) || !is_expired(oldest->current)) return;
    erase(*oldest);
  }
}

}  // namespace rosterd::app
