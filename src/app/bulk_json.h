// SPDX-License-Identifier: MIT
// The bulk question and its answer as JSON (the protocol's section 1, bulk). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/json_members.h"
#include "base/result.h"

namespace rosterd::app {

// ["john","aaron"]
std::string write_bulk_question(const std::vector<std::string_view>& usernames);

// A JSON object username -> roster; of a name that occurs twice the last counts. kInvalid for
// anything else. What is in a roster is not looked at.
Result<JsonMembers> parse_bulk_answer(std::string_view body);

}  // namespace rosterd::app
