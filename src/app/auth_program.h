// SPDX-License-Identifier: MIT
// AuthProgram: one running program that knows the accounts: asked one question at a time, started
// again when it has failed. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/program_protocol.h"
#include "app/retry.h"
#include "base/time.h"
#include "base/timers.h"
#include "net/process.h"

namespace rosterd::app {

struct ProgramOptions {
  std::vector<std::string> command;  // absolute path, arguments
  ProgramProtocol protocol = ProgramProtocol::kEjabberd;
  std::size_t count = 4;  // of programs at once

  friend bool operator==(const ProgramOptions&, const ProgramOptions&) = default;
};

class AuthProgram final : net::ProcessEvents {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    // What was asked: yes or no, kTimeout, kInvalid (it makes no sense), kUnavailable (it has
    // ended). Never from inside ask(). There may be another question now, or later.
    virtual void on_answer(AuthProgram& program, Result<bool> answer) = 0;
    // It has been started, and is free.
    virtual void on_started() = 0;
  };

  // All outlive it. It is started at the end of the turn. `host` is for log lines.
  AuthProgram(net::ProcessStarter& starter, const Clock& clock, Timers& timers,
              const ProgramOptions& options, Duration timeout, std::string host, Owner& owner);
  // The program is stopped, and a question that is open has no answer.
  ~AuthProgram() override;
  AuthProgram(const AuthProgram&) = delete;
  AuthProgram& operator=(const AuthProgram&) = delete;

  // It runs, or will within this turn.
  bool may_serve() const { return process_ ? !killed_ : !failing_; }
  bool is_free() const { return process_ && !asking_ && !killed_; }
  // `question` as the protocol writes it. `secret` is the password in it, which is kept out of the
  // log until there is an answer.
  void ask(std::string question, std::string secret);

 private:
  static constexpr std::size_t kLineMax = 1024;
  static constexpr int kLinesPerPeriod = 20;
  static constexpr Duration kPeriod = std::chrono::seconds(10);

  void on_output(std::string_view bytes) override;
  void on_error_output(std::string_view bytes) override;
  void on_exit(const Error& reason) override;
  void start();
  void on_deadline();
  void kill(const Error& why);
  void report(std::string_view what, const std::string& why);
  void settle(Result<bool> answer);
  void start_later();
  void log_line();

  net::ProcessStarter& starter_;
  const Clock& clock_;
  Timers& timers_;
  const ProgramOptions& options_;
  const Duration timeout_;  // of an answer
  const std::string host_;
  Owner& owner_;
  Random random_;
  net::Process* process_ = nullptr;  // null while it does not run
  ProgramAnswers answers_;
  bool asking_ = false;
  bool failing_ = false;  // it has been logged that it fails
  std::string secret_;
  bool killed_ = false;  // and has not ended yet
  std::string line_;     // of standard error
  Instant period_begun_{};
  int lines_ = 0;  // logged in this period, and those left out
  Backoff backoff_;
  Timer deadline_ = Timer::bind<&AuthProgram::on_deadline>(this);
  Timer starting_ = Timer::bind<&AuthProgram::start>(this);
};

}  // namespace rosterd::app
