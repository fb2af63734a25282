// SPDX-License-Identifier: MIT
#include "http/websocket_frame.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

#include "base/text.h"

namespace rosterd::http {
namespace {

using namespace websocket_close;

constexpr std::uint8_t kFin = 0x80;
constexpr std::uint8_t kReserved = 0x70;
constexpr std::uint8_t kMasked = 0x80;
constexpr std::uint8_t kLength16 = 126;  // the length follows in two bytes
constexpr std::uint8_t kLength64 = 127;  // in eight
constexpr std::size_t kMaskSize = 4;
constexpr std::size_t kMaxHead = 2 + 8 + kMaskSize;
constexpr std::size_t kMaxControl = 125;
constexpr std::size_t kCloseCodeSize = 2;

using Mask = std::array<std::uint8_t, kMaskSize>;

bool is_control(WebSocketOpcode opcode) { return opcode >= WebSocketOpcode::kClose; }

bool is_known(WebSocketOpcode opcode) {
  return opcode <= WebSocketOpcode::kBinary ||
         (opcode >= WebSocketOpcode::kClose && opcode <= WebSocketOpcode::kPong);
}

// What an endpoint may put into a close frame (RFC 6455 section 7.4).
bool is_close_code(std::uint16_t code) {
  if (code >= 3000) return code < 5000;
  return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
}

// `offset` of the bytes in the payload says where in the mask they begin.
void unmask(char* bytes, std::size_t size, const Mask& mask, std::uint64_t offset) {
  std::array<std::uint8_t, 8> key;
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = mask[(offset + i) % kMaskSize];
  std::uint64_t wide_key;
  std::memcpy(&wide_key, key.data(), sizeof wide_key);
  std::size_t done = 0;
  for (; done + sizeof wide_key <= size; done += sizeof wide_key) {
    std::uint64_t word;
    std::memcpy(&word, bytes + done, sizeof word);
    word ^= wide_key;
    std::memcpy(bytes + done, &word, sizeof word);
  }
  for (; done < size; ++done) bytes[done] = static_cast<char>(bytes[done] ^ key[done % key.size()]);
}

void append_number(std::string& out, std::uint64_t number, std::size_t bytes) {
  while (bytes-- > 0) out.push_back(static_cast<char>((number >> (8 * bytes)) & 0xFF));
}

}  // namespace

struct WebSocketReader::Frame {
  WebSocketOpcode opcode = WebSocketOpcode::kText;
  bool fin = true;
  Mask mask{};
  std::uint64_t length = 0;
};

// The head as it came, so far.
struct WebSocketReader::Head {
  std::array<std::uint8_t, kMaxHead> bytes{};
  std::uint8_t size = 0;

  void append(std::string_view more) {
    const std::size_t count = std::min(more.size(), kMaxHead - size);
    std::memcpy(bytes.data() + size, more.data(), count);
    size = static_cast<std::uint8_t>(size + count);
  }
  WebSocketOpcode opcode() const { return static_cast<WebSocketOpcode>(bytes[0] & 0x0F); }
  bool fin() const { return (bytes[0] & kFin) != 0; }
  std::uint8_t short_length() const { return bytes[1] & 0x7F; }
  bool has_start() const { return size >= 2; }
  std::size_t length_size() const {
    return short_length() == kLength64 ? 8 : short_length() == kLength16 ? 2 : 0;
  }
  // Of a masked frame. Known once has_start().
  std::size_t full_size() const { return 2 + length_size() + kMaskSize; }

