// SPDX-License-Identifier: MIT
#include "app/event_json.h"

#include "base/json.h"
#include "base/utc.h"

namespace rosterd::app {

namespace {

std::string_view to_string(Event::Kind kind) {
  switch (kind) {
    case Event::Kind::kUserOnline:
      return "user.online";
    case Event::Kind::kUserOffline:
      return "user.offline";
    case Event::Kind::kPresence:
      return "presence";
    case Event::Kind::kSessionEnd:
      return "session.end";
  }
  return {};
}

std::string_view to_string(im::SessionEnd reason) {
  switch (reason) {
    case im::SessionEnd::kClosed:
      return "closed";
    case im::SessionEnd::kTimeout:
      return "timeout";
    case im::SessionEnd::kKicked:
      return "kicked";
    case im::SessionEnd::kReplaced:
      return "replaced";
    case im::SessionEnd::kDrain:
      return "drain";
  }
  return {};
}

void write_words(json::Writer& out, const Event& presence) {
  if (!presence.show.empty()) out.key("show").string(presence.show);
  if (!presence.status.empty()) out.key("status").string(presence.status);
}

void write_event(json::Writer& out, const Event& event) {
  out.object().key("type").string(to_string(event.kind));
  out.key("user").string(event.jid.node()).key("host").string(event.jid.domain());
  if (event.jid.is_full()) out.key("resource").string(event.jid.resource());
  if (event.kind == Event::Kind::kPresence) {
    out.key("available").boolean(event.available);
    write_words(out, event);
    if (event.available) out.key("priority").number(event.priority);
  } else if (event.kind == Event::Kind::kSessionEnd) {
    out.key("reason").string(to_string(event.reason));
  }
  out.key("at").string(format_utc_millis(event.at)).end();
}

}  // namespace

std::string write_batch(const EventOrigin& origin, const EventBatch& batch) {
  json::Writer out;
  out.object().key("v").number(1);
  out.key("node").string(origin.node).key("boot").string(origin.boot);
  out.key("seq").number(static_cast<std::int64_t>(batch.seq));
  out.key("events").array();
  if (batch.lost > 0) {
    out.object().key("type").string("gap").key("host").string(origin.host);
    out.key("lost").number(static_cast<std::int64_t>(batch.lost)).end();
  }
  for (const Event& event : batch.events) write_event(out, event);
  return out.end().end().take();
}

std::string write_mod_rest(const Event& presence) {
  json::Writer out;
  out.object().key("kind").string("presence");
  out.key("type").string(presence.available ? "available" : "unavailable");
  out.key("from").string(presence.jid.text());
  write_words(out, presence);
  if (presence.priority != 0) out.key("priority").number(presence.priority);
  return out.end().take();
}

}  // namespace rosterd::app
