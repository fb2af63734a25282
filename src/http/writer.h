// SPDX-License-Identifier: MIT
// Values to bytes: HTTP/1.1 messages with Content-Length framing.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "http/message.h"

namespace rosterd::http {

// "Mon, 23 Nov 2026 13:40:00 GMT" (RFC 9110 section 5.6.7).
std::string http_date(WallTime when);

// Appends a whole response: status line, Date, Content-Length, Connection where it is not the
// default for `version_minor` or there is an Upgrade, the response's own fields, body (left out
// when `head_only`). Control characters in field values are replaced by spaces.
void write_response(std::string& out, const Response& response, WallTime now, int version_minor,
                    bool head_only);

// Appends a whole request; Host and Content-Length are added, the fields are the caller's.
void write_request(std::string& out, const Request& request, std::string_view host);

}  // namespace rosterd::http
