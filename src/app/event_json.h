// SPDX-License-Identifier: MIT
// The JSON of events, as the web app gets it (the protocol's section 3). Pure.
#pragma once

#include <string>
#include <string_view>

#include "app/event_queue.h"

namespace rosterd::app {

// Whose events: `boot` is another one for each host and each start of the server, so (node, boot)
// names one sequence of numbers.
struct EventOrigin {
  std::string node;
  std::string boot;
  std::string host;
};

// {"v":1,"node":…,"boot":…,"seq":…,"events":[…]}
std::string write_batch(const EventOrigin& origin, const EventBatch& batch);

// Presence as Prosody's mod_rest tells it: {"kind":"presence","type":"available","from":…}
std::string write_mod_rest(const Event& presence);

}  // namespace rosterd::app