  Frame frame() const {
    Frame frame{.opcode = opcode(), .fin = fin(), .mask = {}, .length = 0};
    if (length_size() == 0) frame.length = short_length();
    for (std::size_t i = 0; i < length_size(); ++i) {
      frame.length = frame.length << 8 | bytes[2 + i];
    }
    std::memcpy(frame.mask.data(), bytes.data() + 2 + length_size(), kMaskSize);
    return frame;
  }
};

struct WebSocketReader::Partial {
  Head head;                   // of the next frame, while incomplete
  Frame frame;                 // whose payload is being read
  std::uint64_t received = 0;  // of it
  std::string control;         // the payload, when it is a control frame
  std::string message;         // the fragments so far
  std::uint32_t fragments = 0;
  bool in_payload = false;
  bool in_message = false;  // its first frame has begun, its last has not ended
};

WebSocketReader::WebSocketReader(const WebSocketLimits& limits) : limits_(limits) {
  static_assert(sizeof(WebSocketReader) <= 32, "what an idle connection pays");
}
WebSocketReader::~WebSocketReader() = default;

WebSocketStep WebSocketReader::feed(std::string_view bytes, std::string& scratch) {
  if (end_ != WebSocketEvent::kNeedMore) {
    return {.event = end_, .consumed = bytes.size(), .code = end_code_, .text = end_text_};
  }
  WebSocketStep step;
  const std::size_t offered = bytes.size();
  while (step.event == WebSocketEvent::kNeedMore && !bytes.empty()) {
    const bool in_payload = partial_ && partial_->in_payload;
    step = in_payload ? take_payload(bytes, scratch) : take_head(bytes, scratch);
  }
  // Nothing after a fault has a meaning.
  step.consumed = step.event == WebSocketEvent::kError ? offered : offered - bytes.size();
  return step;
}

WebSocketStep WebSocketReader::take_head(std::string_view& bytes, std::string& scratch) {
  Head head = partial_ ? partial_->head : Head();
  const std::size_t before = head.size;
  head.append(bytes);
  if (head.has_start()) {
    const WebSocketStep step = check_start(head);
    if (step.event == WebSocketEvent::kError) return step;
  }
  if (!head.has_start() || head.size < head.full_size()) {
    partial().head = head;
    bytes = {};
    return {};
  }
  bytes.remove_prefix(head.full_size() - before);
  if (partial_) partial_->head = Head();
  const Frame frame = head.frame();
  const WebSocketStep step = check_size(head, frame);
  if (step.event == WebSocketEvent::kError) return step;
  return start_frame(frame, bytes, scratch);
}

// On the first two bytes alone: an unmasked frame has no mask to wait for.
WebSocketStep WebSocketReader::check_start(const Head& head) {
  const WebSocketOpcode opcode = head.opcode();
  if ((head.bytes[0] & kReserved) != 0) return fail(kProtocolError, "reserved bit set");
  if (!is_known(opcode)) return fail(kProtocolError, "reserved opcode");
  if ((head.bytes[1] & kMasked) == 0) return fail(kProtocolError, "frame not masked");
  if (is_control(opcode)) {
    if (!head.fin()) return fail(kProtocolError, "control frame in fragments");
    if (head.short_length() > kMaxControl) return fail(kProtocolError, "control frame too long");
    return {};
  }
  const bool continues = opcode == WebSocketOpcode::kContinuation;
  if (continues && !in_message()) return fail(kProtocolError, "nothing to continue");
  if (!continues && in_message()) return fail(kProtocolError, "message inside a message");
  if (opcode == WebSocketOpcode::kBinary) return fail(kUnsupportedData, "binary message");
  return {};
}

WebSocketStep WebSocketReader::check_size(const Head& head, const Frame& frame) {
  if (is_control(frame.opcode)) return {};
  if (frame.length >> 63 != 0) return fail(kProtocolError, "length has its highest bit set");
  const std::uint64_t least = head.length_size() == 8   ? 0x10000
                              : head.length_size() == 2 ? kLength16
                                                        : 0;
  if (frame.length < least) return fail(kProtocolError, "length not in its shortest form");
  if (frame.length + (partial_ ? partial_->message.size() : 0) > limits_.message_bytes) {
    return fail(kMessageTooBig, "message too big");
  }
  if ((partial_ ? partial_->fragments : 0) >= limits_.fragments) {
    return fail(kPolicyViolation, "too many fragments");
  }
  return {};
}

WebSocketStep WebSocketReader::start_frame(const Frame& frame, std::string_view& bytes,
                                           std::string& scratch) {
  const bool control = is_control(frame.opcode);
  // What nearly every frame is: all there, and nothing to join it to.
  if (bytes.size() >= frame.length && (control || (frame.fin && !in_message()))) {
    scratch.assign(bytes.data(), frame.length);
    unmask(scratch.data(), scratch.size(), frame.mask, 0);
    bytes.remove_prefix(frame.length);
    return deliver(frame.opcode, scratch);
  }
  Partial& rest = partial();
  rest.frame = frame;
  rest.received = 0;
  rest.in_payload = true;
  if (!control) {
    rest.in_message = true;
    ++rest.fragments;
  }
  return take_payload(bytes, scratch);
}

WebSocketStep WebSocketReader::take_payload(std::string_view& bytes, std::string& scratch) {
  Partial& rest = *partial_;
  const WebSocketOpcode opcode = rest.frame.opcode;
  std::string& buffer = is_control(opcode) ? rest.control : rest.message;
  const std::size_t count =
      std::min<std::uint64_t>(bytes.size(), rest.frame.length - rest.received);
  const std::size_t old_size = buffer.size();
  buffer.append(bytes.substr(0, count));
  unmask(buffer.data() + old_size, count, rest.frame.mask, rest.received);
  bytes.remove_prefix(count);
  rest.received += count;
  if (rest.received < rest.frame.length) return {};
  rest.in_payload = false;
  if (!rest.frame.fin) return {};
  scratch = std::move(buffer);
  buffer.clear();
  if (!is_control(opcode)) {
    rest.in_message = false;
    rest.fragments = 0;
  }
  return deliver(opcode, scratch);
}

WebSocketStep WebSocketReader::deliver(WebSocketOpcode opcode, std::string_view payload) {
  if (!in_message()) partial_.reset();
  switch (opcode) {
    case WebSocketOpcode::kClose:
      return deliver_close(payload);
    case WebSocketOpcode::kPing:
      return {.event = WebSocketEvent::kPing, .consumed = 0, .code = 0, .text = payload};
    case WebSocketOpcode::kPong:
      return {.event = WebSocketEvent::kPong, .consumed = 0, .code = 0, .text = payload};
    default:
      break;
  }
  // Only now: a fragment may end inside a character.
  if (!text::is_utf8(payload)) return fail(kInvalidPayload, "message is not UTF-8");
  return {.event = WebSocketEvent::kMessage, .consumed = 0, .code = 0, .text = payload};
}

WebSocketStep WebSocketReader::deliver_close(std::string_view payload) {
  std::uint16_t code = kNoStatus;
  if (!payload.empty()) {
    if (payload.size() < kCloseCodeSize) return fail(kProtocolError, "half a close code");
    code = static_cast<std::uint16_t>(static_cast<std::uint8_t>(payload[0]) << 8 |
                                      static_cast<std::uint8_t>(payload[1]));
    if (!is_close_code(code)) return fail(kProtocolError, "not a close code");
    payload.remove_prefix(kCloseCodeSize);
    if (!text::is_utf8(payload)) return fail(kInvalidPayload, "close reason is not UTF-8");
  }
  partial_.reset();
  end_ = WebSocketEvent::kClose;
  end_code_ = code;
  return {.event = end_, .consumed = 0, .code = code, .text = payload};
}

WebSocketStep WebSocketReader::fail(std::uint16_t code, const char* why) {
  partial_.reset();
  end_ = WebSocketEvent::kError;
  end_code_ = code;
  end_text_ = why;
  return {.event = end_, .consumed = 0, .code = code, .text = why};
}

bool WebSocketReader::in_message() const { return partial_ && partial_->in_message; }

WebSocketReader::Partial& WebSocketReader::partial() {
  if (!partial_) partial_ = std::make_unique<Partial>();
  return *partial_;
}

void append_websocket_frame(std::string& out, WebSocketOpcode opcode, std::string_view payload) {
  assert(!is_control(opcode) || payload.size() <= kMaxControl);
  out.push_back(static_cast<char>(kFin | static_cast<std::uint8_t>(opcode)));
  if (payload.size() < kLength16) {
    append_number(out, payload.size(), 1);
  } else if (payload.size() <= 0xFFFF) {
    append_number(out, kLength16, 1);
    append_number(out, payload.size(), 2);
  } else {
    append_number(out, kLength64, 1);
    append_number(out, payload.size(), 8);
  }
  out.append(payload);
}

void append_websocket_close(std::string& out, std::uint16_t code, std::string_view reason) {
  std::string payload;
  if (code != kNoStatus) {
    append_number(payload, code, kCloseCodeSize);
    while (!reason.empty()) {
      const std::size_t size = text::utf8_size(reason);
      if (size == 0 || payload.size() + size > kMaxControl) break;
      payload.append(reason.substr(0, size));
      reason.remove_prefix(size);
    }
  }
  append_websocket_frame(out, WebSocketOpcode::kClose, payload);
}

}  // namespace rosterd::http
