// SPDX-License-Identifier: MIT
// Answers as a web app may send them: the outcome is the same whole and in pieces, and limits hold.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/parser.h"

using namespace rosterd::http;

namespace {

constexpr Limits kLimits{.target_bytes = 64, .head_bytes = 512, .fields = 8, .body_bytes = 64};

void check(bool condition) {
  if (!condition) std::abort();
}

std::string describe(const Response& response) {
  check(response.status >= 200 && response.status <= 599);
  check(response.fields.all().size() <= kLimits.fields);
  check(response.body.size() <= kLimits.body_bytes);
  std::string text = std::to_string(response.status) + response.body;
  for (const auto& [name, value] : response.fields.all()) text += name + ":" + value + ";";
  return text + (response.keep_alive ? "+" : "-");
}

std::string outcome(std::string_view bytes, std::size_t size, bool head_request) {
  ResponseParser parser(kLimits);
  parser.next(head_request);
  std::string text;
  while (!bytes.empty()) {
    std::string_view piece = bytes.substr(0, size);
    bytes.remove_prefix(piece.size());
    while (!piece.empty()) {
      const ParseStep step = parser.feed(piece);
      check(step.consumed <= piece.size());
      piece.remove_prefix(step.consumed);
      if (step.state == ParseState::kError) return text + "error";
      if (step.state != ParseState::kComplete) continue;
      text += describe(parser.message());
      parser.next(head_request);
    }
  }
  if (parser.finish().state == ParseState::kComplete) return text + describe(parser.message());
  return text + "cut off";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const bool head_request : {false, true}) {
    const std::string whole = outcome(bytes, size + 1, head_request);
    check(whole == outcome(bytes, 1, head_request));
    check(whole == outcome(bytes, 7, head_request));
  }
  return 0;
}
