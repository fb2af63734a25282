// SPDX-License-Identifier: MIT
#include "base/log.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <ctime>

#include "base/text.h"

namespace rosterd::log {

namespace {

constexpr std::size_t kValueLimit = 4096;

// As systemd.exec(5) asks: the variable may be inherited by a process whose standard error has
// been redirected since.
bool stderr_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (!stream || fstat(STDERR_FILENO, &status) != 0) return false;
  return stream == std::to_string(status.st_dev) + ':' + std::to_string(status.st_ino);
}

// sd-daemon(3).
const char* priority(Level level) {
  switch (level) {
    case Level::kError:
      return "<3>";
    case Level::kWarn:
      return "<4>";
    case Level::kInfo:
      return "<6>";
    case Level::kDebug:
      return "<7>";
  }
  return "";
}

const char* padded_name(Level level) {
  switch (level) {
    case Level::kError:
      return "error ";
    case Level::kWarn:
      return "warn  ";
    case Level::kInfo:
      return "info  ";
    case Level::kDebug:
      return "debug ";
  }
  return "";
}

std::string timestamp() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const auto seconds = static_cast<std::time_t>(millis / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char date[32];
  const std::size_t size = std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S.", &utc);
  return std::string(date, size) + std::to_string(1000 + millis % 1000).substr(1) + "Z ";
}

// One write per line, so that lines of several processes do not mix and none is lost in a crash.
void write_stderr(void*, Level level, std::string_view line) {
  static const bool journal = stderr_is_journal();
  std::string out = journal ? priority(level) : timestamp() + padded_name(level);
  out.append(line).push_back('\n');
  std::string_view rest = out;
  while (!rest.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // nobody is left to tell
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

struct State {
  Level level = Level::kInfo;
  Sink sink = write_stderr;
  void* context = nullptr;
};
State state;

bool is_plain(std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  if (character.size() == 1) {
    return first > 0x20 && first < 0x7F && first != '"' && first != '\\' && first != '=';
  }
  // U+0080 to U+009F: controls that terminals obey.
  return first != 0xC2 || static_cast<unsigned char>(character[1]) >= 0xA0;
}

void append_escaped(std::string& out, char c) {
  if (c == '"' || c == '\\') {
    (out += '\\') += c;
  } else if (c == '\n') {
    out += "\\n";
  } else if (c == ' ' || c == '=') {
    out += c;
  } else {
    out += "\\x" + text::hex_encode({&c, 1});
  }
}

void append_value(std::string& out, std::string_view value) {
  bool quoted = value.empty();
  std::string body;
  while (!value.empty() && body.size() < kValueLimit) {
    const std::size_t size = std::max<std::size_t>(text::utf8_size(value), 1);
    const std::string_view character = value.substr(0, size);
    if (text::utf8_size(value) != 0 && is_plain(character)) {
      body += character;
    } else {
      quoted = true;
      for (const char c : character) append_escaped(body, c);
    }
    value.remove_prefix(size);
  }
  if (!value.empty()) body += "…";
  out += quoted ? '"' + body + '"' : body;
}

}  // namespace

bool enabled(Level level) { return level <= state.level; }

void set_level(Level level) { state.level = level; }

void set_sink(Sink sink, void* context) {
  state.sink = sink ? sink : write_stderr;
  state.context = context;
}

void write(Level level, std::string_view area, std::string_view event,
           std::initializer_list<Field> fields) noexcept {
  if (!enabled(level)) return;
  std::string line(area);
  (line += ' ') += event;
  for (const Field& field : fields) {
    ((line += ' ') += field.key) += '=';
    append_value(line, field.value);
  }
  state.sink(state.context, level, line);
}

}  // namespace rosterd::log
