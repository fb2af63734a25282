// SPDX-License-Identifier: MIT
#include "im/roster_table.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "base/log.h"
#include "im/roster_diff.h"
#include "im/roster_iq.h"
#include "im/roster_swap.h"

namespace rosterd::im {

namespace {

constexpr std::size_t kDroppedPerTurn = 20'000;  // contacts: less than 2 ms
constexpr std::size_t kDroppedBeside = 10;       // what a change costs beside them

// Only what is newer than whatever is known to have changed the roster may spare a login the
// question.
enum class Freshness { kAsTold, kNone };

HeldRoster hold(const State& state, RosterChange& change, Freshness freshness) {
  if (freshness == Freshness::kNone) change.tag.fresh_until = Instant();
  return {change.roster.replace(nullptr), std::move(change.tag), change.sequence,
          state.clock.now()};
}

// A batch that began while the user was here may end after he has left. It may improve the kept
// copy but not make one: there is none if a refresh has since said not to use it.
void keep_for_later(State& state, RosterChange& change) {
  HeldRoster* kept = state.kept_rosters.find(change.user.text());
  if (!kept || change.sequence < kept->sequence) return;
  *kept = hold(state, change, Freshness::kNone);
}

// A change of the batch and the user whom it is for.
struct Candidate {
  Atom user_atom;
  std::uint64_t sequence;
  std::size_t place;  // in the batch
  User* user;

  friend bool operator<(const Candidate& x, const Candidate& y) {
    return std::tie(x.user_atom, x.sequence, x.place) < std::tie(y.user_atom, y.sequence, y.place);
  }
};

// Of users who are here; of one user the newest last.
std::vector<Candidate> collect_candidates(State& state, RosterBatch& batch) {
  std::vector<Candidate> candidates;
  candidates.reserve(batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (User* user = state.directory.find_user(batch[i].user.text())) {
      candidates.push_back({user->atom, batch[i].sequence, i, user});
    } else {
      keep_for_later(state, batch[i]);
    }
  }
  std::sort(candidates.begin(), candidates.end());
  return candidates;
}

// A roster that was made of another one than that in force has to be there as a whole.
RosterComparison compare(const User& user, NewRoster& incoming) {
  RosterComparison comparison{user.shared_roster()};
  if (comparison.before == incoming.base()) {
    comparison.differences = find_changes(incoming);
  } else {
    incoming.make_whole();
    comparison.differences = diff_rosters(comparison.before.get(), *incoming.base());
  }
  return comparison;
}

void render_pushes(const User& user, RosterChange& change) {
  if (!wants_pushes(user)) return;
  change.prepared->queries = PushQueries(change.roster, change.prepared->differences);
}

RosterSwap make_swap(const State& state, User& user, RosterChange& change, RosterState as,
                     Freshness freshness) {
  if (!is_up_to_date(user, change)) change.prepared = compare(user, change.roster);
  // Somebody may have become interested since.
  if (change.prepared->queries.count() == 0) render_pushes(user, change);
  if (freshness == Freshness::kNone) change.tag.fresh_until = Instant();
  return {&user, &change, as, state.clock.now()};
}

// What is too old for this login is still newer than the copy that serves, or would, while the web
// app does not answer; and a refresh is being answered for it: behind that nobody may go back.
void collect_swap(const State& state, User& user, RosterChange& change,
                  std::vector<RosterSwap>& swaps) {
  const bool newer = !user.held || change.sequence >= user.held->sequence;
  if (newer && change.sequence >= user.oldest_usable) {
    const bool current = change.sequence >= user.changed_at;
    const Freshness freshness = current ? Freshness::kAsTold : Freshness::kNone;
    swaps.push_back(make_swap(state, user, change, RosterState::kCurrent, freshness));
  } else if (newer && user.roster()) {
    swaps.push_back(make_swap(state, user, change, user.roster_state, Freshness::kNone));
  } else if (newer && user.held) {
    *user.held = hold(state, change, Freshness::kNone);
  } else {
    ROSTERD_DEBUG("im", "older roster dropped",
                  {{"user", user.jid.text()}, {"sequence", change.sequence}});
  }
}

// One swap per user, the newest.
std::vector<RosterSwap> collect_swaps(State& state, RosterBatch& batch) {
  const std::vector<Candidate> candidates = collect_candidates(state, batch);
  std::vector<RosterSwap> swaps;
  swaps.reserve(candidates.size());
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    User* const user = candidates[i].user;
    if (i + 1 < candidates.size() && candidates[i + 1].user == user) continue;
    collect_swap(state, *user, batch[candidates[i].place], swaps);
  }
  return swaps;
}

// The copy from an earlier login comes into force as it is.
void apply_kept_roster(State& state, User& user, RosterState as) {
  HeldRoster& held = *user.held;
  RosterChange change{user.jid, held.roster, std::move(held.tag), held.sequence};
  change.prepared = compare(user, change.roster);
  render_pushes(user, change);
  put_into_force(state, {{&user, &change, as, held.confirmed}});
}

// What a change gives that was not there before, of either direction.
Subscription find_gift(const ItemChange& change) {
  const Subscription had = change.before ? change.before->subscription : Subscription::kNone;
  const Subscription has = change.after ? change.after->subscription : Subscription::kNone;
  return static_cast<Subscription>(static_cast<unsigned>(has) & ~static_cast<unsigned>(had));
}

bool is_given_back(Subscription gift, const RosterItem* back) {
  const Subscription given = back ? back->subscription : Subscription::kNone;
  return (!has_to(gift) || has_from(given)) && (!has_from(gift) || has_to(given));
}

}  // namespace

