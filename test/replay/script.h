// SPDX-License-Identifier: MIT
// A conversation as text, and the verbs it is made of. README.md describes the language.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace rosterd::replay {

// One statement: a line and the indented lines that follow it.
struct Step {
  int line = 0;
  std::string text;
};

// Lines that begin with '#' are comments.
std::vector<Step> parse_script(std::string_view text);

using Arguments = std::vector<std::string>;

// Matches `text` against "<who> logs in as <jid>": words must agree, <x> takes one word, <x:> one
// that ends with a colon, without it, and, as the last one, <x...> takes all the rest. Fills
// `arguments` in order.
bool match_verb(std::string_view pattern, std::string_view text, Arguments& arguments);

// "30s", "400ms", "2m", "1h".
Result<Duration> parse_duration(std::string_view text);

}  // namespace rosterd::replay
