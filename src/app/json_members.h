// SPDX-License-Identifier: MIT
// The members of one JSON object, each kept to be read on its own. Pure.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "base/json_tape.h"
#include "base/result.h"

namespace rosterd::app {

// Of a name that occurs twice the last counts.
using JsonMembers = std::unordered_map<std::string, json::Tape>;

// kInvalid for anything but an object; `what` names it in the text, "a bulk answer".
Result<JsonMembers> read_members(std::string_view body, std::string_view what);
// The same for one that stands in a larger text.
Result<JsonMembers> read_members(const json::Tape& value, std::string_view what);

// Null when it did not occur.
const json::Tape* find_member(const JsonMembers& members, const std::string& name);

}  // namespace rosterd::app
