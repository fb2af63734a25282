// SPDX-License-Identifier: MIT
// The small services: ping, version, time, session.
#include "base/utc.h"
#include "im/handlers.h"
#include "xmpp/namespaces.h"

namespace rosterd::im {

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
        .leaf("utc", format_utc_seconds(state.clock.wall_now()))
        .end();
  });
}

// Old clients ask for it after bind; there is nothing to do.
void handle_session(State&, const IqRequest&, IqReply reply) { reply.result(); }

}  // namespace rosterd::im
