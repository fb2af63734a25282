// SPDX-License-Identifier: MIT
#include "app/response_fields.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/text.h"

namespace rosterd::app {

namespace {

constexpr std::size_t kLongestEtag = 256;
constexpr std::int64_t kDay = 24 * 60 * 60;

// delta-seconds (RFC 9111 section 1.2.2), perhaps quoted; one too large to read is as good as a
// day.
std::optional<std::int64_t> parse_seconds(std::string_view value) {
  value = text::trim(value);
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (end != value.data() + value.size() || value.empty() || seconds < 0) return std::nullopt;
  return error == std::errc() ? std::min(seconds, kDay) : kDay;
}

// The part of `rest` before `separator`, quoted strings and <…> passed over; `rest` goes on after
// it.
std::string_view take_part(std::string_view& rest, char separator) {
  bool quoted = false;
  bool bracketed = false;
  std::size_t i = 0;
  for (; i < rest.size(); ++i) {
    const char c = rest[i];
    if (quoted && c == '\\') {
      ++i;
    } else if (c == '"' && !bracketed) {
      quoted = !quoted;
    } else if (!quoted && (c == '<' || c == '>')) {
      bracketed = c == '<';
    } else if (c == separator && !quoted && !bracketed) {
      break;
    }
  }
  i = std::min(i, rest.size());
  const std::string_view part = rest.substr(0, i);
  rest.remove_prefix(std::min(i + 1, rest.size()));
  return text::trim(part);
}

// rel=next, rel="next", rel="next last".
bool is_next(std::string_view parameter) {
  const std::size_t equals = parameter.find('=');
  if (equals == parameter.npos) return false;
  if (!text::ascii_iequals(text::trim(parameter.substr(0, equals)), "rel")) return false;
  std::string_view value = text::trim(parameter.substr(equals + 1));
  if (value.size() >= 2 && value.front() == '"') value = value.substr(1, value.size() - 2);
  while (!value.empty()) {
    if (text::ascii_iequals(take_part(value, ' '), "next")) return true;
  }
  return false;
}

std::optional<std::string> next_of(std::string_view link) {
  const std::string_view target = take_part(link, ';');
  if (target.size() < 2 || target.front() != '<' || target.back() != '>') return std::nullopt;
  while (!link.empty()) {
    if (is_next(take_part(link, ';'))) return std::string(target.substr(1, target.size() - 2));
  }
  return std::nullopt;
}

}  // namespace

std::string read_etag(const http::Fields& fields) {
  const std::string_view etag = text::trim(fields.get("ETag"));
  return etag.size() > kLongestEtag ? std::string() : std::string(etag);
}

bool may_be_etag(std::string_view text) {
  return !text.empty() && text.size() <= kLongestEtag &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

Duration read_max_age(const http::Fields& fields) {
  std::optional<std::int64_t> max_age;
  for (const auto& [name, value] : fields.all()) {
    if (!text::ascii_iequals(name, "Cache-Control")) continue;
    for (std::string_view rest = value; !rest.empty();) {
      const std::string_view directive = take_part(rest, ',');
      const std::size_t equals = std::min(directive.find('='), directive.size());
      const std::string_view word = text::trim(directive.substr(0, equals));
      if (text::ascii_iequals(word, "no-cache") || text::ascii_iequals(word, "no-store")) return {};
      if (!text::ascii_iequals(word, "max-age") || max_age || equals == directive.size()) continue;
      max_age = parse_seconds(directive.substr(equals + 1));
    }
  }
  const std::int64_t age = parse_seconds(fields.get("Age")).value_or(0);
  return std::chrono::seconds(std::max<std::int64_t>(max_age.value_or(0) - age, 0));
}

std::optional<std::string> read_next_link(const http::Fields& fields) {
  for (const auto& [name, value] : fields.all()) {
    if (!text::ascii_iequals(name, "Link")) continue;
    for (std::string_view rest = value; !rest.empty();) {
      if (auto next = next_of(take_part(rest, ','))) return next;
    }
  }
  return std::nullopt;
}

}  // namespace rosterd::app
