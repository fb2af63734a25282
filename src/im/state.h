// SPDX-License-Identifier: MIT
// State: what the parts of this room share. One per Core, which owns it; every part is a few
// functions over it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/intrusive_list.h"
#include "base/time.h"
#include "im/core.h"
#include "im/directory.h"
#include "im/last_seen.h"
#include "im/ports.h"
#include "im/roster_cache.h"
#include "im/session.h"
#include "im/user_questions.h"

namespace rosterd::im {

struct State {
  State(const Options& initial, const Clock& time, RosterFetcher* rosters, Interner& names,
        IntrusiveList<Session, &Session::dirty>& unsent)
      : options(initial), clock(time), fetcher(rosters), dirty(unsent), directory(names) {}

  Options options;
  const Clock& clock;
  RosterFetcher* const fetcher;
  PresenceObserver* observer = nullptr;  // null: nobody is told
  IntrusiveList<Session, &Session::dirty>& dirty;
  Directory directory;
  RosterCache kept_rosters;
  RosterBatch replaced;  // applied; what is left of them, see Core::drop_replaced()
  LastSeen last_seen;
  UserQuestions user_questions{*this};
  CoreStats received;        // only what counts up; Core::stats() adds the rest
  Handled handled;           // of the present stanza
  std::uint64_t logins = 0;  // so far: their numbers
  std::uint64_t pushes = 0;  // sent so far: the ids of roster pushes

  void mark_dirty(Session& session) {
    ++handled.sent;
    if (session.congested) handled.congested = session.handle;
    if (!session.dirty.linked()) dirty.push_back(session);
  }

  // One stanza to one session: `write` appends its bytes to the string that it gets.
  template <class Write>
  void send(Session& to, Write write) {
    write(to.outbox.begin());
    to.outbox.finish();
    mark_dirty(to);
  }
};

}  // namespace rosterd::im
