// SPDX-License-Identifier: MIT
// What the fields of a web app's answer say of the roster in it (the protocol's section 1). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "http/message.h"

namespace rosterd::app {

// ETag as it came, to be sent back as it is: not every application quotes it. "" when absent or
// longer than anybody would remember.
std::string read_etag(const http::Fields& fields);

// Whether a text of JSON can be such a tag. It is compared with what came as an ETag, and sent back
// as If-None-Match, as it is.
bool may_be_etag(std::string_view text);

// max-age of Cache-Control (RFC 9111 section 5.2.2.1), less the Age that a cache on the way has
// added; at most a day. 0 when absent, malformed, or with no-cache or no-store.
Duration read_max_age(const http::Fields& fields);

// The target of the first Link (RFC 8288) with rel=next, as it stands there; nullopt when there is
// none.
std::optional<std::string> read_next_link(const http::Fields& fields);

}  // namespace rosterd::app
