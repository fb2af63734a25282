// SPDX-License-Identifier: MIT
#include "base/utc.h"

#include <cstdio>

namespace rosterd {

namespace {

// Without the Z.
std::string format_seconds(std::chrono::sys_seconds second) {
  const auto day = std::chrono::floor<std::chrono::days>(second);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(second - day);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

}  // namespace

std::string format_utc_seconds(WallTime time) {
  return format_seconds(std::chrono::floor<std::chrono::seconds>(time)) + "Z";
}

std::string format_utc_millis(WallTime time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  char millis[8];
  std::snprintf(millis, sizeof millis, ".%03dZ", static_cast<int>((time - second).count()));
  return format_seconds(second) + millis;
}

}  // namespace rosterd
