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
  for (auto& [program, question] : asked_) turn_away(question, why);
  for (Question& question : waiting_) turn_away(question, why);
  give_answers();
}

void AuthExternal::fetch_keys(const xmpp::Jid&, crypto::Hash, std::uint64_t ticket,
                              im::AuthEvents* events) {
  answer_soon({ticket, events, {Errc::kUnsupported, "a program is asked, not its keys"}, true});
}

void AuthExternal::identify(xmpp::Evidence, std::uint64_t ticket, im::AuthEvents* events) {
  answer_soon({ticket, events, {Errc::kUnsupported, "a program is asked about passwords only"}});
}

void AuthExternal::check_password(const xmpp::Jid& user, std::string password, std::uint64_t ticket,
                                  im::AuthEvents* events) {
  waiting_.push_back({user, std::move(password), ticket, events, clock_.now() + timeout_});
  if (waiting_.size() > kWaitingMax || !may_wait()) {
    Question refused = std::move(waiting_.back());
    waiting_.pop_back();
    crypto::wipe(refused.password);
    return answer_soon({ticket, events, {Errc::kUnavailable, "no program can be asked"}});
  }
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
    turn_away(question, {Errc::kUnavailable, "no program can be asked"});
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
  auto text = write_program_question(options_.protocol, question.user, question.password);
  if (!text) {
    crypto::wipe(question.password);
    return answer_soon({question.ticket, question.events, text.error()});
  }
  program.ask(std::move(*text), std::move(question.password));
  asked_.emplace(&program, std::move(question));
}

void AuthExternal::on_answer(AuthProgram& program, Result<bool> answer) {
  const auto node = asked_.extract(&program);
  const Question& question = node.mapped();
  if (!answer) {
    // Whatever is wrong with the program says nothing of him.
    question.events->on_login(
        question.ticket, make_error(Errc::kUnavailable, "the program: " + answer.error().text));
  } else if (*answer) {
    question.events->on_login(question.ticket, xmpp::Login{question.user});
  } else {
    question.events->on_login(question.ticket, make_error(Errc::kDenied, "the program says no"));
  }
  pump();
}

// --- those who get no answer from one ------------------------------------------------------------

void AuthExternal::on_patience_over() {
  const Instant now = clock_.now();
  while (!waiting_.empty() && waiting_.front().patience <= now) {
    Question question = std::move(waiting_.front());
    waiting_.pop_front();
    turn_away(question, {Errc::kTimeout, "no program is free"});
  }
  pump();
}

void AuthExternal::turn_away(Question& question, const Error& why) {
  crypto::wipe(question.password);
  question.events->on_login(question.ticket, tl::unexpected<Error>(why));
}

void AuthExternal::answer_soon(Answer answer) {
  answers_.push_back(std::move(answer));
  timers_.arm(answering_, clock_.now());
}

void AuthExternal::give_answers() {
  for (const Answer& answer : std::exchange(answers_, {})) {
    if (answer.wants_keys) {
      answer.events->on_keys(answer.ticket, tl::unexpected<Error>(answer.error));
    } else {
      answer.events->on_login(answer.ticket, tl::unexpected<Error>(answer.error));
    }
  }
}

}  // namespace rosterd::app
