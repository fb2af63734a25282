// SPDX-License-Identifier: MIT
#include "app/roster_delta.h"

#include <utility>

namespace rosterd::app {

namespace {

// The deltas as one: a whole roster that they begin with, or the one in force, and the edits of it.
struct Sum {
  const RosterDelta* whole = nullptr;  // null: the roster in force
  bool uses_base = false;              // it matters which roster is in force
  std::vector<im::RosterEdit> edits;
  std::string etag;  // of the outcome
};

// nullopt: one of them is not meant for what those before it make of `base`, which may be null.
std::optional<Sum> add_up(const im::HeldRoster* base, const std::vector<RosterDelta>& deltas) {
  Sum sum;
  if (base) sum.etag = base->tag.etag;
  for (const RosterDelta& delta : deltas) {
    if (!sum.whole && (!delta.whole || delta.if_etag)) {
      if (!base) return std::nullopt;
      sum.uses_base = true;
    }
    if (delta.if_etag && *delta.if_etag != sum.etag) return std::nullopt;
    if (delta.whole) {
      sum.whole = &delta;
      sum.edits.clear();
    }
    sum.edits.insert(sum.edits.end(), delta.edits.begin(), delta.edits.end());
    sum.etag = delta.etag;
  }
  return sum;
}

}  // namespace

std::optional<DeliveredRoster> deliver(im::Core& core, const xmpp::Jid& user,
                                       const std::vector<RosterDelta>& deltas,
                                       std::size_t max_contacts, std::uint64_t sequence) {
  const im::HeldRoster* const current = core.find_current_roster(user);
  auto sum = add_up(current, deltas);
  if (!sum) return std::nullopt;
  const im::SharedRoster& base = sum->whole ? sum->whole->roster : current->roster;
  im::NewRoster roster = im::edit_roster(base, sum->edits);
  if (roster.contacts() > max_contacts) return std::nullopt;

  DeliveredRoster delivered;
  delivered.change.user = user;
  delivered.change.roster = std::move(roster);
  delivered.change.tag.etag = std::move(sum->etag);
  delivered.change.sequence = sequence;
  if (sum->uses_base) delivered.base = current->roster;
  return delivered;
}

bool is_usable(const im::Core& core, const DeliveredRoster& delivered) {
  if (!delivered.base) return true;
  const im::HeldRoster* held = core.find_held_roster(delivered.change.user);
  if (!held) return false;
  return held->roster == delivered.base || held->sequence > delivered.change.sequence;
}

}  // namespace rosterd::app
