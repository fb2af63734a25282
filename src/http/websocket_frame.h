// SPDX-License-Identifier: MIT
// WebSocket frames (RFC 6455 section 5) as a server reads and writes them: text messages and
// control frames, no extensions, no binary messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace rosterd::http {

enum class WebSocketOpcode : std::uint8_t {
  kContinuation = 0x0,
  kText = 0x1,
  kBinary = 0x2,
  kClose = 0x8,
  kPing = 0x9,
  kPong = 0xA,
};

// Codes of the close frame (RFC 6455 section 7.4.1, IANA's registry).
namespace websocket_close {
inline constexpr std::uint16_t kNormal = 1000;
inline constexpr std::uint16_t kGoingAway = 1001;
inline constexpr std::uint16_t kProtocolError = 1002;
inline constexpr std::uint16_t kUnsupportedData = 1003;
inline constexpr std::uint16_t kNoStatus = 1005;  // never sent: the close frame had no code
inline constexpr std::uint16_t kInvalidPayload = 1007;
inline constexpr std::uint16_t kPolicyViolation = 1008;
inline constexpr std::uint16_t kMessageTooBig = 1009;
}  // namespace websocket_close

struct WebSocketLimits {
  std::uint32_t message_bytes = 256 * 1024;  // of all fragments together, after unmasking
  std::uint32_t fragments = 1024;            // of one message, empty ones as well; at least 1
};

enum class WebSocketEvent : std::uint8_t {
  kNeedMore,  // all bytes consumed, nothing to tell
  kMessage,   // text: a whole message, strict UTF-8
  kPing,      // text: the payload, to be sent back in a pong
  kPong,      // text: the payload
  kClose,     // code (kNoStatus when there was none) and text: the reason
  kError,     // fail the connection with code; text: static, why
};

struct WebSocketStep {
  WebSocketEvent event = WebSocketEvent::kNeedMore;
  std::size_t consumed = 0;
  std::uint16_t code = 0;  // kClose, kError: see websocket_close
  std::string_view text;   // lives as long as `scratch` is left alone
};

// Reads what one client sends. Between messages it owns no memory but itself: thousands of idle
// connections have one each. Bytes may come in any portions; the events are the same.
class WebSocketReader {
 public:
  explicit WebSocketReader(const WebSocketLimits& limits);
  ~WebSocketReader();

  // Consumes bytes up to the end of one event; call it again with the rest. `scratch` takes what
  // the step's text points to; one serves all readers of a loop, so that none needs a buffer of its
  // own. It grows to the largest message or portion, and `bytes` must lie outside it. After kClose
  // or kError further bytes are dropped: event and code stay, of a kClose the text is then empty.
  WebSocketStep feed(std::string_view bytes, std::string& scratch);

  // From the next frame on.
  void set_limits(const WebSocketLimits& limits) { limits_ = limits; }
  // True between messages: nothing is kept.
  bool idle() const { return !partial_; }

 private:
  struct Frame;
  struct Partial;
  struct Head;

  WebSocketStep take_head(std::string_view& bytes, std::string& scratch);
  WebSocketStep take_payload(std::string_view& bytes, std::string& scratch);
  WebSocketStep start_frame(const Frame& frame, std::string_view& bytes, std::string& scratch);
  WebSocketStep check_start(const Head& head);
  WebSocketStep check_size(const Head& head, const Frame& frame);
  WebSocketStep deliver(WebSocketOpcode opcode, std::string_view payload);
  WebSocketStep deliver_close(std::string_view payload);
  WebSocketStep fail(std::uint16_t code, const char* why);
  bool in_message() const;
  Partial& partial();

  std::unique_ptr<Partial> partial_;  // of an incomplete frame or message
  WebSocketLimits limits_;
  const char* end_text_ = "";
  std::uint16_t end_code_ = 0;
  WebSocketEvent end_ = WebSocketEvent::kNeedMore;  // kClose or kError: it has ended
};

// Appends one whole frame of a server: not masked. Of a control frame the payload has at most 125
// bytes.
void append_websocket_frame(std::string& out, WebSocketOpcode opcode, std::string_view payload);

// Appends a close frame. The reason is cut between characters to the 123 bytes that fit. kNoStatus
// makes an empty one, as the answer to an empty one.
void append_websocket_close(std::string& out, std::uint16_t code, std::string_view reason);

}  // namespace rosterd::http
