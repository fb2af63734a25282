// SPDX-License-Identifier: MIT
// Verdict: the first rule that a history broke, and the transcript of how it came to that.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rosterd::model {

// Everything that may be compared in time has one of its own: edits, questions, requests, answers.
using Moment = std::uint64_t;

struct Violation {
  std::string rule;  // a sentence; the shrinker looks for the same one
  std::string what;  // what happened instead
};

struct Verdict {
  std::optional<Violation> first;
  bool writes = false;  // whether there is to be a transcript
  std::vector<std::string> transcript;
  Moment last_moment = 0;

  Moment next_moment() { return ++last_moment; }
  void broke(std::string rule, std::string what) {
    if (writes) transcript.push_back("  !! " + rule + ": " + what);
    if (!first) first = Violation{std::move(rule), std::move(what)};
  }
  // `line` is only made when somebody wants it.
  template <class Line>
  void note(Line line) {
    if (writes) transcript.push_back(line());
  }
};

}  // namespace rosterd::model
