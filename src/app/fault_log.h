// SPDX-License-Identifier: MIT
// FaultLog: repeated faults of one peer as one line now and then, with the number of those that
// were not written.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "base/log.h"
#include "base/time.h"

namespace rosterd::app {

class FaultLog {
 public:
  FaultLog(const Clock& clock, log::Level level) : clock_(clock), level_(level) {}

  // Writes unless one was written in the last 10 s; then counts. The next line says how many.
  void write(std::string_view area, std::string_view event,
             std::initializer_list<log::Field> fields);

 private:
  const Clock& clock_;
  const log::Level level_;
  bool written_ = false;
  Instant last_{};
  std::uint64_t suppressed_ = 0;
};

}  // namespace rosterd::app
