// SPDX-License-Identifier: MIT
#include "im/roster_swap.h"

#include <algorithm>
#include <utility>

#include "im/roster_iq.h"
#include "im/visibility.h"

namespace rosterd::im {

namespace {

// One direction between two users, before the swap and after it.
struct Sight {
  bool before = false;
  bool after = false;

  bool lost() const { return before && !after; }
  bool gained() const { return !before && after; }
};

// Two users of whom one names the other, in the old rosters or in the new ones.
struct Pair {
  Pair(User& one, User& other)
      : a(one.atom < other.atom ? &one : &other), b(one.atom < other.atom ? &other : &one) {
    key = std::uint64_t{a->atom} << 32 | b->atom;
  }
  Atom a_atom() const { return static_cast<Atom>(key >> 32); }
  Atom b_atom() const { return static_cast<Atom>(key); }

  User* a;  // whose atom is less
  User* b;
  std::uint64_t key;  // of both atoms: to be sorted without looking at the users
  Sight a_sees_b = {};
  Sight b_sees_a = {};
};

// A new name or new groups change nothing of who sees whom.
bool may_change_sight(const ItemChange& change) {
  return !change.before || !change.after ||
         change.before->subscription != change.after->subscription;
}

// Each pair once, whichever of the two rosters (or both) names the other. Only a changed item can
// change who sees whom.
std::vector<Pair> collect_pairs(const State& state, const std::vector<RosterSwap>& swaps) {
  std::vector<Pair> pairs;
  for (const RosterSwap& swap : swaps) {
    for (const ItemChange& change : swap.changes) {
      if (!may_change_sight(change)) continue;
      User* contact = state.directory.find_user(change.contact());
      if (contact && contact != swap.user) pairs.emplace_back(*swap.user, *contact);
    }
  }
  std::sort(pairs.begin(), pairs.end(), [](const Pair& x, const Pair& y) { return x.key < y.key; });
  const auto equal = [](const Pair& x, const Pair& y) { return x.key == y.key; };
  pairs.erase(std::unique(pairs.begin(), pairs.end(), equal), pairs.end());
  return pairs;
}

void look(std::vector<Pair>& pairs, bool Sight::*when) {
  for (Pair& pair : pairs) {
    const RosterItem* const of_a = pair.a->find_item(pair.b_atom());
    const RosterItem* const of_b = pair.b->find_item(pair.a_atom());
    pair.a_sees_b.*when = grants_sight(of_a, of_b);
    pair.b_sees_a.*when = grants_sight(of_b, of_a);
  }
}

void swap_in(std::vector<RosterSwap>& swaps) {
  for (RosterSwap& swap : swaps) {
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

}  // namespace

// The heart: the order of the outboxes is that of these statements.
void put_into_force(State& state, std::vector<RosterSwap>& swaps) {
  std::vector<Pair> pairs = collect_pairs(state, swaps);
  look(pairs, &Sight::before);
  swap_in(swaps);
  look(pairs, &Sight::after);
  for (const Pair& pair : pairs) {
    if (pair.a_sees_b.lost()) lose_sight(state, *pair.a, *pair.b);
    if (pair.b_sees_a.lost()) lose_sight(state, *pair.b, *pair.a);
  }
  for (const RosterSwap& swap : swaps) {
    push_roster_changes(state, *swap.user, swap.changes);
    answer_waiting_gets(state, *swap.user);
  }
  for (const Pair& pair : pairs) {
    if (pair.a_sees_b.gained()) gain_sight(state, *pair.a, *pair.b);
    if (pair.b_sees_a.gained()) gain_sight(state, *pair.b, *pair.a);
  }
}

}  // namespace rosterd::im
