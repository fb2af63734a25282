// SPDX-License-Identifier: MIT
#include "app/auth_program.h"

#include <algorithm>
#include <utility>

#include "base/crypto.h"
#include "base/log.h"
#include "base/text.h"

namespace rosterd::app {

namespace {

constexpr Duration kFirstPause = std::chrono::milliseconds(250);
constexpr Duration kLongestPause = std::chrono::seconds(30);

}  // namespace

AuthProgram::AuthProgram(net::ProcessStarter& starter, const Clock& clock, Timers& timers,
                         const ProgramOptions& options, Duration timeout, std::string host,
                         Owner& owner)
    : starter_(starter),
      clock_(clock),
      timers_(timers),
      options_(options),
      timeout_(timeout),
      host_(std::move(host)),
      owner_(owner),
      random_(make_random()),
      answers_(options.protocol),
      backoff_(kFirstPause, kLongestPause) {
  timers_.arm(starting_, clock_.now());
}

AuthProgram::~AuthProgram() {
  crypto::wipe(secret_);
  if (process_) process_->stop();
}

// --- starting and ending -------------------------------------------------------------------------

void AuthProgram::start() {
  auto started = starter_.start(options_.command, this);
  if (!started && started.error().code == Errc::kCancelled) return;
  if (!started) {
    report("a program for logins cannot be started", started.error().text);
    return start_later();
  }
  process_ = *started;
  killed_ = false;
  answers_ = ProgramAnswers(options_.protocol);
  owner_.on_started();
}

void AuthProgram::start_later() { timers_.arm(starting_, clock_.now() + backoff_.next(random_)); }

void AuthProgram::kill(const Error& why) {
  killed_ = true;
  process_->kill();
  report("a program for logins has failed", why.text);
  if (asking_) settle(tl::unexpected<Error>(why));
}

void AuthProgram::on_exit(const Error& reason) {
  process_ = nullptr;
  if (!line_.empty()) log_line();
  const Error why{Errc::kUnavailable, "it has ended: " + reason.text};
  if (reason.code == Errc::kCancelled) {
    failing_ = true;  // the daemon stops
  } else {
    start_later();
    if (!killed_) report("a program for logins has failed", why.text);
  }
  if (asking_) settle(tl::unexpected<Error>(why));
}

// One line per outage; the next ones are about the same.
void AuthProgram::report(std::string_view what, const std::string& why) {
  const auto level = std::exchange(failing_, true) ? log::Level::kDebug : log::Level::kWarn;
  log::write(level, "auth", what,
             {{"host", host_}, {"program", options_.command.front()}, {"reason", why}});
}

// --- questions -----------------------------------------------------------------------------------

void AuthProgram::ask(std::string question, std::string secret) {
  asking_ = true;
  secret_ = std::move(secret);
  process_->write(question);
  crypto::wipe(question);
  timers_.arm(deadline_, clock_.now() + timeout_);
}

void AuthProgram::on_deadline() { kill({Errc::kTimeout, "it gives no answer"}); }

void AuthProgram::on_output(std::string_view bytes) {
  if (killed_) return;
  if (!asking_) return kill({Errc::kInvalid, "it speaks without being asked"});
  const auto answer = answers_.take(bytes);
  if (!answer) return kill(answer.error());
  if (!*answer) return;
  backoff_ = Backoff(kFirstPause, kLongestPause);
  if (std::exchange(failing_, false)) {
    log::info("auth", "a program for logins answers again",
              {{"host", host_}, {"program", options_.command.front()}});
  }
  settle(**answer);
}

void AuthProgram::settle(Result<bool> answer) {
  deadline_.cancel();
  asking_ = false;
  crypto::wipe(secret_);
  owner_.on_answer(*this, std::move(answer));
}

// --- what it cries -------------------------------------------------------------------------------

void AuthProgram::on_error_output(std::string_view bytes) {
  for (const char c : bytes) {
    if (c != '\n' && line_.size() < kLineMax) line_ += c;
    if (c == '\n') log_line();
  }
}

// What a program fails at it likes to cite. The rest is its author's business.
void AuthProgram::log_line() {
  std::string line = std::exchange(line_, {});
  for (std::size_t at = 0; !secret_.empty() && (at = line.find(secret_, at)) != line.npos;) {
    line.replace(at, secret_.size(), "***");
    at += 3;
  }
  if (clock_.now() - period_begun_ >= kPeriod) {
    period_begun_ = clock_.now();
    lines_ = 0;
  }
  if (++lines_ > kLinesPerPeriod) return;
  log::warn("auth",
            lines_ == kLinesPerPeriod ? "a program for logins says, and no more for now"
                                      : "a program for logins says",
            {{"host", host_}, {"line", text::for_log(line)}});
}

}  // namespace rosterd::app
