// SPDX-License-Identifier: MIT
// What follows from the configuration for events to the web application.
#pragma once

#include "config.h"

namespace rosterd {

// With a target for each host that has a webhook_url, and a name for this server.
app::EventsOptions make_events(const Config& config);

// Of a client for nothing but events: a receiver that leaves requests hanging takes no room from
// rosters, and each host has room for its one request.
web::HttpClientOptions make_webhook_client(const Config& config);

}  // namespace rosterd
