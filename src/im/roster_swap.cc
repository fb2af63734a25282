// SPDX-License-Identifier: MIT
#include "im/roster_swap.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "im/roster_iq.h"
#include "im/visibility.h"

namespace rosterd::im {

namespace {

// What one user's roster says of the other, before the swap and after it; null: nothing.
struct Word {
  const RosterItem* before = nullptr;
  const RosterItem* after = nullptr;
};

// One direction between the two.
bool had_sight(const Word& wanted, const Word& granted) {
  return grants_sight(wanted.before, granted.before);
}
bool has_sight(const Word& wanted, const Word& granted) {
  return grants_sight(wanted.after, granted.after);
}
bool loses_sight(const Word& wanted, const Word& granted) {
  return had_sight(wanted, granted) && !has_sight(wanted, granted);
}
bool gains_sight(const Word& wanted, const Word& granted) {
  return !had_sight(wanted, granted) && has_sight(wanted, granted);
}

// Two users of whom one names the other, in the old rosters or in the new ones, and what changes.
struct Pair {
  User* a;  // whose atom is less
  User* b;
  bool a_loses_b, b_loses_a;
  bool a_gains_b, b_gains_a;
};

Pair make_pair(User* a, User* b, const Word& of_a, const Word& of_b) {
  return {a,
          b,
          loses_sight(of_a, of_b),
          loses_sight(of_b, of_a),
          gains_sight(of_a, of_b),
          gains_sight(of_b, of_a)};
}

// A changed item that stands between two users who are here.
struct Mention {
  std::uint64_t pair;  // both atoms, the lesser first: the same for the other's mention of this one
  std::uint32_t swap;
  std::uint32_t change;
};

std::uint64_t make_pair_key(Atom x, Atom y) {
  return std::uint64_t{std::min(x, y)} << 32 | std::max(x, y);
}

// A new name or new groups change nothing of who sees whom.
bool may_change_sight(const ItemChange& change) {
  return !change.before || !change.after ||
         change.before->subscription != change.after->subscription;
}

// Those of one pair stand together.
std::vector<Mention> collect_mentions(const State& state, const std::vector<RosterSwap>& swaps) {
  std::vector<Mention> mentions;
  for (std::uint32_t i = 0; i < swaps.size(); ++i) {
    const Atom owner = swaps[i].user->atom;
    const std::vector<ItemChange>& changes = swaps[i].change->prepared->differences;
    for (std::uint32_t j = 0; j < changes.size(); ++j) {
      const ItemChange& change = changes[j];
      const Atom contact = change.contact();
      if (contact == owner || !may_change_sight(change) || !state.directory.find_user(contact)) {
        continue;
      }
      mentions.push_back({make_pair_key(owner, contact), i, j});
    }
  }
  std::sort(mentions.begin(), mentions.end(),
            [](const Mention& x, const Mention& y) { return x.pair < y.pair; });
  return mentions;
}

// The word of who does not change it.
Word find_word(const User& of, const User& about) {
  const RosterItem* const item = of.find_item(about.atom);
  return {item, item};
}

// Each pair once, whichever of the two rosters (or both) names the other. Only a changed item can
// change who sees whom.
std::vector<Pair> collect_pairs(const State& state, const std::vector<RosterSwap>& swaps) {
  const std::vector<Mention> mentions = collect_mentions(state, swaps);
  std::vector<Pair> pairs;
  for (auto one = mentions.begin(); one != mentions.end();) {
    User* const a = state.directory.find_user(static_cast<Atom>(one->pair >> 32));
    User* const b = state.directory.find_user(static_cast<Atom>(one->pair));
    std::optional<Word> of_a;
    std::optional<Word> of_b;
    for (const std::uint64_t key = one->pair; one != mentions.end() && one->pair == key; ++one) {
      const RosterSwap& swap = swaps[one->swap];
      const ItemChange& change = swap.change->prepared->differences[one->change];
      (swap.user == a ? of_a : of_b) = Word{change.before, change.after};
    }
    pairs.push_back(
        make_pair(a, b, of_a ? *of_a : find_word(*a, *b), of_b ? *of_b : find_word(*b, *a)));
  }
  return pairs;
}

// Nobody looks at what has been compared any more: one roster or the other is changed in its place.
void swap_in(const std::vector<RosterSwap>& swaps) {
  for (const RosterSwap& swap : swaps) {
    RosterChange& change = *swap.change;
    change.prepared->before.reset();
    std::optional<HeldRoster>& held = swap.user->held;
    SharedRoster replaced = held ? std::move(held->roster) : nullptr;
    held = HeldRoster{change.roster.replace(std::move(replaced)), std::move(change.tag),
                      change.sequence, swap.confirmed};
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
void put_into_force(State& state, const std::vector<RosterSwap>& swaps) {
  const std::vector<Pair> pairs = collect_pairs(state, swaps);
  swap_in(swaps);
  for (const Pair& pair : pairs) {
    if (pair.a_loses_b) lose_sight(state, *pair.a, *pair.b);
    if (pair.b_loses_a) lose_sight(state, *pair.b, *pair.a);
  }
  for (const RosterSwap& swap : swaps) {
    // Taken, so that the next one's pushes have its room.
    const PushQueries queries = std::move(swap.change->prepared->queries);
    push_roster_changes(state, *swap.user, queries);
    answer_waiting_gets(state, *swap.user);
  }
  for (const Pair& pair : pairs) {
    if (pair.a_gains_b) gain_sight(state, *pair.a, *pair.b);
    if (pair.b_gains_a) gain_sight(state, *pair.b, *pair.a);
  }
}

}  // namespace rosterd::im
