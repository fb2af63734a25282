// SPDX-License-Identifier: MIT
// LogLimit: lets one line per interval through about a fault that strangers can repeat at will; at
// level debug, every line.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/time.h"

namespace rosterd {

class LogLimit {
 public:
  explicit LogLimit(Duration interval = std::chrono::seconds(1)) : interval_(interval) {}

  // When a line may be written: how many were left out since the last one. Else nothing.
  std::optional<std::uint64_t> admit(Instant now) {
    if (admitted_ && now - last_ < interval_ && !log::enabled(log::Level::kDebug)) {
      ++left_out_;
      return std::nullopt;
    }
    admitted_ = true;
    last_ = now;
    return std::exchange(left_out_, 0);
  }

 private:
  Duration interval_;
  Instant last_{};
  std::uint64_t left_out_ = 0;
  bool admitted_ = false;
};

}  // namespace rosterd
