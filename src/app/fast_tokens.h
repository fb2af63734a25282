// SPDX-License-Identifier: MIT
// FastTokens: what users' programs get in exchange for a login, to log in by the next time
// (XEP-0484). They are in memory alone: a restart ends them all, and costs each program one login
// by its password.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>

#include "base/intrusive_list.h"
#include "base/time.h"
#include "im/ports.h"
#include "xmpp/jid.h"

namespace rosterd::app {

class FastTokens final : public im::FastTokens {
 public:
  // Programs that have tokens; one more costs the one that has used its own least lately.
  struct Limits {
    std::size_t per_user = 20;
    std::size_t in_all = 100'000;
  };

  // `clock` outlives it. `lifetime` of tokens to come; zero: there are none.
  FastTokens(const Clock& clock, Duration lifetime, const Limits& limits = Limits{20, 100'000});
  ~FastTokens() override;
  void set_lifetime(Duration lifetime);

  Result<xmpp::FastLogin> check(const xmpp::FastProof& proof) override;
  xmpp::FastToken issue(const xmpp::FastOrder& order) override;
  // None of this user's is good any more.
  void revoke(const xmpp::Jid& user);
  std::size_t size() const { return count_; }  // programs

 private:
  struct Token {
    std::string secret;
    xmpp::Mechanism mechanism;
    WallTime issued;
    WallTime expiry;
    std::optional<WallTime> session_expires;  // of the login that it was given for
    std::uint32_t count = 0;                  // the highest that was seen
  };
  // A program of a user. Section 5.1: the new token is good, and so is the one before it until the
  // new one has been used.
  struct Agent {
    std::string user;
    std::string id;
    std::optional<Token> fresh;
    std::optional<Token> current;
    ListNode recency;
  };
  // Of one user, the least lately used first. They do not move in memory.
  using Agents = std::list<Agent>;

  Agent* find(const xmpp::Jid& user, const std::string& id);
  Agent& find_or_add(const xmpp::Jid& user, const std::string& id);
  void erase(Agent& agent);
  void touch(Agent& agent);
  void drop_expired();
  bool is_expired(const std::optional<Token>& token) const;
  Status accept(Token& token, const xmpp::FastProof& proof) const;

  const Clock& clock_;
  Duration lifetime_;
  const Limits limits_;
  std::map<std::string, Agents, std::less<>> users_;  // by bare JID
  std::size_t count_ = 0;
  IntrusiveList<Agent, &Agent::recency> by_use_;  // the least lately used first
};

}  // namespace rosterd::app
