// SPDX-License-Identifier: MIT
#include "app/fault_log.h"

#include <utility>

namespace rosterd::app {

namespace {
constexpr Duration kInterval = std::chrono::seconds(10);
}

void FaultLog::write(std::string_view area, std::string_view event,
                     std::initializer_list<log::Field> fields) {
  const Instant now = clock_.now();
  if (written_ && now - last_ < kInterval) {
    ++suppressed_;
    return;
  }
  written_ = true;
  last_ = now;
  log::write(level_, area, event, fields);
  const std::uint64_t suppressed = std::exchange(suppressed_, 0);
  if (suppressed > 0) log::write(level_, area, "more of the same", {{"suppressed", suppressed}});
}

}  // namespace rosterd::app
