// SPDX-License-Identifier: MIT
// Existence: who is told whether there is such an account (the end of the protocol's section 5).
// The one place that decides it, for whatever stanza asks.
//
// Whom the asker's own roster in force lists, the web app itself has told him of: he exists. To
// everybody else all answers are the same, and take as long, for accounts that do not exist, that
// nobody uses now and that are not shown to him. Only where a host says that its users are no
// secret (Options::public_hosts) the UserFinder is asked for strangers. It is asked even about
// those of whom a session or a kept roster is here: an answer without it would come sooner, or be
// another one, and so tell strangers who is online, or has just been.
#pragma once

#include <string>
#include <utility>

#include "im/directory.h"
#include "im/state.h"
#include "im/user_questions.h"

namespace rosterd::im {

// What an answer says of an account.
enum class Told : std::uint8_t {
  kNothing,  // as if there were none, or one that is for others alone
  kExists,
  kMissing,
};

// What `asker` may be told of an account, or of the one that a resource is said to be of.
enum class Standing : std::uint8_t {
  kStranger,  // nothing
  kKnown,     // that it exists: it is his own, or in his roster in force
  kMayAsk,    // what the UserFinder says
};
Standing find_standing(const State& state, const Session& asker, const Target& account);

// `asker` gets what write(std::string& out, Told told) appends, which is one stanza: now, or when
// there is an answer. Called within this turn alone.
template <class Write>
void tell_existence(State& state, Session& asker, const Target& account, Write write) {
  const Standing standing = find_standing(state, asker, account);
  if (standing == Standing::kMayAsk) {
    UserQuestion question;
    write(question.if_exists, Told::kExists);
    write(question.if_missing, Told::kMissing);
    if (state.user_questions.ask(asker, account, std::move(question))) return;
  }
  const Told told = standing == Standing::kKnown ? Told::kExists : Told::kNothing;
  state.send(asker, [&](std::string& out) { write(out, told); });
}

}  // namespace rosterd::im
