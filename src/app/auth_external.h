// SPDX-License-Identifier: MIT
// AuthExternal: accounts that a program knows (the protocol's section 5 F), by a small pool of it.
// Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "app/auth_program.h"
#include "base/timers.h"
#include "im/ports.h"

namespace rosterd::app {

class AuthExternal final : public im::AuthSource, AuthProgram::Owner {
 public:
  // Logins that may wait for a free program.
  static constexpr std::size_t kWaitingMax = 1000;

  // All outlive it, and each question's AuthEvents its answer.
  AuthExternal(std::string host, net::ProcessStarter& starter, const Clock& clock, Timers& timers,
               ProgramOptions options, Duration timeout);
  // Stops the programs. Questions that are open are answered with kUnavailable.
  ~AuthExternal() override;

  void fetch_keys(const xmpp::Jid& user, crypto::Hash hash, std::uint64_t ticket,
                  im::AuthEvents* events) override;
  // Waits for a free program as long as for its answer, at most.
  void check_password(const xmpp::Jid& user, std::string password, std::uint64_t ticket,
                      im::AuthEvents* events) override;
  void identify(xmpp::Evidence evidence, std::uint64_t ticket, im::AuthEvents* events) override;
  // As check_password().
  bool find_user(const xmpp::Jid& user, std::uint64_t ticket, im::UserEvents* events) override;

 private:
  struct Question {
    xmpp::Jid user;
    std::string password;
    std::uint64_t ticket;
    im::AuthEvents* login;  // one of these asks
    im::UserEvents* finder = nullptr;
    Instant patience{};  // until when it waits for a program
  };
  struct Refusal {
    Question question;
    Error error;
    bool wants_keys = false;
  };
  void on_answer(AuthProgram& program, Result<bool> answer) override;
  void on_started() override { pump(); }
  void pump();
  AuthProgram* find_free();
  bool may_wait() const;
  void hand_over(Question& question, AuthProgram& program);
  void ask(Question question);
  void finish(Question& question, const Result<bool>& answer);
  void refuse_soon(Question question, Error error, bool wants_keys = false);
  void give_refusals();
  void on_patience_over();

  const std::string host_;
  const Clock& clock_;
  Timers& timers_;
  const ProgramOptions options_;
  const Duration timeout_;
  std::deque<Question> waiting_;  // with those first whose patience ends first
  std::unordered_map<const AuthProgram*, Question> asked_;
  std::vector<Refusal> refusals_;  // to be given after the call that asked has returned
  std::vector<std::unique_ptr<AuthProgram>> programs_;
  Timer patience_ = Timer::bind<&AuthExternal::on_patience_over>(this);
  Timer refusing_ = Timer::bind<&AuthExternal::give_refusals>(this);
};

}  // namespace rosterd::app
