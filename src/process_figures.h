// SPDX-License-Identifier: MIT
// What the operating system says about this process, for /metrics.
#pragma once

#include "app/metrics.h"

namespace rosterd {

// What cannot be found out is 0. `started` is the caller's to fill in.
app::ProcessFigures read_process_figures();

}  // namespace rosterd
