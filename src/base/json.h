// SPDX-License-Identifier: MIT
// JSON: the only user of yajl. Reading is by events, of a text that is there or of one that arrives
// in parts; writing builds a string.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace rosterd::json {

// Receives one JSON text in order. Views are valid during the call. Every string and key has been
// checked: strict UTF-8. (XML legality is for the receiver to check: text::is_xml_text.) Half of a
// surrogate pair, "\ud83d" alone, is no character (RFC 8259 section 8.2); it comes as U+FFFF, which
// XML, JIDs and header fields forbid, so that what checks its texts refuses or drops this one.
// Returning false stops the reading: read() then fails with the text of refusal().
class Events {
 public:
  virtual ~Events() = default;
  virtual bool on_null() = 0;
  virtual bool on_bool(bool value) = 0;
  virtual bool on_number(std::string_view literal) = 0;
  virtual bool on_string(std::string_view value) = 0;
  virtual bool on_object_start() = 0;
  virtual bool on_key(std::string_view key) = 0;
  virtual bool on_object_end() = 0;
  virtual bool on_array_start() = 0;
  virtual bool on_array_end() = 0;
  // Why the last event was refused.
  virtual std::string refusal() const = 0;
};

inline constexpr int kMaxDepth = 8;

// Reads one JSON text. A UTF-8 BOM is skipped (PHP files send one). kInvalid with position and
// cause: syntax, truncation, trailing garbage, depth over kMaxDepth, invalid UTF-8; or with what
// it is instead: nothing, HTML, UTF-16, gzip. Never throws.
Status read(std::string_view body, Events& events);

// The same of a text that comes in parts, however it is cut.
class Parser {
 public:
  // `events` outlive it.
  explicit Parser(Events& events);
  ~Parser();

  void feed(std::string_view part);
  // After the last part, once.
  Status finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// `text` as a JSON string literal with its quotes. Bytes that are not UTF-8 become U+FFFD.
std::string quote(std::string_view text);

// Builds one JSON text: object().key("status").string("ok").key("updated").number(2).end().
class Writer {
 public:
  Writer& object();
  Writer& array();
  Writer& end();  // closes the innermost object or array
  Writer& key(std::string_view name);
  Writer& string(std::string_view value);
  Writer& number(std::int64_t value);
  Writer& boolean(bool value);
  Writer& null();
  std::string take() { return std::move(out_); }

 private:
  void before_value();
  std::string out_;
  std::string open_;  // stack of '}' and ']'
  bool after_key_ = false;
  bool first_ = true;
};

}  // namespace rosterd::json
