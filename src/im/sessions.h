// SPDX-License-Identifier: MIT
// Sessions: the lives of users and sessions, from begin_user() to end_user(). See core.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "im/state.h"

namespace rosterd::im {

std::uint64_t begin_user(State& state, const xmpp::Jid& bare);
void end_user(State& state, const xmpp::Jid& bare);

Result<Handle<Session>> bind_session(State& state, const xmpp::Jid& bare,
                                     std::string_view resource);
// The stream is gone, ended with `error` if that is one: the session is destroyed.
void close_session(State& state, Handle<Session> session, xmpp::StreamCondition error);
// The session must go: it leaves everybody's sight now, its stream ends with this error at the end
// of the turn.
void end_session(State& state, Session& session, xmpp::StreamCondition condition,
                 std::string_view text);
// See Core::kick().
std::size_t kick_sessions(State& state, const xmpp::Jid& bare,
                          const std::optional<std::string>& resource, std::string_view reason);

}  // namespace rosterd::im
