// SPDX-License-Identifier: MIT
// The writing half of json.h.
#include <algorithm>
#include <cassert>

#include "base/json.h"
#include "base/text.h"

namespace rosterd::json {

namespace {

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00" + text::hex_encode({&c, 1});
  }
}

bool must_escape(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }

}  // namespace

std::string quote(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t size = text::utf8_size(text);
    if (size == 0) {
      out += "\xEF\xBF\xBD";  // U+FFFD
    } else if (must_escape(text.front())) {
      append_escaped(out, text.front());
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out + '"';
}

void Writer::before_value() {
  if (!after_key_ && !first_) out_ += ',';
  after_key_ = false;
  first_ = false;
}

Writer& Writer::object() {
  before_value();
  out_ += '{';
  open_ += '}';
  first_ = true;
  return *this;
}

Writer& Writer::array() {
  before_value();
  out_ += '[';
  open_ += ']';
  first_ = true;
  return *this;
}

Writer& Writer::end() {
  assert(!open_.empty() && !after_key_);
  out_ += open_.back();
  open_.pop_back();
  first_ = false;
  return *this;
}

Writer& Writer::key(std::string_view name) {
  assert(!open_.empty() && open_.back() == '}' && !after_key_);
  before_value();
  out_ += quote(name) + ':';
  after_key_ = true;
  return *this;
}

Writer& Writer::string(std::string_view value) {
  before_value();
  out_ += quote(value);
  return *this;
}

Writer& Writer::number(std::int64_t value) {
  before_value();
  out_ += std::to_string(value);
  return *this;
}

Writer& Writer::boolean(bool value) {
  before_value();
  out_ += value ? "true" : "false";
  return *this;
}

Writer& Writer::null() {
  before_value();
  out_ += "null";
  return *this;
}

}  // namespace rosterd::json
