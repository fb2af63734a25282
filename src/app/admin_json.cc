// SPDX-License-Identifier: MIT
#include "app/admin_json.h"

#include "app/admin_request.h"
#include "base/utc.h"

namespace rosterd::app {

namespace {

void write_sessions(json::Writer& out, const std::vector<im::SessionInfo>& sessions) {
  out.key("sessions").array();
  for (const im::SessionInfo& session : sessions) {
    out.object().key("resource").string(session.resource);
    out.key("available").boolean(session.available);
    out.key("show").string(session.show).key("status").string(session.status);
    out.key("priority").number(session.priority);
    out.key("since").string(format_utc_millis(session.since)).end();
  }
  out.end();
}

void write_name(json::Writer& out, const xmpp::Jid& user) {
  out.key("user").string(user.node()).key("host").string(user.domain());
}

void write_last(json::Writer& out, const im::UserInfo& user) {
  if (user.last) out.key("last").string(format_utc_millis(*user.last));
}

const im::SessionInfo* find_foremost(const std::vector<im::SessionInfo>& sessions) {
  const im::SessionInfo* foremost = nullptr;
  for (const im::SessionInfo& session : sessions) {
    if (!session.available) continue;
    if (!foremost || session.priority >= foremost->priority) foremost = &session;
  }
  return foremost;
}

std::string_view to_string(std::optional<im::RosterState> state) {
  if (!state) return "kept";
  switch (*state) {
    case im::RosterState::kLoading:
      return "loading";
    case im::RosterState::kFailed:
      return "failed";
    case im::RosterState::kStale:
      return "stale";
    case im::RosterState::kCurrent:
      return "current";
  }
  return "";
}

void write_roster(json::Writer& out, const im::RosterInfo& roster) {
  out.object().key("state").string(to_string(roster.state));
  out.key("stale").boolean(roster.state == im::RosterState::kStale);
  if (roster.contacts) {
    const auto age = std::chrono::floor<std::chrono::seconds>(roster.age);
    out.key("contacts").number(static_cast<std::int64_t>(*roster.contacts));
    out.key("age").number(age.count()).key("version").string(roster.version);
    if (!roster.etag.empty()) out.key("etag").string(roster.etag);
  }
  out.end();
}

}  // namespace

std::string write_page(const im::CensusPage& page) {
  json::Writer out;
  out.object().key("users").array();
  for (const im::UserInfo& user : page.users) {
    out.object();
    write_name(out, user.user);
    write_sessions(out, user.sessions);
    out.end();
  }
  out.end();
  if (page.next != kNoAtom) out.key("next").string(to_cursor(page.next));
  return out.end().take();
}

void write_summary(json::Writer& out, const im::UserInfo& user) {
  out.object().key("online").boolean(!user.sessions.empty());
  if (user.sessions.empty()) {
    write_last(out, user);
  } else {
    const im::SessionInfo* foremost = find_foremost(user.sessions);
    out.key("available").boolean(foremost != nullptr);
    out.key("show").string(foremost ? foremost->show : "");
    out.key("sessions").number(static_cast<std::int64_t>(user.sessions.size()));
  }
  out.end();
}

std::string write_user(const im::UserInfo& user, const std::optional<im::RosterInfo>& roster) {
  json::Writer out;
  out.object();
  write_name(out, user.user);
  out.key("online").boolean(!user.sessions.empty());
  write_last(out, user);
  write_sessions(out, user.sessions);
  out.key("roster");
  roster ? write_roster(out, *roster) : static_cast<void>(out.null());
  return out.end().take();
}

}  // namespace rosterd::app
