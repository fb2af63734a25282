// SPDX-License-Identifier: MIT
#include "im/existence.h"

#include "im/visibility.h"

namespace rosterd::im {

Standing find_standing(const State& state, const Session& asker, const Target& account) {
  if (account.kind == Target::Kind::kNone || account.user == asker.user) return Standing::kKnown;
  const xmpp::Jid& jid = account.user ? account.user->jid : account.jid;
  if (jid.node().empty()) return Standing::kStranger;  // the server's own resources
  if (find_item(state.directory, *asker.user, account)) return Standing::kKnown;
  const bool is_public = is_served(state.options.public_hosts, jid.domain());
  return is_public && state.user_questions.may_ask() ? Standing::kMayAsk : Standing::kStranger;
}

}  // namespace rosterd::im
