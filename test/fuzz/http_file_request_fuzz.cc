// SPDX-License-Identifier: MIT
// A path, and behind the first line the fields of a request for a file: no path leaves the folder,
// and no answer holds bytes that the file has not.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/file_request.h"

using namespace rosterd::http;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

std::string_view take_line(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  return line;
}

void check_path(std::string_view request_path) {
  const auto path = find_file_path(request_path);
  if (!path) return;
  require(!path->empty() && path->front() != '/' && path->back() != '/');
  require(path->find('\0') == path->npos && path->find("//") == path->npos);
  require(path->front() != '.' && path->find("/.") == path->npos);
  require(!content_type_of(*path).empty());
}

void check_answer(const Fields& fields, bool head, const FileState& file) {
  const FileAnswer answer = judge_file_request(fields, head, file);
  require(answer.length <= file.size && answer.first <= file.size - answer.length);
  switch (answer.status) {
    case 200:
      return require(answer.first == 0 && answer.length == file.size);
    case 206:
      return require(!head && answer.length > 0);
    case 304:
    case 412:
    case 416:
      return require(answer.length == 0);
    default:
      require(false);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  check_path(take_line(rest));
  Fields fields;
  for (const char* name : {"Range", "If-Range", "If-None-Match", "If-Match", "If-Modified-Since"}) {
    if (rest.empty()) break;
    const std::string_view value = take_line(rest);
    if (!value.empty()) fields.add(name, std::string(value));
  }
  for (const std::uint64_t bytes : {std::uint64_t{0}, std::uint64_t{10}, UINT64_MAX}) {
    check_answer(fields, false, {bytes, {}});
    check_answer(fields, true, {bytes, {}});
  }
  return 0;
}
