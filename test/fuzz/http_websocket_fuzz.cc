// SPDX-License-Identifier: MIT
// Frames as a client may send them: the events are the same whole, cut in two and byte by byte,
// limits hold, and between messages nothing is kept.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "http/websocket_frame.h"

using namespace rosterd;
using namespace rosterd::http;

namespace {

constexpr WebSocketLimits kLimits{.message_bytes = 200, .fragments = 4};

void require(bool condition) {
  if (!condition) std::abort();
}

void check_step(const WebSocketStep& step) {
  switch (step.event) {
    case WebSocketEvent::kNeedMore:
      return require(step.text.empty());
    case WebSocketEvent::kMessage:
      return require(step.text.size() <= kLimits.message_bytes && text::is_utf8(step.text));
    case WebSocketEvent::kPing:
    case WebSocketEvent::kPong:
      return require(step.text.size() <= 125);
    case WebSocketEvent::kClose:
      return require(step.code >= 1000 && step.code < 5000 && text::is_utf8(step.text));
    case WebSocketEvent::kError:
      return require(step.code >= 1002 && step.code <= 1009 && !step.text.empty());
  }
}

// Reads the piece to its end; what came of it is appended as text. False when that was the end.
bool read(WebSocketReader& reader, std::string_view piece, std::string& scratch,
          std::string& events) {
  while (!piece.empty()) {
    const WebSocketStep step = reader.feed(piece, scratch);
    require(step.consumed > 0 && step.consumed <= piece.size());
    piece.remove_prefix(step.consumed);
    check_step(step);
    if (step.event == WebSocketEvent::kNeedMore) {
      require(piece.empty());
      continue;
    }
    events += std::to_string(static_cast<int>(step.event)) + ":" + std::to_string(step.code) + ":";
    events.append(step.text).push_back(';');
    if (step.event != WebSocketEvent::kClose && step.event != WebSocketEvent::kError) continue;
    require(reader.idle());
    return false;
  }
  return true;
}

// `first` bytes, then `size` at a time.
std::string outcome(std::string_view bytes, std::size_t first, std::size_t size) {
  WebSocketReader reader(kLimits);
  std::string scratch, events;
  for (std::size_t count = first; !bytes.empty(); count = size) {
    const std::string_view piece = bytes.substr(0, count);
    bytes.remove_prefix(piece.size());
    if (!read(reader, piece, scratch, events)) return events;
  }
  return events + (reader.idle() ? "idle" : "more");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string whole = outcome(bytes, size + 1, size + 1);
  require(whole == outcome(bytes, 1, 1));
  require(whole == outcome(bytes, 3, 7));
  // Every cut of a short input, some of a long one.
  for (std::size_t cut = 1; cut < size; cut += 1 + size / 64) {
    require(whole == outcome(bytes, cut, size));
  }
  return 0;
}
