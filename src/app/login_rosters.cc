// SPDX-License-Identifier: MIT
#include "app/login_rosters.h"

#include <utility>

namespace rosterd::app {

std::uint64_t LoginRosters::expect(const xmpp::Jid& user) {
  const Instant now = clock_.now();
  if (entries_.size() >= kMost) {
    std::erase_if(entries_, [&](const auto& entry) { return entry.second.expires <= now; });
  }
  const std::uint64_t sequence = ++last_sequence_;
  if (entries_.size() >= kMost) return sequence;
  Entry entry;
  entry.brought.sequence = sequence;
  entry.expires = now + kLifetime;
  entries_.insert_or_assign(std::string(user.bare_text()), std::move(entry));
  return sequence;
}

void LoginRosters::bring(const xmpp::Jid& user, Brought brought) {
  const auto found = entries_.find(user.bare_text());
  if (found == entries_.end() || found->second.brought.sequence != brought.sequence) return;
  found->second.brought = std::move(brought);
  found->second.has_come = true;
}

void LoginRosters::drop(const xmpp::Jid& user) {
  const auto found = entries_.find(user.bare_text());
  if (found != entries_.end()) entries_.erase(found);
}

std::optional<LoginRosters::Brought> LoginRosters::take(const xmpp::Jid& user) {
  const auto found = entries_.find(user.bare_text());
  if (found == entries_.end() || !found->second.has_come) return std::nullopt;
  Entry entry = std::move(found->second);
  entries_.erase(found);
  if (entry.expires <= clock_.now()) return std::nullopt;
  return std::move(entry.brought);
}

}  // namespace rosterd::app
