// SPDX-License-Identifier: MIT
// The small services: ping, version, time, session.
#include <chrono>
#include <cstdio>
#include <string>

#include "im/handlers.h"
#include "xmpp/namespaces.h"

namespace rosterd::im {

namespace {

// XEP-0082 DateTime in UTC, whole seconds.
std::string format_utc(WallTime time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(second);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(second - day);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

}  // namespace

void handle_ping(State&, const IqRequest&, IqReply reply) { reply.result(); }

void handle_version(State& state, const IqRequest&, IqReply reply) {
  reply.result([&](xml::Writer& writer) {
    writer.open("query", xmpp::ns::kVersion)
        .leaf("name", "rosterd")
        .leaf("version", state.options.software_version)
        .end();
  });
}

void handle_time(State& state, const IqRequest&, IqReply reply) {
  reply.result([&](xml::Writer& writer) {
    writer.open("time", xmpp::ns::kTime)
        .leaf("tzo", "+00:00")
        .leaf("utc", format_utc(state.clock.wall_now()))
        .end();
  });
}

// Old clients ask for it after bind; there is nothing to do.
void handle_session(State&, const IqRequest&, IqReply reply) { reply.result(); }

}  // namespace rosterd::im
