// SPDX-License-Identifier: MIT
// Asks for a new password: twice, without echo, on a terminal; else one line of standard input.
#pragma once

#include <string>

#include "base/result.h"

namespace rosterd {

// kInvalid when it is empty, longer than 1023 bytes, or the two differ. The caller wipes it.
Result<std::string> ask_new_password(const std::string& user);

}  // namespace rosterd
