// SPDX-License-Identifier: MIT
// Framer: finds where a stanza ends in the bytes of an XML stream without building anything, so
// that an idle connection owns neither parser nor buffer, and enforces the limits that libxml2 does
// not (bytes, depth, attributes per tag). It refuses what RFC 6120 section 11.1 forbids (comments,
// processing instructions, DTDs) before libxml2 could see it. CDATA sections pass.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace rosterd::xml {

struct FramerLimits {
  std::size_t stanza_bytes = 10'000;  // one stanza, or the stream header with its XML declaration
  std::uint32_t depth = 32;           // of elements inside a stanza, the stanza itself included
  std::uint32_t attributes = 32;      // per tag, namespace declarations included
};

// Why the framer refused; c2s maps it to a stream error of RFC 6120 section 4.9.3.
enum class FrameError : std::uint8_t {
  kNone,
  kNotWellFormed,        // not-well-formed
  kRestrictedXml,        // restricted-xml
  kBadFormat,            // bad-format: text between stanzas
  kStanzaTooBig,         // policy-violation: bytes, depth or attributes; detail() says which
  kUnsupportedEncoding,  // unsupported-encoding: the XML declaration names another encoding
};

// One step of scanning. `size` counts bytes of the view handed to next(), from its start.
struct Frame {
  enum class Kind : std::uint8_t {
    kNeedMore,    // the rest (size bytes = all of it) belongs to an unfinished frame: keep it and
                  // hand it in again, longer; the framer remembers how far it has looked
    kWhitespace,  // `size` bytes of white space between stanzas (keep-alive): skip them
    kHeader,      // `size` bytes: optional XML declaration and the whole <stream:stream …> tag
    kStanza,      // `size` bytes: exactly one first-level element
    kStreamEnd,   // `size` bytes: </stream:stream>
    kError,       // error() and detail(); the framer stays failed until reset()
  };
  Kind kind = Kind::kNeedMore;
  std::size_t size = 0;
};

// About 64 bytes; no allocation.
class Framer {
 public:
  explicit Framer(const FramerLimits& limits) : limits_(limits) {}

  // Scans for the next frame in `bytes`, which begins where the previous frame ended. After
  // kNeedMore the next call must pass the same bytes again with more behind them: scanning goes on
  // where it stopped, so every byte is looked at once however the input is cut.
  Frame next(std::string_view bytes);

  // Expect a new stream header (after STARTTLS and SASL, RFC 6120 sections 5.4.3.3, 6.4.6).
  void reset();
  // WebSocket and BOSH carry no stream header: begin between stanzas.
  void reset_to_stanzas();
  // Takes effect from the next frame on.
  void set_limits(const FramerLimits& limits) { limits_ = limits; }

  FrameError error() const { return error_; }
  const char* detail() const { return detail_; }  // static text for the log and the error's <text/>

 private:
  enum class State : std::uint8_t;
  void begin_frame();
  Frame fail(FrameError error, const char* detail);
  bool refuse(Frame& frame, FrameError error, const char* detail);
  bool step(std::string_view bytes, std::size_t& at, Frame& frame);
  bool skip_past(std::string_view bytes, std::size_t& at, char stop, State next);
  bool step_byte(char c, std::size_t at, Frame& frame);
  bool step_outside(char c, Frame& frame);
  bool step_less_than(char c, std::size_t at, Frame& frame);
  bool step_start_tag(std::string_view bytes, std::size_t& at, Frame& frame);
  bool step_bang(char c, Frame& frame);
  bool step_declaration(std::string_view bytes, std::size_t at, Frame& frame);
  bool open_element(std::size_t at, Frame& frame);
  bool close_element(std::size_t at, Frame& frame);
  bool end_tag(std::string_view bytes, std::size_t at, Frame& frame);

  FramerLimits limits_;
  std::size_t scanned_ = 0;  // bytes of the unfinished frame already looked at
  std::uint32_t depth_ = 0;
  std::uint32_t attributes_ = 0;
  std::uint32_t matched_ = 0;  // bytes of "[CDATA[" seen after "<!"
  State state_{};
  bool in_stream_ = false;  // the header has been seen
  FrameError error_ = FrameError::kNone;
  const char* detail_ = "";
};

}  // namespace rosterd::xml
