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

SessionEnd reason_of(xmpp::StreamCondition error) {
  switch (error) {
    case xmpp::StreamCondition::kConflict:
      return SessionEnd::kReplaced;
    case xmpp::StreamCondition::kNotAuthorized:
      return SessionEnd::kKicked;
    case xmpp::StreamCondition::kSystemShutdown:
      return SessionEnd::kDrain;
    case xmpp::StreamCondition::kConnectionTimeout:
    case xmpp::StreamCondition::kResourceConstraint:
      return SessionEnd::kTimeout;
    default:
      return SessionEnd::kClosed;
  }
}

// To be called when a user's sessions may have become the first one or none.
void observe_user(State& state, User& user) {
  const bool online = !user.sessions.empty();
  if (online == user.observed_online) return;
  user.observed_online = online;
  if (!state.observer) return;
  online ? state.observer->on_user_online(user.jid) : state.observer->on_user_offline(user.jid);
}

// Out of everybody's sight and reach.
void detach(State& state, Session& session, xmpp::StreamCondition error) {
  const bool was_available = session.available();
  withdraw_presence(state, session, nullptr);
  state.directory.detach_session(session);
  if (session.user->sessions.empty()) {
    state.last_seen.note(session.user->jid.text(), state.clock.wall_now(),
                         state.options.last_seen_users);
  }
  std::erase_if(session.user->waiting,
                [&](const WaitingGet& get) { return get.session == session.handle; });
  state.user_questions.forget(session);
  session.interested = false;
  if (!state.observer) return;
  if (was_available) state.observer->on_presence(session.jid, {});
  state.observer->on_session_end(session.jid, reason_of(error));
}

void end_attached(State& state, Session& session, xmpp::StreamCondition condition,
                  std::string_view text) {
  detach(state, session, condition);
  session.end = condition;
  session.end_text = text;
  state.mark_dirty(session);
  log::info("im", "session ended",
            {{"jid", session.jid.text()}, {"reason", xmpp::to_string(condition)}});
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
      end_attached(state, *rival, xmpp::StreamCondition::kConflict, "replaced by a new session");
  }
  return jid;
}

}  // namespace

std::uint64_t begin_user(State& state, const xmpp::Jid& bare) {
  User& user = state.directory.add_user(bare);
  const std::uint64_t login = ++state.logins;
  if (++user.streams > 1) return login;
  user.held = state.kept_rosters.take(bare.text());
  if (!apply_fresh_copy(state, user)) user.oldest_usable = state.fetcher->fetch_roster(user.jid);
  return login;
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
    observe_user(state, *user);  // the limit may have been lowered after a session was replaced
    return make_error(Errc::kTooLarge, "too many sessions of this account");
  }
  Session& session = state.directory.add_session(*user, std::move(*jid));
  session.since = state.clock.wall_now();
  state.last_seen.forget(bare.text());
  log::info("im", "session bound", {{"jid", session.jid.text()}});
  observe_user(state, *user);
  return session.handle;
}

void close_session(State& state, Handle<Session> handle, xmpp::StreamCondition error) {
  Session* session = state.directory.find_session(handle);
  if (!session) return;
  if (attached(*session)) {
    detach(state, *session, error);
    log::info("im", "session ended", {{"jid", session->jid.text()}});
    observe_user(state, *session->user);
  }
  state.directory.erase_session(handle);
}

void end_session(State& state, Session& session, xmpp::StreamCondition condition,
                 std::string_view text) {
  if (!attached(session)) return;
  end_attached(state, session, condition, text);
  observe_user(state, *session.user);
}

std::size_t kick_sessions(State& state, const xmpp::Jid& bare,
                          const std::optional<std::string>& resource, std::string_view reason) {
  User* user = state.directory.find_user(bare.text());
  if (!user) return 0;
  if (!resource) user->last_kicked = state.logins;
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
