// SPDX-License-Identifier: MIT
#include "app/auth_external.h"

#include <algorithm>
#include <utility>

#include "base/crypto.h"

namespace rosterd::app {

AuthExternal::AuthExternal(std::string host, net::ProcessStarter& starter, const Clock& clock,
                           Timers& timers, ProgramOptions options, Duration timeout)
    : host_(std::move(host)),
      clock_(clock),
      timers_(timers),
      options_(std::move(options)),
      timeout_(timeout) {
  for (std::size_t i = 0; i < options_.count; ++i) {
    AuthProgram::Owner& owner = *this;
    programs_.push_back(
        std::make_unique<AuthProgram>(starter, clock, timers, options_, timeout_, host_, owner));
  }
}

AuthExternal::~AuthExternal() {
  programs_.clear();
  const Error why{Errc::kUnavailable, "the program is no longer used"};
  for (auto& [program, question] : asked_) finish(question, tl::unexpected<Error>(why));
  for (Question& question : waiting_) finish(question, tl::unexpected<Error>(why));
  give_refusals();
}

void AuthExternal::fetch_keys(const xmpp::Jid& user, crypto::Hash, std::uint64_t ticket,
                              im::AuthEvents* events) {
  refuse_soon({user, {}, ticket, events}, {Errc::kUnsupported, "a program is asked, not its keys"},
              true);
}

void AuthExternal::identify(xmpp::Evidence, std::uint64_t ticket, im::AuthEvents* events) {
  refuse_soon({{}, {}, ticket, events},
              {Errc::kUnsupported, "a program is asked about passwords only"});
}

void AuthExternal::check_password(const xmpp::Jid& user, std::string password, std::uint64_t ticket,
                                  im::AuthEvents* events) {
  ask({user, std::move(password), ticket, events});
}

bool AuthExternal::find_user(const xmpp::Jid& user, std::uint64_t ticket, im::UserEvents* events) {
  ask({user, {}, ticket, nullptr, events});
  return true;
}

void AuthExternal::ask(Question question) {
  if (waiting_.size() >= kWaitingMax || !may_wait()) {
    return refuse_soon(std::move(question), {Errc::kUnavailable, "no program can be asked"});
  }
  question.patience = clock_.now() + timeout_;
  waiting_.push_back(std::move(question));
  pump();
}

// --- programs ------------------------------------------------------------------------------------

// Programs that fail may be back in half a minute: who asks meanwhile hears at once that it does
// not work now.
bool AuthExternal::may_wait() const {
  return std::any_of(programs_.begin(), programs_.end(),
                     [](const auto& one) { return one->may_serve(); });
}

AuthProgram* AuthExternal::find_free() {
  const auto free = std::find_if(programs_.begin(), programs_.end(),
                                 [](const auto& one) { return one->is_free(); });
  return free == programs_.end() ? nullptr : free->get();
}

void AuthExternal::pump() {
  while (!waiting_.empty() && !may_wait()) {
    Question question = std::move(waiting_.front());
    waiting_.pop_front();
    finish(question, make_error(Errc::kUnavailable, "no program can be asked"));
  }
  while (!waiting_.empty()) {
    AuthProgram* const free = find_free();
    if (!free) break;
    Question question = std::move(waiting_.front());
    waiting_.pop_front();
    hand_over(question, *free);
  }
  if (waiting_.empty()) return patience_.cancel();
  timers_.arm(patience_, waiting_.front().patience);
}

void AuthExternal::hand_over(Question& question, AuthProgram& program) {
  Result<std::string> text =
      question.finder ? write_user_question(options_.protocol, question.user)
                      : write_program_question(options_.protocol, question.user, question.password);
  if (!text) return refuse_soon(std::move(question), text.error());
  program.ask(std::move(*text), std::move(question.password));
  asked_.emplace(&program, std::move(question));
}

void AuthExternal::on_answer(AuthProgram& program, Result<bool> answer) {
  auto node = asked_.extract(&program);
  // Whatever is wrong with the program says nothing of him.
  if (!answer) answer = make_error(Errc::kUnavailable, "the program: " + answer.error().text);
  finish(node.mapped(), answer);
  pump();
}

// `answer` is the program's, or why there is none.
void AuthExternal::finish(Question& question, const Result<bool>& answer) {
  crypto::wipe(question.password);
  if (question.finder) return question.finder->on_user(question.ticket, answer);
  Result<xmpp::Login> login = make_error(Errc::kDenied, "the program says no");
  if (!answer) login = tl::unexpected<Error>(answer.error());
  if (answer && *answer) login = xmpp::Login{question.user};
  question.login->on_login(question.ticket, login);
}

// --- those who get no answer from one ------------------------------------------------------------

void AuthExternal::on_patience_over() {
  const Instant now = clock_.now();
  while (!waiting_.empty() && waiting_.front().patience <= now) {
    Question question = std::move(waiting_.front());
    waiting_.pop_front();
    finish(question, make_error(Errc::kTimeout, "no program is free"));
  }
  pump();
}

void AuthExternal::refuse_soon(Question question, Error error, bool wants_keys) {
  crypto::wipe(question.password);
  refusals_.push_back({std::move(question), std::move(error), wants_keys});
  timers_.arm(refusing_, clock_.now());
}

void AuthExternal::give_refusals() {
  for (Refusal& refusal : std::exchange(refusals_, {})) {
    Question& question = refusal.question;
    if (refusal.wants_keys) {
      question.login->on_keys(question.ticket, tl::unexpected<Error>(refusal.error));
    } else {
      finish(question, tl::unexpected<Error>(refusal.error));
    }
  }
}

}  // namespace rosterd::app
