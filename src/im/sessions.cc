// SPDX-License-Identifier: MIT
#include "im/sessions.h"

#include <cassert>
#include <string>
#include <utility>
#include <vector>

#include "base/crypto.h"
#include "base/log.h"
#include "im/presence.h"
#include "im/roster_table.h"

namespace rosterd::im {

namespace {

// Enough that two resources of one account never meet, short enough to read in a log.
constexpr std::size_t kResourceBits = 96;

bool attached(const Session& session) { return session.end == xmpp::StreamCondition::kNone; }

// Out of everybody's sight and reach.
void detach(State& state, Session& session) {
  withdraw_presence(state, session, nullptr);
  state.directory.detach_session(session);
  if (session.user->sessions.empty()) {
    state.last_seen.note(session.user->jid.text(), state.clock.wall_now(),
                         state.options.last_seen_users);
  }
  std::erase_if(session.user->waiting,
                [&](const WaitingGet& get) { return get.session == session.handle; });
  session.interested = false;
}

// The full JID to bind, or why not. A resource in use is freed here where the policy says so.
Result<xmpp::Jid> choose_jid(State& state, User& user, std::string_view resource) {
  const std::string random = crypto::random_token(kResourceBits);
  auto jid = user.jid.with_resource(resource.empty() ? random : resource);
  if (!jid) return jid;
  Session* rival = user.find_session(jid->resource());
  if (!rival) return jid;
  switch (state.options.conflict) {
    case Options::Conflict::kRefuseNew:
      return make_error(Errc::kConflict, "the resource is in use");
    case Options::Conflict::kRename:
      return user.jid.with_resource(random);
    case Options::Conflict::kReplaceOld:
      end_session(state, *rival, xmpp::StreamCondition::kConflict, "replaced by a new session");
  }
  return jid;
}

}  // namespace

void begin_user(State& state, const xmpp::Jid& bare) {
  User& user = state.directory.add_user(bare);
  if (++user.streams > 1) return;
  user.held = state.kept_rosters.take(bare.text());
  if (apply_fresh_copy(state, user)) return;
  user.oldest_usable = state.fetcher->fetch_roster(user.jid);
}

void end_user(State& state, const xmpp::Jid& bare) {
  User* user = state.directory.find_user(bare.text());
  assert(user && user->streams > 0);
  if (--user->streams > 0) return;
  assert(user->sessions.empty());
  state.fetcher->cancel_fetch(user->jid);
  if (user->held) {
    const Instant now = state.clock.now();
    // A stale copy does not get younger by being used.
    if (user->roster_state == RosterState::kCurrent) user->held->confirmed = now;
    state.kept_rosters.keep(bare.text(), std::move(*user->held), now, state.options.cached_rosters);
  }
  state.directory.remove_user(*user);
}

Result<Handle<Session>> bind_session(State& state, const xmpp::Jid& bare,
                                     std::string_view resource) {
  User* user = state.directory.find_user(bare.text());
  assert(user);
  auto jid = choose_jid(state, *user, resource);
  if (!jid) return tl::unexpected<Error>(jid.error());
  if (user->sessions.size() >= state.options.sessions_per_user) {
    return make_error(Errc::kTooLarge, "too many sessions of this account");
  }
  Session& session = state.directory.add_session(*user, std::move(*jid));
  session.since = state.clock.wall_now();
  state.last_seen.forget(bare.text());
  log::info("im", "session bound", {{"jid", session.jid.text()}});
  return session.handle;
}

void close_session(State& state, Handle<Session> handle) {
  Session* session = state.directory.find_session(handle);
  if (!session) return;
  if (attached(*session)) {
    detach(state, *session);
    log::info("im", "session ended", {{"jid", session->jid.text()}});
  }
  state.directory.erase_session(handle);
}

void end_session(State& state, Session& session, xmpp::StreamCondition condition,
                 std::string_view text) {
  if (!attached(session)) return;
  detach(state, session);
  session.end = condition;
  session.end_text = text;
  state.mark_dirty(session);
  log::info("im", "session ended",
            {{"jid", session.jid.text()}, {"reason", xmpp::to_string(condition)}});
}

std::size_t kick_sessions(State& state, const xmpp::Jid& bare,
                          const std::optional<std::string>& resource, std::string_view reason) {
  const User* user = state.directory.find_user(bare.text());
  if (!user) return 0;
  std::vector<Session*> kicked;
  for (Session* session : user->sessions) {
    if (!resource || session->jid.resource() == *resource) kicked.push_back(session);
  }
  for (Session* session : kicked) {
    end_session(state, *session, xmpp::StreamCondition::kNotAuthorized, reason);
  }
  return kicked.size();
}

}  // namespace rosterd::im
