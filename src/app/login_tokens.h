// SPDX-License-Identifier: MIT
// LoginTokens: passwords for one login each, which the web app gets for a user whom it knows
// already, so that its page can open a chat without asking for a password. They pass as SASL PLAIN
// passwords; whatever is no token is left to the accounts.
#pragma once

#include <cstddef>
#include <deque>
#include <string>

#include "base/time.h"
#include "base/timers.h"
#include "im/ports.h"
#include "xmpp/jid.h"

namespace rosterd::app {

class LoginTokens final : public im::AuthSource {
 public:
  static constexpr Duration kLifetime = std::chrono::seconds(60);
  static constexpr std::size_t kPerUser = 10;    // one more makes the oldest invalid
  static constexpr std::size_t kInAll = 10'000;  // likewise

  // All outlive it, and each question's AuthEvents its answer.
  LoginTokens(im::AuthSource& accounts, const Clock& clock, Timers& timers);
  ~LoginTokens() override;

  // 128 bits that nobody can guess, good for one login of this bare JID within kLifetime, whether
  // there is such an account or not.
  std::string issue(const xmpp::Jid& user);

  void fetch_keys(const xmpp::Jid& user, crypto::Hash hash, std::uint64_t ticket,
                  im::AuthEvents* events) override;
  void check_password(const xmpp::Jid& user, std::string password, std::uint64_t ticket,
                      im::AuthEvents* events) override;
  void identify(xmpp::Evidence evidence, std::uint64_t ticket, im::AuthEvents* events) override;
  // Those given out for this user are good for nothing any more.
  void forget(const xmpp::Jid& user) override;

 private:
  // Kept by its digest: what is read out of memory opens nothing.
  struct Token {
    std::string digest;
    std::string user;
    Instant expires;
  };
  struct Answer {
    xmpp::Jid user;
    std::uint64_t ticket;
    im::AuthEvents* events;
  };
  bool take(const xmpp::Jid& user, std::string_view token);
  void drop_expired();
  void give_answers();

  im::AuthSource& accounts_;
  const Clock& clock_;
  Timers& timers_;
  std::deque<Token> tokens_;  // the oldest first
  std::deque<Answer> answers_;
  Timer answering_ = Timer::bind<&LoginTokens::give_answers>(this);
};

}  // namespace rosterd::app
