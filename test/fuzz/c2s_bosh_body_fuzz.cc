// SPDX-License-Identifier: MIT
// <body/> elements as a client may send them: what is taken is within limits, and its payloads are
// elements by themselves.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "c2s/bosh_body.h"

using namespace rosterd;
using namespace rosterd::c2s;

namespace {

constexpr xml::FramerLimits kLimits{.stanza_bytes = 2000, .depth = 8, .attributes = 16};

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static xml::Parser parser;
  static xml::Parser payload_parser;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto request = parse_bosh_body(parser, bytes, kLimits);
  if (!request) {
    require(!request.error().text.empty());
    return 0;
  }
  require(request->rid >= 1 && request->rid <= kHighestRid);
  for (const auto& number : {request->wait, request->hold, request->pause, request->ack}) {
    require(!number || *number <= kHighestRid + 1);
  }
  for (const std::string& payload : request->payloads) {
    require(payload_parser.parse_stanza(payload).has_value());
  }
  const std::string version = choose_bosh_version(request->ver);
  require(version.empty() || choose_bosh_version(version) == version);
  return 0;
}
