// SPDX-License-Identifier: MIT
// CORS: which web pages may ask this server something, and the fields by which a browser learns it
// (the Fetch standard's section on the CORS protocol). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace rosterd::web {

// Origins as a browser writes them, "https://app.example.org" or "https://app.example.org:8443";
// "*" = every one.
using Origins = std::vector<std::string>;

// Whether it is one of the first kind, or "*".
bool is_origin(std::string_view text);

// `origin`: the request's Origin; "" = it comes from no page of another origin, and may.
bool is_origin_allowed(const Origins& allowed, std::string_view origin);

// Whether it is one of them by name: "*" is not enough where a browser's cookies let a page act for
// its user (cross-site WebSocket hijacking).
bool is_origin_named(const Origins& allowed, std::string_view origin);

// Adds what lets a page of that origin read the answer, if it may.
void add_cors(http::Fields& fields, const Origins& allowed, std::string_view origin);

// The answer to a browser that asks before a page of `origin` may send a request with one of
// `methods` ("POST, GET") and a Content-Type of its own.
http::Response make_preflight(const Origins& allowed, std::string_view origin,
                              std::string_view methods);

}  // namespace rosterd::web
