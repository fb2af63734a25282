// SPDX-License-Identifier: MIT
#include "web/routes.h"

#include <algorithm>

namespace rosterd::web {

bool Route::matches(std::string_view request_path) const {
  return path.ends_with('/') ? request_path.starts_with(path) : request_path == path;
}

bool Route::lists(std::string_view method) const {
  std::string_view rest = methods;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    if (rest.substr(0, comma) == method) return true;
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return false;
}

bool Route::allows(std::string_view method) const {
  return lists(method) || (method == "HEAD" && lists("GET"));
}

std::string Route::allow_field() const {
  std::string field;
  for (const char c : methods) {
    field += c;
    if (c == ',') field += ' ';
  }
  if (lists("GET") && !lists("HEAD")) field += ", HEAD";
  return field;
}

void Routes::remove(std::string_view path) {
  std::erase_if(routes_, [&](const Route& route) { return route.path == path; });
}

const Route* Routes::find(std::string_view path) const {
  const Route* best = nullptr;
  for (const Route& route : routes_) {
    if (route.matches(path) && (!best || route.path.size() > best->path.size())) best = &route;
  }
  return best;
}

}  // namespace rosterd::web
