// SPDX-License-Identifier: MIT
// Whom a proxy says it forwards for: Forwarded (RFC 7239) and X-Forwarded-For.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace rosterd::http {

// Either field's list of clients, each added by one proxy, the nearest one's last. An element is an
// IP address in text without brackets, port or zone; "" where there is none ("unknown", "_name", a
// missing for=). nullopt = malformed, so that nothing in it can be relied on. Empty = no such
// field.
using ForwardedFor = std::optional<std::vector<std::string>>;

ForwardedFor parse_forwarded(const Fields& fields);
ForwardedFor parse_x_forwarded_for(const Fields& fields);

}  // namespace rosterd::http
