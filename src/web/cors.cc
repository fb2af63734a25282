// SPDX-License-Identifier: MIT
#include "web/cors.h"

#include <algorithm>

#include "base/text.h"

namespace rosterd::web {

namespace {

bool has_any(const Origins& allowed) {
  return std::find(allowed.begin(), allowed.end(), "*") != allowed.end();
}

}  // namespace

bool is_origin(std::string_view text) {
  if (text == "*") return true;
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos || scheme == 0) return false;
  const std::string_view host = text.substr(scheme + 3);
  return !host.empty() && host.find_first_of("/?#@ ,*") == std::string_view::npos;
}

bool is_origin_allowed(const Origins& allowed, std::string_view origin) {
  return origin.empty() || has_any(allowed) || is_origin_named(allowed, origin);
}

bool is_origin_named(const Origins& allowed, std::string_view origin) {
  return origin != "*" &&
         std::any_of(allowed.begin(), allowed.end(),
                     [origin](const std::string& one) { return text::ascii_iequals(one, origin); });
}

void add_cors(http::Fields& fields, const Origins& allowed, std::string_view origin) {
  if (has_any(allowed)) return fields.add("Access-Control-Allow-Origin", "*");
  // Caches must not give one origin's answer to another.
  fields.add("Vary", "Origin");
  if (origin.empty() || !is_origin_allowed(allowed, origin)) return;
  fields.add("Access-Control-Allow-Origin", std::string(origin));
}

http::Response make_preflight(const Origins& allowed, std::string_view origin,
                              std::string_view methods) {
  http::Response response;
  add_cors(response.fields, allowed, origin);
  response.fields.add("Access-Control-Allow-Methods", std::string(methods));
  response.fields.add("Access-Control-Allow-Headers", "Content-Type");
  response.fields.add("Access-Control-Max-Age", "7200");
  return response;
}

}  // namespace rosterd::web
