// SPDX-License-Identifier: MIT
// The other part of a web application: it asks rosterd to refresh.
#pragma once

#include <cstdint>
#include <string>

namespace bench {

// A whole request that names the users FIRST … FIRST + count - 1.
std::string make_refresh(int first, int count);

// One refresh on a connection of its own. Returns when the answer is there; anything but `count`
// users updated, without an error, ends the program.
void post_refresh(std::uint16_t http_port, const std::string& request, int count);

}  // namespace bench
