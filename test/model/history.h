// SPDX-License-Identifier: MIT
// History: a list of steps, as data. It is made from a seed alone, without a look at what the steps
// do, and a step that finds nothing to do does nothing: so steps can be left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace rosterd::model {

struct Step {
  std::string verb;
  std::vector<std::string> arguments;

  // "" when there is none.
  const std::string& argument(std::size_t i) const {
    static const std::string none;
    return i < arguments.size() ? arguments[i] : none;
  }
};

using History = std::vector<Step>;

History make_history(std::uint64_t seed);

// A line per step, words with a space between them; `#` begins a comment.
std::string to_text(const Step& step);
std::string to_text(const History& history);
Result<History> parse_history(std::string_view text);

}  // namespace rosterd::model
