// SPDX-License-Identifier: MIT
#include "im/user_questions.h"

#include <algorithm>
#include <utility>

#include "im/state.h"

namespace rosterd::im {

bool UserQuestions::ask(const Session& asker, const Target& account, UserQuestion question) {
  if (question.if_exists.size() + question.if_missing.size() > kMostBytes) return false;
  std::vector<Waiting>& waiting = waiting_[asker.handle.to_u64()];
  if (waiting.size() >= kPerSession) return false;
  const std::uint64_t ticket = ++last_ticket_;
  waiting.push_back({ticket, std::move(question)});
  asked_by_.emplace(ticket, asker.handle);
  finder_->find_user(account.user ? account.user->jid : account.jid.bare(), ticket, this);
  return true;
}

void UserQuestions::forget(const Session& asker) {
  const auto node = waiting_.extract(asker.handle.to_u64());
  if (!node) return;
  for (const Waiting& waiting : node.mapped()) asked_by_.erase(waiting.ticket);
}

void UserQuestions::on_user_found(std::uint64_t ticket, bool exists) {
  const auto asked = asked_by_.extract(ticket);
  if (!asked) return;
  const auto found = waiting_.find(asked.mapped().to_u64());
  std::vector<Waiting>& waiting = found->second;
  const auto answered = std::find_if(waiting.begin(), waiting.end(),
                                     [&](const Waiting& one) { return one.ticket == ticket; });
  const UserQuestion question = std::move(answered->question);
  waiting.erase(answered);
  if (waiting.empty()) waiting_.erase(found);
  Session* const asker = state_.directory.find_session(asked.mapped());
  state_.send(*asker,
              [&](std::string& out) { out += exists ? question.if_exists : question.if_missing; });
}

}  // namespace rosterd::im
