// SPDX-License-Identifier: MIT
// UserQuestions: sessions that wait for the UserFinder's word on somebody, with what each will be
// sent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/handle.h"
#include "im/directory.h"
#include "im/ports.h"
#include "im/session.h"

namespace rosterd::im {

struct State;

// A whole stanza for either case.
struct UserQuestion {
  std::string if_exists;
  std::string if_missing;
};

class UserQuestions final : UserFinderEvents {
 public:
  static constexpr std::size_t kPerSession = 10;
  static constexpr std::size_t kMostBytes = 4096;  // of a question's stanzas

  // `state` owns it.
  explicit UserQuestions(State& state) : state_(state) {}
  // See Core::set_user_finder().
  void set_finder(UserFinder* finder) { finder_ = finder; }
  bool may_ask() const { return finder_ != nullptr; }

  // The session gets one of the two, later. False, and nothing, for one that waits for too much
  // already, or for a question that is too big to keep.
  bool ask(const Session& asker, const Target& account, UserQuestion question);
  // The session has ended and gets nothing any more.
  void forget(const Session& asker);

 private:
  struct Waiting {
    std::uint64_t ticket;
    UserQuestion question;
  };
  void on_user_found(std::uint64_t ticket, bool exists) override;

  State& state_;
  UserFinder* finder_ = nullptr;
  std::uint64_t last_ticket_ = 0;
  std::unordered_map<std::uint64_t, Handle<Session>> asked_by_;      // by ticket
  std::unordered_map<std::uint64_t, std::vector<Waiting>> waiting_;  // by session
};

}  // namespace rosterd::im
