// SPDX-License-Identifier: MIT
// What rosterd tells the service manager (sd_notify(3)); nothing without NOTIFY_SOCKET.
#pragma once

#include <string_view>

namespace rosterd {

// `state` as sd_notify(3) wants it: "READY=1", "STOPPING=1\nSTATUS=…". One datagram; failures are
// ignored, since nobody could act on them. It waits for nobody: one who does not read loses it.
void notify_service_manager(std::string_view state);

}  // namespace rosterd
