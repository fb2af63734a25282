// SPDX-License-Identifier: MIT
// Log: one line per event, `area event-phrase key=value…`, to standard error, unbuffered. Where
// standard error is the journal, each line starts with its syslog priority <N>, else with the time
// (RFC 3339, UTC) and the level.
//
//   error  the administrator must act        warn   something was refused or lost
//   info   login, logout, refresh, reload    debug  everything else
//
// Never log bodies, passwords or tokens. Values are quoted where they hold spaces, quotes or
// controls, and cut at 4 KiB, so a peer can neither forge a line nor flood the log with one.
// One thread only: the loop's.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

namespace rosterd::log {

enum class Level : std::uint8_t { kError, kWarn, kInfo, kDebug };

struct Field {
  std::string_view key;
  std::string value;
  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const char* v) : key(k), value(v) {}
  Field(std::string_view k, const std::string& v) : key(k), value(v) {}
  template <class T, class = std::enable_if_t<std::is_integral_v<T>>>
  Field(std::string_view k, T v) : key(k), value(std::to_string(v)) {}
};

// Cheap check for a caller that would have to compute a field.
bool enabled(Level level);
void set_level(Level level);

// Where lines go; null is the default, standard error. `sink` gets the line without prefix and
// newline.
using Sink = void (*)(void* context, Level level, std::string_view line);
void set_sink(Sink sink, void* context);

void write(Level level, std::string_view area, std::string_view event,
           std::initializer_list<Field> fields = {}) noexcept;

inline void error(std::string_view area, std::string_view event,
                  std::initializer_list<Field> fields = {}) {
  write(Level::kError, area, event, fields);
}
inline void warn(std::string_view area, std::string_view event,
                 std::initializer_list<Field> fields = {}) {
  write(Level::kWarn, area, event, fields);
}
inline void info(std::string_view area, std::string_view event,
                 std::initializer_list<Field> fields = {}) {
  write(Level::kInfo, area, event, fields);
}
// A macro, so that a disabled debug line costs one comparison and builds no field.
#define ROSTERD_DEBUG(area, ...)                                                 \
  do {                                                                           \
    if (::rosterd::log::enabled(::rosterd::log::Level::kDebug))                  \
      ::rosterd::log::write(::rosterd::log::Level::kDebug, (area), __VA_ARGS__); \
  } while (false)

}  // namespace rosterd::log
