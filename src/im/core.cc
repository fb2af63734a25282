// SPDX-License-Identifier: MIT
#include "im/core.h"

#include <utility>

#include "base/log.h"
#include "im/census.h"
#include "im/handlers.h"
#include "im/roster_iq.h"
#include "im/roster_table.h"
#include "im/sessions.h"
#include "im/state.h"

namespace rosterd::im {

Core::Core(const Options& options, const Clock& clock, RosterFetcher* fetcher)
    : state_(std::make_unique<State>(options, clock, fetcher, interner_, dirty_)),
      census_(std::make_unique<Census>(*state_)) {}

Core::~Core() { state_->fetcher->cancel_all(); }

void Core::set_options(const Options& options) { state_->options = options; }

void Core::set_observer(PresenceObserver* observer) { state_->observer = observer; }

void Core::set_user_finder(UserFinder* finder) { state_->user_questions.set_finder(finder); }

std::uint64_t Core::begin_user(const xmpp::Jid& user) { return im::begin_user(*state_, user); }

bool Core::was_kicked(const xmpp::Jid& user, std::uint64_t login) const {
  const User* found = state_->directory.find_user(user.text());
  return found && login <= found->last_kicked;
}

void Core::end_user(const xmpp::Jid& user) { im::end_user(*state_, user); }

Result<Handle<Session>> Core::bind(const xmpp::Jid& user, std::string_view resource) {
  return bind_session(*state_, user, resource);
}

void Core::end_session(Handle<Session> session, xmpp::StreamCondition error) {
  close_session(*state_, session, error);
}

Session* Core::find_session(Handle<Session> session) const {
  return state_->directory.find_session(session);
}

std::size_t Core::kick(const xmpp::Jid& user, const std::optional<std::string>& resource,
                       std::string_view reason) {
  return kick_sessions(*state_, user, resource, reason);
}

Handled Core::handle_stanza(Handle<Session> handle, xml::Element stanza) {
  Session* session = find_session(handle);
  // What comes after a fatal error in the same turn was sent to nobody.
  if (!session || session->end != xmpp::StreamCondition::kNone) return {};
  state_->handled = {};
  route(*state_, *session, stanza);
  return state_->handled;
}

bool Core::is_online(const xmpp::Jid& user) const {
  return state_->directory.find_user(user.bare_text()) != nullptr;
}

void Core::on_roster_fetched(const xmpp::Jid& bare, Result<RosterChange> change) {
  User* user = state_->directory.find_user(bare.text());
  if (!user) return;
  if (change) {
    RosterBatch batch;
    batch.push_back(std::move(*change));
    return apply(std::move(batch));
  }
  ROSTERD_DEBUG("im", "roster fetch failed",
                {{"user", bare.text()}, {"reason", change.error().text}});
  on_fetch_failed(*state_, *user);
}

void Core::prepare(RosterChange& change) const { prepare_change(*state_, change); }

bool Core::is_prepared(const RosterChange& change) const {
  const User* user = state_->directory.find_user(change.user.text());
  return user && is_up_to_date(*user, change);
}

std::vector<std::string_view> Core::find_gifted(const RosterChange& change) const {
  return im::find_gifted(interner_, change);
}

void Core::apply(RosterBatch batch) { apply_rosters(*state_, std::move(batch)); }

void Core::drop_replaced() { im::drop_replaced(*state_); }

std::vector<xmpp::Jid> Core::find_one_sided(const RosterChange& change) const {
  return im::find_one_sided(*state_, change);
}

const HeldRoster* Core::find_held_roster(const xmpp::Jid& user) const {
  const User* found = state_->directory.find_user(user.bare_text());
  return found && found->held ? &*found->held : nullptr;
}

const HeldRoster* Core::find_current_roster(const xmpp::Jid& user) const {
  return im::find_current_roster(*state_, user);
}

void Core::outdate_roster(const xmpp::Jid& user, std::uint64_t sequence) {
  im::outdate_roster(*state_, user, sequence);
}

void Core::forget_roster(const xmpp::Jid& user) { im::forget_roster(*state_, user); }

void Core::expire() {
  state_->kept_rosters.expire(state_->clock.now(), state_->options.roster_stale_max);
}

std::size_t Core::session_count() const { return state_->directory.session_count(); }

CoreStats Core::stats() const {
  CoreStats stats = state_->received;
  stats.users = state_->directory.user_count();
  stats.sessions = state_->directory.session_count();
  stats.kept_rosters = state_->kept_rosters.size();
  stats.rosters = interner_.holders();
  stats.contacts = interner_.entries_held();
  stats.strings = interner_.size();
  stats.last_seen = state_->last_seen.size();
  return stats;
}

}  // namespace rosterd::im
