// SPDX-License-Identifier: MIT
// Requests as a client may send them: the outcome is the same whole and in pieces, limits hold, and
// what was taken can be written and read again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/parser.h"
#include "http/writer.h"

using namespace rosterd::http;

namespace {

constexpr Limits kLimits{.target_bytes = 64, .head_bytes = 512, .fields = 8, .body_bytes = 64};

void check(bool condition) {
  if (!condition) std::abort();
}

void check_round_trip(const Request& request) {
  check(request.target.starts_with('/') && request.target.size() <= kLimits.target_bytes);
  check(request.fields.all().size() <= kLimits.fields);
  check(request.body.size() <= kLimits.body_bytes);
  std::string out;
  write_request(out, request, "a");
  RequestParser parser(Limits{});
  ParseStep step = parser.feed(out);
  if (step.state == ParseState::kHeadComplete) {
    step = parser.feed(std::string_view(out).substr(step.consumed));
  }
  // An expectation that HTTP/1.0 ignores is unknown in HTTP/1.1.
  if (step.state == ParseState::kError) {
    check(request.version_minor == 0 && parser.error().status == 417);
    return;
  }
  check(parser.message().body == request.body && parser.message().target == request.target);
}

// `size` bytes at a time. Everything that came of it, as text.
std::string outcome(std::string_view bytes, std::size_t size) {
  RequestParser parser(kLimits);
  std::string text;
  while (!bytes.empty()) {
    std::string_view piece = bytes.substr(0, size);
    bytes.remove_prefix(piece.size());
    while (!piece.empty()) {
      const ParseStep step = parser.feed(piece);
      check(step.consumed <= piece.size());
      piece.remove_prefix(step.consumed);
      text += std::to_string(static_cast<int>(step.state));
      if (step.state == ParseState::kNeedMore) text.pop_back();
      if (step.state == ParseState::kError) return text;
      if (step.state != ParseState::kComplete && step.state != ParseState::kUpgrade) continue;
      const Request& request = parser.message();
      check_round_trip(request);
      text += request.method + " " + request.target + " " + request.body;
      for (const auto& [name, value] : request.fields.all()) text += name + ":" + value + ";";
      parser.next();
    }
  }
  return text + (parser.idle() ? "idle" : "more");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string whole = outcome(bytes, size + 1);
  check(whole == outcome(bytes, 1));
  check(whole == outcome(bytes, 7));
  return 0;
}
