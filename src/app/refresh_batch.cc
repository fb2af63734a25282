// SPDX-License-Identifier: MIT
#include "app/refresh_batch.h"

#include <algorithm>
#include <utility>

namespace rosterd::app {

RefreshBatch::RefreshBatch(const Client& client, im::Core& core, RosterSource& source,
                           const Clock& clock, Events& events)
    : client_(client),
      core_(core),
      source_(source),
      clock_(clock),
      events_(events),
      started_(clock.now()),
      sequence_(source.next_sequence()) {}

RefreshBatch::~RefreshBatch() {
  cancel_pending();
  for (const Atom user : asked_) core_.interner().release(user);
}

void RefreshBatch::start(RefreshRequest request, Timers& timers, Duration deadline) {
  elements_.assign(request.elements, false);
  for (; !request.users.empty(); request.users.pop_front()) {
    begin(std::move(request.users.front()));
  }
  if (complete()) ask_for_more();
  if (!complete()) timers.arm(deadline_, started_ + deadline);
}

void RefreshBatch::begin(RefreshUser named) {
  mark_asked(named.user);
  source_.login_rosters().drop(named.user);
  if (!core_.is_online(named.user)) return core_.forget_roster(named.user);
  std::optional<DeliveredRoster> delivered;
  if (!named.deltas.empty()) {
    const RosterLimits& limits = source_.options().of(named.user.domain()).limits;
    delivered = deliver(core_, named.user, named.deltas, limits.contacts, sequence_);
  }
  core_.outdate_roster(named.user, sequence_);
  if (!delivered) return ask(named.user, std::move(named.elements));
  delivered_.push_back({std::move(*delivered), std::move(named.elements)});
}

void RefreshBatch::mark_asked(const xmpp::Jid& user) {
  const Atom atom = core_.interner().acquire(user.text());
  if (!asked_.insert(atom).second) core_.interner().release(atom);
}

void RefreshBatch::ask(const xmpp::Jid& user, Elements elements) {
  mark_asked(user);
  pending_.emplace(source_.refetch(user, this), std::move(elements));
}

// All that was asked for is there. What is to be asked for because of it?
void RefreshBatch::ask_for_more() {
  if (failed()) return;
  for (Delivered& lost : withdraw_unusable()) {
    ask(lost.roster.change.user, std::move(lost.elements));
  }
  if (complete()) ask_counterparts();
}

// A patch was made for a roster that is not in force any more. Of somebody who has left nothing
// remains to be changed, and what is kept of him must not be used again.
std::vector<RefreshBatch::Delivered> RefreshBatch::withdraw_unusable() {
  std::vector<Delivered> unusable;
  std::erase_if(delivered_, [&](Delivered& delivered) {
    if (is_usable(core_, delivered.roster)) return false;
    const xmpp::Jid& user = delivered.roster.change.user;
    if (core_.is_online(user)) {
      unusable.push_back(std::move(delivered));
    } else {
      core_.forget_roster(user);
    }
    return true;
  });
  return unusable;
}

// A web app that befriends two users may name only one of them. The other's roster, as it was when
// he logged in, does not grant what the new one does, so nobody would see anybody until he is named
// too: he is asked for in the same batch, once.
void RefreshBatch::ask_counterparts() {
  if (std::exchange(counterparts_asked_, true)) return;
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    if (gives_to_others_[i] || !core_.is_prepared(changes_[i])) ask_counterparts_of(changes_[i]);
  }
  for (const Delivered& delivered : delivered_) ask_counterparts_of(delivered.roster.change);
}

// Found out when a roster arrives: of a batch of thousands who name each other nothing is left to
// be looked for in the turn that applies it.
bool RefreshBatch::gives_to_others(const im::RosterChange& change) const {
  for (const std::string_view contact : core_.find_gifted(change)) {
    if (!is_asked(contact)) return true;
  }
  return false;
}

void RefreshBatch::ask_counterparts_of(const im::RosterChange& change) {
  for (const xmpp::Jid& contact : core_.find_one_sided(change)) {
    if (!is_asked(contact.text())) ask(contact, {});
  }
}

void RefreshBatch::give_up(const std::string& why) {
  deadline_.cancel();
  for (const auto& [ticket, elements] : pending_) count_errors(elements, why);
  cancel_pending();
  for (const Delivered& lost : withdraw_unusable()) count_errors(lost.elements, why);
}

void RefreshBatch::cancel_pending() {
  for (const auto& [ticket, elements] : pending_) source_.cancel_refetch(ticket);
  pending_.clear();
}

void RefreshBatch::on_refetched(std::uint64_t ticket, const xmpp::Jid& user,
                                Result<im::RosterChange> change) {
  const auto found = pending_.find(ticket);
  if (found == pending_.end()) return;
  const Elements elements = std::move(found->second);
  pending_.erase(found);
  if (change) {
    core_.prepare(*change);
    gives_to_others_.push_back(gives_to_others(*change));
    changes_.push_back(std::move(*change));
  } else {
    count_errors(elements, std::string(user.text()) + ": " + change.error().text);
  }
  if (failed()) cancel_pending();
  if (complete()) ask_for_more();
  if (!complete()) return;
  deadline_.cancel();
  events_.on_batch_complete(*this);
}

im::RosterBatch RefreshBatch::take_changes() {
  if (failed()) return {};
  for (Delivered& delivered : delivered_) changes_.push_back(std::move(delivered.roster.change));
  return std::move(changes_);
}

void RefreshBatch::on_deadline() {
  give_up("the refresh took too long");
  events_.on_batch_complete(*this);
}

void RefreshBatch::count_errors(const Elements& elements, const std::string& why) {
  if (!elements.empty() && first_error_.empty()) first_error_ = why;
  for (const std::uint32_t element : elements) {
    if (elements_[element]) continue;
    elements_[element] = true;
    ++errors_;
  }
}

}  // namespace rosterd::app
