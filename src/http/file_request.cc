// SPDX-License-Identifier: MIT
#include "http/file_request.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.h"
#include "http/writer.h"

namespace rosterd::http {
namespace {

constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
    {"css", "text/css; charset=utf-8"},
    {"gif", "image/gif"},
    {"htm", "text/html; charset=utf-8"},
    {"html", "text/html; charset=utf-8"},
    {"ico", "image/vnd.microsoft.icon"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"js", "text/javascript; charset=utf-8"},
    {"json", "application/json"},
    {"map", "application/json"},
    {"mjs", "text/javascript; charset=utf-8"},
    {"mp3", "audio/mpeg"},
    {"ogg", "audio/ogg"},
    {"png", "image/png"},
    {"svg", "image/svg+xml"},
    {"txt", "text/plain; charset=utf-8"},
    {"wasm", "application/wasm"},
    {"webmanifest", "application/manifest+json"},
    {"webp", "image/webp"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"xml", "application/xml"},
};

// A decoded segment of a path, which was not empty before.
bool is_name(std::string_view segment) {
  return !segment.empty() && segment.front() != '.' &&
         std::none_of(segment.begin(), segment.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '/' || c == '\\';
         });
}

// Takes one entity-tag off the front of a list: its opaque part with the quotes, and whether it is
// weak. False at the end of the list, or of what can be understood of it.
bool take_etag(std::string_view& list, std::string_view& opaque, bool& weak) {
  list.remove_prefix(std::min(list.find_first_not_of(", \t"), list.size()));
  weak = list.starts_with("W/");
  if (weak) list.remove_prefix(2);
  if (!list.starts_with('"')) return false;
  const std::size_t end = list.find('"', 1);
  if (end == list.npos) return false;
  opaque = list.substr(0, end + 1);
  list.remove_prefix(end + 1);
  return true;
}

// Whether one of the field's entity-tags is `etag`, or the field is "*".
bool names_etag(const Fields& fields, std::string_view field, std::string_view etag,
                bool weak_counts) {
  for (const auto& [name, value] : fields.all()) {
    if (!text::ascii_iequals(name, field)) continue;
    std::string_view list = text::trim(value);
    if (list == "*") return true;
    std::string_view opaque;
    bool weak = false;
    while (take_etag(list, opaque, weak)) {
      if (opaque == etag && (weak_counts || !weak)) return true;
    }
  }
  return false;
}

bool is_met(const Fields& fields, const std::string& etag, const std::string& modified) {
  if (fields.has("If-Match")) return names_etag(fields, "If-Match", etag, false);
  const std::string_view date = fields.get("If-Unmodified-Since");
  return date.empty() || date == modified;
}

bool is_fresh(const Fields& fields, const std::string& etag, const std::string& modified) {
  if (fields.has("If-None-Match")) return names_etag(fields, "If-None-Match", etag, true);
  return fields.get("If-Modified-Since") == modified;
}

// Digits and nothing else; what is too large for a number is larger than any file.
bool parse_position(std::string_view digits, std::uint64_t& position) {
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), position);
  if (error == std::errc::result_out_of_range) position = UINT64_MAX;
  return !digits.empty() && error != std::errc::invalid_argument &&
         end == digits.data() + digits.size();
}

// "5-9", "5-" or "-4" of `size` bytes; nullopt = not understood, so not minded.
std::optional<FileAnswer> judge_range(std::string_view range, std::uint64_t size) {
  const std::size_t dash = range.find('-');
  if (dash == range.npos) return std::nullopt;
  const std::string_view from = range.substr(0, dash);
  const std::string_view to = range.substr(dash + 1);
  std::uint64_t first = 0, last = UINT64_MAX;
  if (!from.empty() && !parse_position(from, first)) return std::nullopt;
  if ((!to.empty() || from.empty()) && !parse_position(to, last)) return std::nullopt;
  if (from.empty()) {  // the last so many
    first = size - std::min(last, size);
    last = UINT64_MAX;
  }
  if (first > last) return std::nullopt;
  if (first >= size) return FileAnswer{416, 0, 0};
  return FileAnswer{206, first, std::min(last, size - 1) - first + 1};
}

// If-Range: the range only if the file is still the one of which the client has the other part.
bool is_range_wanted(const Fields& fields, const std::string& etag, const std::string& modified) {
  if (fields.count("Range") != 1) return false;
  const std::string_view condition = fields.get("If-Range");
  return !fields.has("If-Range") || condition == etag || condition == modified;
}

}  // namespace

std::optional<std::string> find_file_path(std::string_view request_path) {
  if (!request_path.starts_with('/')) return std::nullopt;
  request_path.remove_prefix(1);
  std::string path;
  while (!request_path.empty()) {
    const std::size_t end = std::min(request_path.find('/'), request_path.size());
    const auto segment = text::percent_decode(request_path.substr(0, end));
    if (!segment || !is_name(*segment)) return std::nullopt;
    path.append(*segment);
    if (end == request_path.size()) return path;
    path.push_back('/');
    request_path.remove_prefix(end + 1);
  }
  return path.append("index.html");
}

std::string_view content_type_of(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const std::size_t dot = name.rfind('.');
  const std::string extension =
      dot == name.npos ? std::string() : text::ascii_lower(name.substr(dot + 1));
  for (const auto& [known, type] : kTypes) {
    if (known == extension) return type;
  }
  return "application/octet-stream";
}

// Nanoseconds, so that two versions within a second differ.
std::string make_etag(const FileState& file) {
  return '"' + std::to_string(file.size) + '-' +
         std::to_string(file.modified.time_since_epoch().count()) + '"';
}

std::string make_last_modified(const FileState& file) {
  return http_date(std::chrono::floor<WallTime::duration>(file.modified));
}

FileAnswer judge_file_request(const Fields& fields, bool head, const FileState& file) {
  const std::string etag = make_etag(file);
  const std::string modified = make_last_modified(file);
  if (!is_met(fields, etag, modified)) return {412, 0, 0};
  if (is_fresh(fields, etag, modified)) return {304, 0, 0};
  const FileAnswer whole{200, 0, file.size};
  if (head || !is_range_wanted(fields, etag, modified)) return whole;
  const std::string_view range = text::trim(fields.get("Range"));
  constexpr std::string_view kUnit = "bytes=";
  if (!text::ascii_iequals(range.substr(0, kUnit.size()), kUnit)) return whole;
  return judge_range(text::trim(range.substr(kUnit.size())), file.size).value_or(whole);
}

}  // namespace rosterd::http
