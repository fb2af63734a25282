// SPDX-License-Identifier: MIT
#include "base/json_tape.h"

#include <cstdint>
#include <cstring>

namespace rosterd::json {

namespace {

using Size = std::uint32_t;  // yajl's tokens lie in one bounded body

std::string_view take_text(std::string_view& rest) {
  Size size = 0;
  std::memcpy(&size, rest.data(), sizeof size);
  const std::string_view text = rest.substr(sizeof size, size);
  rest.remove_prefix(sizeof size + size);
  return text;
}

bool tell(char kind, std::string_view& rest, Events& events) {
  switch (kind) {
    case 'n':
      return events.on_null();
    case 't':
    case 'f':
      return events.on_bool(kind == 't');
    case '#':
      return events.on_number(take_text(rest));
    case 's':
      return events.on_string(take_text(rest));
    case 'k':
      return events.on_key(take_text(rest));
    case '{':
      return events.on_object_start();
    case '}':
      return events.on_object_end();
    case '[':
      return events.on_array_start();
    default:
      return events.on_array_end();
  }
}

}  // namespace

bool Tape::add(char kind) {
  if (kind == '{' || kind == '[') ++depth_;
  if (kind == '}' || kind == ']') --depth_;
  bytes_ += kind;
  return true;
}

bool Tape::add(char kind, std::string_view text) {
  const auto size = static_cast<Size>(text.size());
  bytes_ += kind;
  bytes_.append(reinterpret_cast<const char*>(&size), sizeof size);
  bytes_ += text;
  return true;
}

std::optional<std::string_view> Tape::string() const {
  if (!bytes_.starts_with('s')) return std::nullopt;
  std::string_view rest = std::string_view(bytes_).substr(1);
  return take_text(rest);
}

std::optional<bool> Tape::boolean() const {
  if (bytes_ != "t" && bytes_ != "f") return std::nullopt;
  return bytes_ == "t";
}

std::optional<std::string_view> Tape::number() const {
  if (!bytes_.starts_with('#')) return std::nullopt;
  std::string_view rest = std::string_view(bytes_).substr(1);
  return take_text(rest);
}

void Tape::append(const Tape& other) {
  bytes_ += other.bytes_;
  depth_ += other.depth_;
}

Status Tape::replay(Events& events) const {
  for (std::string_view rest = bytes_; !rest.empty();) {
    const char kind = rest.front();
    rest.remove_prefix(1);
    if (!tell(kind, rest, events)) return make_error(Errc::kInvalid, events.refusal());
  }
  return {};
}

}  // namespace rosterd::json