bool is_up_to_date(const User& user, const RosterChange& change) {
  return change.prepared && change.prepared->before.get() == user.roster();
}

std::vector<std::string_view> find_gifted(const Interner& names, const RosterChange& change) {
  std::vector<std::string_view> contacts;
  if (!change.prepared) return contacts;
  for (const ItemChange& item : change.prepared->differences) {
    if (find_gift(item) != Subscription::kNone) contacts.push_back(names.text(item.contact()));
  }
  return contacts;
}

std::vector<xmpp::Jid> find_one_sided(const State& state, const RosterChange& change) {
  std::vector<xmpp::Jid> contacts;
  const User* user = state.directory.find_user(change.user.text());
  if (!user) return contacts;
  NewRoster roster;
  RosterComparison now;
  const bool usable = is_up_to_date(*user, change);
  if (!usable) {
    roster = NewRoster(change.roster);
    now = compare(*user, roster);
  }
  for (const ItemChange& item : (usable ? *change.prepared : now).differences) {
    const Subscription gift = find_gift(item);
    if (gift == Subscription::kNone) continue;
    const User* contact = state.directory.find_user(item.contact());
    if (!contact || contact == user || !contact->roster()) continue;
    if (!is_given_back(gift, contact->find_item(user->atom))) contacts.push_back(contact->jid);
  }
  return contacts;
}

void prepare_change(const State& state, RosterChange& change) {
  const User* const user = state.directory.find_user(change.user.text());
  if (!user) return;
  change.prepared = compare(*user, change.roster);
  render_pushes(*user, change);
}

void apply_rosters(State& state, RosterBatch batch) {
  const std::size_t size = batch.size();
  const std::vector<RosterSwap> swaps = collect_swaps(state, batch);
  put_into_force(state, swaps);
  if (state.replaced.empty()) {
    state.replaced = std::move(batch);
  } else {
    std::move(batch.begin(), batch.end(), std::back_inserter(state.replaced));
  }
  ROSTERD_DEBUG("im", "rosters applied", {{"users", swaps.size()}, {"batch", size}});
}

void drop_replaced(State& state) {
  std::size_t contacts = 0;
  while (!state.replaced.empty() && contacts < kDroppedPerTurn) {
    contacts += kDroppedBeside + state.replaced.back().roster.held();
    state.replaced.pop_back();
  }
  if (state.replaced.empty()) RosterBatch().swap(state.replaced);
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
