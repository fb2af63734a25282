// SPDX-License-Identifier: MIT
#include "http/message.h"

#include <algorithm>
#include <iterator>

#include "base/crypto.h"
#include "base/text.h"

namespace rosterd::http {
namespace {

struct Reason {
  int status;
  std::string_view phrase;
};

constexpr Reason kReasons[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

}  // namespace

std::string_view Fields::get(std::string_view name) const {
  for (const auto& [field, value] : fields_) {
    if (text::ascii_iequals(field, name)) return value;
  }
  return {};
}

bool Fields::has(std::string_view name) const { return count(name) > 0; }

std::size_t Fields::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::count_if(fields_.begin(), fields_.end(),
                    [&](const auto& field) { return text::ascii_iequals(field.first, name); }));
}

void Fields::wipe() {
  for (auto& [field, value] : fields_) crypto::wipe(value);
}

bool Fields::has_token(std::string_view name, std::string_view token) const {
  for (const auto& [field, value] : fields_) {
    if (!text::ascii_iequals(field, name)) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      if (text::ascii_iequals(text::trim(rest.substr(0, comma)), token)) return true;
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return false;
}

std::string_view reason_phrase(int status) {
  const auto* found = std::find_if(std::begin(kReasons), std::end(kReasons),
                                   [status](const Reason& r) { return r.status == status; });
  return found == std::end(kReasons) ? std::string_view() : found->phrase;
}

}  // namespace rosterd::http
