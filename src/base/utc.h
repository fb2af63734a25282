// SPDX-License-Identifier: MIT
// UTC timestamps as text: XEP-0082 and RFC 3339, always ending in Z.
#pragma once

#include <string>

#include "base/time.h"

namespace rosterd {

// "2026-11-23T13:40:00Z"; what is less than a second is left out.
std::string format_utc_seconds(WallTime time);
// "2026-11-23T13:40:00.123Z"
std::string format_utc_millis(WallTime time);

}  // namespace rosterd
