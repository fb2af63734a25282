// SPDX-License-Identifier: MIT
// Absolute http:// and https:// URLs (RFC 3986), as far as a client needs them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace rosterd::http {

struct Url {
  bool tls = false;
  std::string host;  // lower case; an IPv6 literal without its brackets
  std::uint16_t port = 80;
  std::string target;    // path and query, at least "/"
  std::string userinfo;  // "user:password" percent-decoded, or ""

  // The Host field: brackets for IPv6, port where it is not the scheme's.
  std::string authority() const;
  // scheme://authority, the key of a connection pool.
  std::string origin() const;
};

// kInvalid for another scheme, a missing host, bad port, control characters, spaces, a fragment.
Result<Url> parse_url(std::string_view text);

// `reference` (absolute URL, //host/path, /path or relative path) resolved against `base`, for
// redirects and links.
Result<Url> resolve_url(const Url& base, std::string_view reference);

// Whether a segment of the path is `.` or `..` as a whole: to a server it means another place.
bool has_dot_segment(std::string_view path);

}  // namespace rosterd::http
