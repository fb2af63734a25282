// SPDX-License-Identifier: MIT
#include "im/roster_table.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "im/roster_diff.h"
#include "im/roster_iq.h"
#include "im/visibility.h"

namespace rosterd::im {

namespace {

// One user's roster on its way into force.
struct Swap {
  User* user;
  HeldRoster incoming;  // after the swap: what it replaced
  RosterState state;
  std::vector<ItemChange> changes;
};

// One direction between two users, before the swap and after it.
struct Sight {
  bool before = false;
  bool after = false;

  bool lost() const { return before && !after; }
  bool gained() const { return !before && after; }
};

// Two users of whom one names the other, in the old rosters or in the new ones.
struct Pair {
  User* a;
  User* b;
  Sight a_sees_b = {};
  Sight b_sees_a = {};
};

void diff(std::vector<Swap>& swaps) {
  for (Swap& swap : swaps) {
    const Roster* before = swap.user->roster();
    if (before == swap.incoming.roster.get()) continue;  // not modified
    swap.changes = diff_rosters(before, *swap.incoming.roster);
  }
}

// Each pair once, whichever of the two rosters (or both) names the other. Only a changed item can
// change who sees whom.
std::vector<Pair> collect_pairs(const State& state, const std::vector<Swap>& swaps) {
  std::vector<Pair> pairs;
  for (const Swap& swap : swaps) {
    for (const ItemChange& change : swap.changes) {
      User* contact = state.directory.find_user(change.contact());
      if (!contact) continue;
      const auto [a, b] =
          std::minmax(swap.user, contact, [](User* x, User* y) { return x->atom < y->atom; });
      pairs.push_back({a, b});
    }
  }
  const auto order = [](const Pair& x, const Pair& y) {
    return std::pair(x.a->atom, x.b->atom) < std::pair(y.a->atom, y.b->atom);
  };
  const auto equal = [](const Pair& x, const Pair& y) { return x.a == y.a && x.b == y.b; };
  std::sort(pairs.begin(), pairs.end(), order);
  pairs.erase(std::unique(pairs.begin(), pairs.end(), equal), pairs.end());
  return pairs;
}

void look(std::vector<Pair>& pairs, bool Sight::*when) {
  for (Pair& pair : pairs) {
    pair.a_sees_b.*when = sees(*pair.a, *pair.b);
    pair.b_sees_a.*when = sees(*pair.b, *pair.a);
  }
}

void swap_in(std::vector<Swap>& swaps) {
  for (Swap& swap : swaps) {
    std::optional<HeldRoster>& held = swap.user->held;
    if (held) {
      std::swap(*held, swap.incoming);
    } else {
      held = std::move(swap.incoming);
    }
    swap.user->roster_state = swap.state;
  }
}

// What was addressed to `watcher` in person goes with it: he hears of the end once.
void forget_directed(Session& from, const User& watcher) {
  const auto forget = [&from](std::string_view address) {
    const auto found = from.directed.find(address);
    if (found != from.directed.end()) from.directed.erase(found);
  };
  forget(watcher.jid.text());
  for_each_available(watcher, [&](Session& to) { forget(to.jid.text()); });
}

void lose_sight(State& state, User& watcher, User& lost) {
  for_each_available(lost, [&](Session& from) {
    for_each_available(watcher, [&](Session& to) {
      state.send(to, [&](std::string& out) {
        xmpp::write_unavailable(out, from.jid.text(), watcher.jid.text());
      });
    });
    if (!from.directed.empty()) forget_directed(from, watcher);
  });
}

void gain_sight(State& state, User& watcher, User& gained) {
  for_each_available(gained, [&](Session& from) {
    for_each_available(watcher, [&](Session& to) {
      state.send(to, [&](std::string& out) { from.presence->write(out, watcher.jid.text()); });
    });
  });
}

// The heart: the order of the outboxes is that of these statements.
void put_into_force(State& state, std::vector<Swap>& swaps) {
  diff(swaps);
  std::vector<Pair> pairs = collect_pairs(state, swaps);
  look(pairs, &Sight::before);
  swap_in(swaps);
  look(pairs, &Sight::after);
  for (const Pair& pair : pairs) {
    if (pair.a_sees_b.lost()) lose_sight(state, *pair.a, *pair.b);
    if (pair.b_sees_a.lost()) lose_sight(state, *pair.b, *pair.a);
  }
  for (const Swap& swap : swaps) {
    push_roster_changes(state, *swap.user, swap.changes);
    answer_waiting_gets(state, *swap.user);
  }
  for (const Pair& pair : pairs) {
    if (pair.a_sees_b.gained()) gain_sight(state, *pair.a, *pair.b);
    if (pair.b_sees_a.gained()) gain_sight(state, *pair.b, *pair.a);
  }
}

// Only what is newer than whatever is known to have changed the roster may spare a login the
// question.
enum class Freshness { kAsTold, kNone };

HeldRoster hold(const State& state, RosterChange& change, Freshness freshness) {
  if (freshness == Freshness::kNone) change.tag.fresh_until = Instant();
  return {std::move(change.roster), std::move(change.tag), change.sequence, state.clock.now()};
}

// A batch that began while the user was here may end after he has left. It may improve the kept
// copy but not make one: there is none if a refresh has since said not to use it.
void keep_for_later(State& state, RosterChange& change) {
  HeldRoster* kept = state.kept_rosters.find(change.user.text());
  if (!kept || change.sequence < kept->sequence) return;
  *kept = hold(state, change, Freshness::kNone);
}

// What is too old for this login is still newer than the copy that serves, or would, while the web
// app does not answer; and a refresh is being answered for it: behind that nobody may go back.
void collect_swap(const State& state, User& user, RosterChange& change, std::vector<Swap>& swaps) {
  const bool newer = !user.held || change.sequence >= user.held->sequence;
  if (newer && change.sequence >= user.oldest_usable) {
    const bool current = change.sequence >= user.changed_at;
    const Freshness freshness = current ? Freshness::kAsTold : Freshness::kNone;
    swaps.push_back({&user, hold(state, change, freshness), RosterState::kCurrent, {}});
  } else if (newer && user.roster()) {
    swaps.push_back({&user, hold(state, change, Freshness::kNone), user.roster_state, {}});
  } else if (newer && user.held) {
    *user.held = hold(state, change, Freshness::kNone);
  } else {
    ROSTERD_DEBUG("im", "older roster dropped",
                  {{"user", user.jid.text()}, {"sequence", change.sequence}});
  }
}

// One swap per user, the newest.
std::vector<Swap> collect_swaps(State& state, std::vector<RosterChange>& batch) {
  std::stable_sort(batch.begin(), batch.end(), [](const RosterChange& x, const RosterChange& y) {
    return std::pair(x.user.text(), x.sequence) < std::pair(y.user.text(), y.sequence);
  });
  std::vector<Swap> swaps;
  swaps.reserve(batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    RosterChange& change = batch[i];
    if (i + 1 < batch.size() && batch[i + 1].user == change.user) continue;
    if (User* user = state.directory.find_user(change.user.text())) {
      collect_swap(state, *user, change, swaps);
    } else {
      keep_for_later(state, change);
    }
  }
  return swaps;
}

// The copy from an earlier login comes into force as it is.
void apply_kept_roster(State& state, User& user, RosterState as) {
  std::vector<Swap> swaps;
  swaps.push_back({&user, std::move(*user.held), as, {}});
  user.held.reset();
  put_into_force(state, swaps);
}

// What the change gives and the contact's roster does not give back, of either direction.
bool is_one_sided(const ItemChange& change, const RosterItem* back) {
  const Subscription had = change.before ? change.before->subscription : Subscription::kNone;
  const Subscription has = change.after ? change.after->subscription : Subscription::kNone;
  const Subscription given_back = back ? back->subscription : Subscription::kNone;
  const bool wants = has_to(has) && !has_to(had);
  const bool grants = has_from(has) && !has_from(had);
  return (wants && !has_from(given_back)) || (grants && !has_to(given_back));
}

}  // namespace

std::vector<xmpp::Jid> find_one_sided(const State& state, const RosterChange& change) {
  std::vector<xmpp::Jid> contacts;
  const User* user = state.directory.find_user(change.user.text());
  if (!user) return contacts;
  for (const ItemChange& item : diff_rosters(user->roster(), *change.roster)) {
    const User* contact = state.directory.find_user(item.contact());
    if (!contact || contact == user || !contact->roster()) continue;
    if (is_one_sided(item, contact->find_item(user->atom))) contacts.push_back(contact->jid);
  }
  return contacts;
}

void apply_rosters(State& state, std::vector<RosterChange> batch) {
  std::vector<Swap> swaps = collect_swaps(state, batch);
  put_into_force(state, swaps);
  ROSTERD_DEBUG("im", "rosters applied", {{"users", swaps.size()}, {"batch", batch.size()}});
}

void on_fetch_failed(State& state, User& user) {
  if (user.roster()) return;
  const Instant now = state.clock.now();
  if (user.held && now - user.held->confirmed < state.options.roster_stale_max) {
    apply_kept_roster(state, user, RosterState::kStale);
    log::info("im", "roster applied stale", {{"user", user.jid.text()}});
    return;
  }
  user.roster_state = RosterState::kFailed;
  fail_waiting_gets(state, user);
}

bool apply_fresh_copy(State& state, User& user) {
  if (!user.held || state.clock.now() >= user.held->tag.fresh_until) return false;
  apply_kept_roster(state, user, RosterState::kCurrent);
  return true;
}

const HeldRoster* find_current_roster(const State& state, const xmpp::Jid& bare) {
  const User* user = state.directory.find_user(bare.text());
  if (!user || user->roster_state != RosterState::kCurrent) return nullptr;
  return user->held->sequence >= user->changed_at ? &*user->held : nullptr;
}

void outdate_roster(State& state, const xmpp::Jid& bare, std::uint64_t sequence) {
  User* user = state.directory.find_user(bare.text());
  if (!user) return;
  user->changed_at = std::max(user->changed_at, sequence);
  if (user->held) user->held->tag.fresh_until = Instant();
}

void forget_roster(State& state, const xmpp::Jid& bare) {
  state.kept_rosters.take(bare.text());
  User* user = state.directory.find_user(bare.text());
  if (user && !user->roster()) user->held.reset();
}

}  // namespace rosterd::im
