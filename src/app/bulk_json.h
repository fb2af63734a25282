// SPDX-License-Identifier: MIT
// The bulk question and its answer as JSON (the protocol's section 1, bulk). Pure.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/json_tape.h"
#include "base/result.h"

namespace rosterd::app {

// ["john","aaron"]
std::string write_bulk_question(const std::vector<std::string_view>& usernames);

// A JSON object username -> roster; of a name that occurs twice the last counts. kInvalid for
// anything else. What is in a roster is not looked at.
Result<std::unordered_map<std::string, json::Tape>> parse_bulk_answer(std::string_view body);

}  // namespace rosterd::app
