// SPDX-License-Identifier: MIT
// Runner: plays histories and finds the shortest one that breaks the same rule.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "history.h"
#include "verdict.h"

namespace rosterd::model {

struct Outcome {
  std::optional<Violation> violation;
  std::string transcript;  // when asked for
};

// In this process; a crash ends it.
Outcome run(const History& history, bool writes);
// In a process of its own: a crash or a sanitizer's finding is a violation too. Unless `loud`, what
// it prints is lost.
Outcome run_apart(const History& history, bool writes, bool loud);

// Plays these seeds in a process of its own, for at most so many seconds (0: all); the first that
// broke a rule or crashed. `played` counts them.
std::optional<std::uint64_t> find_failing(std::uint64_t first, std::uint64_t last, int seconds,
                                          std::uint64_t& played);

// Delta debugging: leaves out steps, then words of steps, as long as the same rule is broken.
History shrink(History history, const std::string& rule);

}  // namespace rosterd::model
