// SPDX-License-Identifier: MIT
// AuthJwt: accounts of whom the web app's tokens tell (the protocol's section 5 G). A token is a
// SASL PLAIN password, or the token of OAUTHBEARER and X-OAUTH2.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/jwk.h"
#include "app/jwt.h"
#include "app/jwt_options.h"
#include "app/remote_keys.h"
#include "base/timers.h"
#include "im/ports.h"
#include "net/work_queue.h"

namespace rosterd::app {

class AuthJwt final : public im::AuthSource, RemoteKeys::Owner {
 public:
  // Logins that may wait for keys.
  static constexpr std::size_t kWaitingMax = 1000;

  // All outlive it, and each question's AuthEvents its answer. Keys that cannot be read are none.
  // `pool`: for signatures that are slow to check.
  AuthJwt(std::string host, web::Fetcher& fetcher, const Clock& clock, Timers& timers,
          net::WorkQueue& pool, const JwtOptions& options, const std::string& user_agent);
  // Questions that are open are answered with kUnavailable.
  ~AuthJwt() override;

  static xmpp::LoginMethods methods() {
    return {.passwords = true, .scram_sha1 = false, .scram_sha256 = false, .tokens = true};
  }

  void fetch_keys(const xmpp::Jid& user, crypto::Hash hash, std::uint64_t ticket,
                  im::AuthEvents* events) override;
  void check_password(const xmpp::Jid& user, std::string password, std::uint64_t ticket,
                      im::AuthEvents* events) override;
  void identify(xmpp::Evidence evidence, std::uint64_t ticket, im::AuthEvents* events) override;

 private:
  struct Question {
    std::string token;
    xmpp::Jid user;       // whose it must be; empty: of the one whom authzid names
    std::string authzid;  // as the client wrote it
    std::uint64_t ticket;
    im::AuthEvents* events;
    bool wants_keys = false;  // of SCRAM, which there are none of
  };
  class SlowCheck;
  void ask(Question question);
  void on_due();
  void answer(Question& question);
  // kNotFound: the token's key is not among those that are known.
  Result<std::vector<crypto::VerifyKey>> find_signers_of(const Result<Jwt>& token) const;
  void answer_later(Question& question, const Jwt& token, std::vector<crypto::VerifyKey> signers);
  // Of a slow one; nothing when it has not been checked.
  void on_checked(std::uint64_t number, std::optional<bool> is_signed);
  void wait_for_keys(Question& question, const Error& why);
  void settle(Question& question, bool is_signed);
  static void refuse(Question& question, const Error& why);
  // By a token whose signature is right.
  Result<xmpp::Login> judge(const Question& question) const;
  Result<xmpp::Jid> user_of(const JwtClaims& claims) const;
  void on_keys_fetched() override;

  const std::string host_;
  const Clock& clock_;
  Timers& timers_;
  net::WorkQueue& pool_;
  const JwtRules rules_;
  const bool name_is_local_;    // the claim is the local part of the address, not the whole of it
  const bool sessions_expire_;  // with their tokens
  const JwtKeys keys_;          // where they do not come from a URL
  std::optional<RemoteKeys> remote_;  // where they do
  std::vector<Question> questions_;   // to be answered after the call that asked has returned
  std::vector<Question> waiting_;     // for keys
  std::uint64_t last_check_ = 0;
  std::map<std::uint64_t, Question> checked_;  // those in the pool, by number
  // Null once this is gone: what runs in the pool then outlives it.
  const std::shared_ptr<AuthJwt*> self_ = std::make_shared<AuthJwt*>(this);
  Timer due_ = Timer::bind<&AuthJwt::on_due>(this);
};

}  // namespace rosterd::app
