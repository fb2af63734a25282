// SPDX-License-Identifier: MIT
#include "xml/framer.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/text.h"

namespace rosterd::xml {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// Bytes that mean something in a start tag outside quotes.
constexpr std::array<bool, 256> make_tag_table() {
  std::array<bool, 256> table{};
  for (const char c : {'\'', '"', '/', '>', '<'}) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr std::array<bool, 256> kTagTable = make_tag_table();

constexpr std::string_view kCdataStart = "[CDATA[";

// Position of `c` in bytes[from, end), or `end`.
std::size_t find_byte(std::string_view bytes, char c, std::size_t from) {
  const void* at = std::memchr(bytes.data() + from, c, bytes.size() - from);
  return at ? static_cast<std::size_t>(static_cast<const char*>(at) - bytes.data()) : bytes.size();
}

std::size_t count_spaces(std::string_view bytes) {
  const auto at = std::find_if_not(bytes.begin(), bytes.end(), is_space);
  return static_cast<std::size_t>(at - bytes.begin());
}

void skip_spaces(std::string_view& bytes) { bytes.remove_prefix(count_spaces(bytes)); }

// Takes ` name = 'value'` from the front of `bytes`; false, with `bytes` unchanged, when something
// else stands there.
bool take_pseudo_attribute(std::string_view& bytes, std::string_view name,
                           std::string_view& value) {
  std::string_view rest = bytes;
  const std::size_t before = count_spaces(rest);
  rest.remove_prefix(before);
  if (before == 0 || !rest.starts_with(name)) return false;
  rest.remove_prefix(name.size());
  skip_spaces(rest);
  if (!rest.starts_with('=')) return false;
  rest.remove_prefix(1);
  skip_spaces(rest);
  if (!rest.starts_with('\'') && !rest.starts_with('"')) return false;
  const std::size_t end = rest.find(rest.front(), 1);
  if (end == std::string_view::npos) return false;
  value = rest.substr(1, end - 1);
  bytes = rest.substr(end + 1);
  return true;
}

struct Fault {
  FrameError error = FrameError::kNone;
  const char* detail = "";
};

// `declaration` is everything from "<?" to "?>".
Fault check_declaration(std::string_view declaration) {
  std::string_view rest = declaration.substr(2, declaration.size() - 4);
  if (!rest.starts_with("xml") || (rest.size() > 3 && !is_space(rest[3]))) {
    return {FrameError::kRestrictedXml, "processing instruction"};
  }
  rest.remove_prefix(3);
  std::string_view value;
  if (!take_pseudo_attribute(rest, "version", value) || value.size() < 3 ||
      !value.starts_with("1.")) {
    return {FrameError::kNotWellFormed, "XML declaration without version 1.x"};
  }
  if (take_pseudo_attribute(rest, "encoding", value) && !text::ascii_iequals(value, "UTF-8")) {
    return {FrameError::kUnsupportedEncoding, "the encoding must be UTF-8"};
  }
  if (take_pseudo_attribute(rest, "standalone", value) && value != "yes" && value != "no") {
    return {FrameError::kNotWellFormed, "malformed XML declaration"};
  }
  skip_spaces(rest);
  if (!rest.empty()) return {FrameError::kNotWellFormed, "malformed XML declaration"};
  return {};
}

// `tag` is everything from "</" to ">". The prefix is the peer's choice.
bool is_stream_end(std::string_view tag) {
  std::string_view name = tag.substr(2, tag.size() - 3);
  while (!name.empty() && is_space(name.back())) name.remove_suffix(1);
  const std::size_t colon = name.find(':');
  if (colon == 0) return false;
  if (colon != std::string_view::npos) name.remove_prefix(colon + 1);
  return name == "stream";
}

}  // namespace

enum class Framer::State : std::uint8_t {
  kOutside,           // between frames
  kLessThan,          // after '<'
  kStartTag,          // in a start tag, outside quotes
  kStartTagSlash,     // after '/' in a start tag
  kApostropheValue,   // in an attribute value
  kQuoteValue,        //
  kEndTag,            // after "</"
  kText,              // character data inside a stanza
  kBang,              // after "<!", matching kCdataStart
  kCdata,             //
  kCdataBracket,      // after "]" in CDATA
  kCdataTwoBrackets,  // after "]]" or more in CDATA
  kDeclaration,       // after "<?"
  kAfterDeclaration,  // between "?>" and the stream's start tag
};

void Framer::reset() {
  reset_to_stanzas();
  in_stream_ = false;
}

void Framer::reset_to_stanzas() {
  begin_frame();
  in_stream_ = true;
  error_ = FrameError::kNone;
  detail_ = "";
}

void Framer::begin_frame() {
  scanned_ = 0;
  depth_ = 0;
  state_ = State::kOutside;
}

Frame Framer::fail(FrameError error, const char* detail) {
  error_ = error;
  detail_ = detail;
  return {Frame::Kind::kError, 0};
}

Frame Framer::next(std::string_view bytes) {
  if (error_ != FrameError::kNone) return {Frame::Kind::kError, 0};
  if (state_ == State::kOutside) {
    if (const std::size_t spaces = count_spaces(bytes)) return {Frame::Kind::kWhitespace, spaces};
    if (bytes.empty()) return {Frame::Kind::kNeedMore, 0};
  }
  // Never looks past the limit, so that the answer does not depend on how the input is cut.
  const std::string_view window = bytes.substr(0, limits_.stanza_bytes);
  std::size_t at = scanned_;
  Frame frame;
  while (at < window.size()) {
    if (step(window, at, frame)) {
      if (frame.kind != Frame::Kind::kError) begin_frame();
      return frame;
    }
  }
  scanned_ = at;
  if (bytes.size() > limits_.stanza_bytes) return fail(FrameError::kStanzaTooBig, "too many bytes");
  return {Frame::Kind::kNeedMore, bytes.size()};
}

// Looks at the byte at `at`, and at those after it that cannot change the state; moves `at` behind
// them. True when `frame` has been filled in.
bool Framer::step(std::string_view bytes, std::size_t& at, Frame& frame) {
  switch (state_) {
    case State::kStartTag:
      return step_start_tag(bytes, at, frame);
    case State::kApostropheValue:
      return skip_past(bytes, at, '\'', State::kStartTag);
    case State::kQuoteValue:
      return skip_past(bytes, at, '"', State::kStartTag);
    case State::kText:
      return skip_past(bytes, at, '<', State::kLessThan);
    case State::kCdata:
      return skip_past(bytes, at, ']', State::kCdataBracket);
    case State::kEndTag:
      at = find_byte(bytes, '>', at);
      return at < bytes.size() && end_tag(bytes, ++at, frame);
    case State::kDeclaration:
      at = find_byte(bytes, '>', at);
      return at < bytes.size() && step_declaration(bytes, ++at, frame);
    default: {
      const char c = bytes[at++];
      return step_byte(c, at, frame);
    }
  }
}

bool Framer::skip_past(std::string_view bytes, std::size_t& at, char stop, State next) {
  at = find_byte(bytes, stop, at);
  if (at < bytes.size()) {
    ++at;
    state_ = next;
  }
  return false;
}

// The states that look at one byte at a time; `at` is already behind it.
bool Framer::step_byte(char c, std::size_t at, Frame& frame) {
  switch (state_) {
    case State::kOutside:
      return step_outside(c, frame);
    case State::kAfterDeclaration:
      if (is_space(c)) return false;
      return step_outside(c, frame);
    case State::kLessThan:
      return step_less_than(c, at, frame);
    case State::kStartTagSlash:
      if (c != '>') return refuse(frame, FrameError::kNotWellFormed, "'/' inside a tag");
      return close_element(at, frame);
    case State::kBang:
      return step_bang(c, frame);
    case State::kCdataBracket:
      state_ = c == ']' ? State::kCdataTwoBrackets : State::kCdata;
      return false;
    default:  // kCdataTwoBrackets
      if (c == '>') {
        state_ = State::kText;
      } else if (c != ']') {
        state_ = State::kCdata;
      }
      return false;
  }
}

bool Framer::step_outside(char c, Frame& frame) {
  if (c == '<') {
    state_ = State::kLessThan;
    return false;
  }
  return in_stream_ ? refuse(frame, FrameError::kBadFormat, "text between stanzas")
                    : refuse(frame, FrameError::kNotWellFormed, "text before the stream header");
}

bool Framer::step_less_than(char c, std::size_t at, Frame& frame) {
  switch (c) {
    case '/':
      if (!in_stream_) return refuse(frame, FrameError::kNotWellFormed, "end tag before any start");
      state_ = State::kEndTag;
      return false;
    case '?':
      // Only as the very first thing of a stream (RFC 6120 section 11.5).
      if (in_stream_ || at != 2) {
        return refuse(frame, FrameError::kRestrictedXml, "processing instruction");
      }
      state_ = State::kDeclaration;
      return false;
    case '!':
      state_ = State::kBang;
      matched_ = 0;
      return false;
    case '>':
    case '<':
    case ' ':
    case '\t':
    case '\r':
    case '\n':
      return refuse(frame, FrameError::kNotWellFormed, "tag without a name");
    default:
      if (in_stream_ && ++depth_ > limits_.depth) {
        return refuse(frame, FrameError::kStanzaTooBig, "too deeply nested");
      }
      attributes_ = 0;
      state_ = State::kStartTag;
      return false;
  }
}

bool Framer::step_start_tag(std::string_view bytes, std::size_t& at, Frame& frame) {
  while (at < bytes.size() && !kTagTable[static_cast<unsigned char>(bytes[at])]) ++at;
  if (at == bytes.size()) return false;
  switch (const char c = bytes[at++]) {
    case '/':
      state_ = State::kStartTagSlash;
      return false;
    case '>':
      return open_element(at, frame);
    case '<':
      return refuse(frame, FrameError::kNotWellFormed, "'<' inside a tag");
    default:
      if (++attributes_ > limits_.attributes) {
        return refuse(frame, FrameError::kStanzaTooBig, "too many attributes");
      }
      state_ = c == '"' ? State::kQuoteValue : State::kApostropheValue;
      return false;
  }
}

bool Framer::open_element(std::size_t at, Frame& frame) {
  if (!in_stream_) {
    in_stream_ = true;
    frame = {Frame::Kind::kHeader, at};
    return true;
  }
  state_ = State::kText;
  return false;
}

bool Framer::close_element(std::size_t at, Frame& frame) {
  if (!in_stream_) return refuse(frame, FrameError::kBadFormat, "stream header closed at once");
  state_ = State::kText;
  if (--depth_ > 0) return false;
  frame = {Frame::Kind::kStanza, at};
  return true;
}

bool Framer::end_tag(std::string_view bytes, std::size_t at, Frame& frame) {
  if (depth_ > 0) return close_element(at, frame);
  if (!is_stream_end(bytes.substr(0, at))) {
    return refuse(frame, FrameError::kNotWellFormed, "end tag of something that is not open");
  }
  frame = {Frame::Kind::kStreamEnd, at};
  return true;
}

bool Framer::step_bang(char c, Frame& frame) {
  if (c != kCdataStart[matched_]) {
    return refuse(frame, FrameError::kRestrictedXml, "comment or document type declaration");
  }
  if (++matched_ < kCdataStart.size()) return false;
  if (depth_ == 0) return refuse(frame, FrameError::kBadFormat, "text between stanzas");
  state_ = State::kCdata;
  return false;
}

bool Framer::step_declaration(std::string_view bytes, std::size_t at, Frame& frame) {
  // "<?>" is not yet its end.
  if (at < 4 || bytes[at - 2] != '?') return false;
  const Fault fault = check_declaration(bytes.substr(0, at));
  if (fault.error != FrameError::kNone) return refuse(frame, fault.error, fault.detail);
  state_ = State::kAfterDeclaration;
  return false;
}

bool Framer::refuse(Frame& frame, FrameError error, const char* detail) {
  frame = fail(error, detail);
  return true;
}

}  // namespace rosterd::xml
