// SPDX-License-Identifier: MIT
#include "app/refresh_batch.h"

#include <utility>

namespace rosterd::app {

RefreshBatch::RefreshBatch(const Client& client, im::Core& core, RosterSource& source,
                           const Clock& clock, Events& events)
    : client_(client),
      core_(core),
      source_(source),
      clock_(clock),
      events_(events),
      started_(clock.now()) {}

RefreshBatch::~RefreshBatch() {
  for (const auto& [ticket, elements] : pending_) source_.cancel_refetch(ticket);
}

void RefreshBatch::start(const std::vector<RefreshUser>& users, Timers& timers, Duration deadline) {
  for (const RefreshUser& named : users) {
    if (core_.is_online(named.user)) {
      core_.outdate_roster(named.user);
      ask(named.user, named.elements);
    } else {
      core_.forget_roster(named.user);
      updated_ += named.elements;
    }
  }
  if (!complete()) timers.arm(deadline_, started_ + deadline);
}

void RefreshBatch::ask(const xmpp::Jid& user, std::size_t elements) {
  asked_.emplace(user.text());
  pending_.emplace(source_.refetch(user, this), elements);
}

// A web app that befriends two users may name only one of them. The other's roster, as it was when
// he logged in, does not grant what the new one does, so nobody would see anybody until he is named
// too: he is asked for in the same batch, once.
void RefreshBatch::ask_counterparts() {
  if (std::exchange(counterparts_asked_, true)) return;
  for (const im::RosterChange& change : changes_) {
    for (const xmpp::Jid& contact : core_.find_one_sided(change)) {
      if (!asked_.contains(std::string(contact.text()))) ask(contact, 0);
    }
  }
}

void RefreshBatch::give_up(const std::string& why) {
  deadline_.cancel();
  for (const auto& [ticket, elements] : pending_) {
    source_.cancel_refetch(ticket);
    count_error(elements, why);
  }
  pending_.clear();
}

void RefreshBatch::on_refetched(std::uint64_t ticket, const xmpp::Jid& user,
                                Result<im::RosterChange> change) {
  const auto found = pending_.find(ticket);
  if (found == pending_.end()) return;
  const std::size_t elements = found->second;
  pending_.erase(found);
  if (change) {
    changes_.push_back(std::move(*change));
    updated_ += elements;
  } else {
    count_error(elements, std::string(user.text()) + ": " + change.error().text);
  }
  if (complete()) ask_counterparts();
  if (!complete()) return;
  deadline_.cancel();
  events_.on_batch_complete(*this);
}

void RefreshBatch::on_deadline() {
  give_up("the refresh took too long");
  events_.on_batch_complete(*this);
}

void RefreshBatch::count_error(std::size_t elements, const std::string& why) {
  errors_ += elements;
  if (elements > 0 && first_error_.empty()) first_error_ = why;
}

}  // namespace rosterd::app
