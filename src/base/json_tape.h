// SPDX-License-Identifier: MIT
// Tape: the events of one JSON value, kept to be told again. For a value that stands before what
// says how to read it: members of an object come in any order. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace rosterd::json {

// Takes about as many bytes as the value had in the text, so a limit on the body limits it.
class Tape final : public Events {
 public:
  bool on_null() override { return add('n'); }
  bool on_bool(bool value) override { return add(value ? 't' : 'f'); }
  bool on_number(std::string_view literal) override { return add('#', literal); }
  bool on_string(std::string_view value) override { return add('s', value); }
  bool on_object_start() override { return add('{'); }
  bool on_key(std::string_view key) override { return add('k', key); }
  bool on_object_end() override { return add('}'); }
  bool on_array_start() override { return add('['); }
  bool on_array_end() override { return add(']'); }
  std::string refusal() const override { return {}; }  // never

  bool empty() const { return bytes_.empty(); }
  // Everything recorded so far makes one whole value.
  bool complete() const { return !empty() && depth_ == 0; }
  bool is_null() const { return bytes_ == "n"; }
  // The text of a value that is a string; nullopt for another one.
  std::optional<std::string_view> string() const;
  // Likewise of true and false, and the literal of a number.
  std::optional<bool> boolean() const;
  std::optional<std::string_view> number() const;
  // Records what `other` holds, in this place.
  void append(const Tape& other);

  // kInvalid with the text of refusal() when `events` refuse one.
  Status replay(Events& events) const;

 private:
  bool add(char kind);
  bool add(char kind, std::string_view text);

  std::string bytes_;  // of each event its kind; of one with a text its size and bytes as well
  int depth_ = 0;
};

}  // namespace rosterd::json
