// SPDX-License-Identifier: MIT
// What a request asks of a folder of files (RFC 9110 sections 13 and 14), by name and by
// conditions. Who opens and reads the files stands elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace rosterd::http {

// The file's path below the folder: "js/app.js" for "/js/app.js", "a/index.html" for "/a/".
// Percent-encoding is undone once. nullopt where there can be none: an empty name, one that begins
// with '.' (so neither ".." nor what is hidden), an encoded '/', a backslash, a control character.
std::optional<std::string> find_file_path(std::string_view request_path);

// The value of Content-Type by the name's extension; application/octet-stream for any other.
std::string_view content_type_of(std::string_view path);

// What is known of a file before it is read.
struct FileState {
  std::uint64_t size = 0;
  std::chrono::sys_time<std::chrono::nanoseconds> modified;
};

std::string make_etag(const FileState& file);           // strong, with its quotes
std::string make_last_modified(const FileState& file);  // HTTP-date

struct FileAnswer {
  int status = 200;         // 200, 206, 304 (Not Modified), 412 (Precondition Failed), 416
  std::uint64_t first = 0;  // of 200 and 206: which bytes go out
  std::uint64_t length = 0;
};

// Judges the conditions and the range of a GET or, with `head`, of a HEAD, which has no range.
// Dates count only when they are exactly Last-Modified; of several ranges none is minded.
FileAnswer judge_file_request(const Fields& fields, bool head, const FileState& file);

}  // namespace rosterd::http
