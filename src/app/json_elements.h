// SPDX-License-Identifier: MIT
// A JSON array of names and objects, element by element, as the web app's requests have it. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_tape.h"
#include "base/result.h"

namespace rosterd::app {

// The members of an object that somebody wants to know; of one that occurs twice the last.
class Members {
 public:
  explicit Members(const std::vector<std::string_view>& wanted);
  // Null when it did not occur.
  const json::Tape* find(std::string_view name) const;
  // The text of one that is a string, nullopt when it did not occur. kInvalid for another value.
  Result<std::optional<std::string>> find_text(std::string_view name) const;

  void clear();
  json::Tape* start(std::string_view name);  // to record its value; null when nobody wants it

 private:
  std::vector<std::pair<std::string_view, json::Tape>> tapes_;
};

// What an array is read for.
struct ElementKind {
  std::string_view one;                   // "a username", for texts of errors
  std::string_view several;               // "usernames"
  std::vector<std::string_view> members;  // of its objects; others are not looked at
  std::size_t limit = 0;                  // elements
};

// The whole of an element has been read. An error ends the reading with that error.
class ElementEvents {
 public:
  virtual ~ElementEvents() = default;
  virtual Status on_name(std::size_t index, std::string_view name) = 0;
  virtual Status on_object(std::size_t index, const Members& members) = 0;
};

// Returns the number of elements. kInvalid for anything but an array of strings and objects, with
// the index of the wrong element; kTooLarge over the limit.
Result<std::size_t> read_elements(std::string_view body, const ElementKind& kind,
                                  ElementEvents& events);

}  // namespace rosterd::app
