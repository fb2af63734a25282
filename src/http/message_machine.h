// SPDX-License-Identifier: MIT
// MessageMachine: what the two parsers share. It drives llhttp line by line outside bodies, so that
// what llhttp leaves to its user is checked on bytes, alike at every chunking: line folding, bare
// line feeds, the size of heads, chunk lines and trailers.
#pragma once

#include <llhttp.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/message.h"
#include "http/parser.h"

namespace rosterd::http {

class MessageMachine {
 public:
  MessageMachine(llhttp_type_t type, const Limits& limits);
  virtual ~MessageMachine() = default;
  MessageMachine(const MessageMachine&) = delete;
  MessageMachine& operator=(const MessageMachine&) = delete;

  ParseStep feed(std::string_view bytes);
  // End of input. kComplete when that ends the body, else kError.
  ParseState finish();
  // Ready for the next message; the caller empties the present one.
  void restart();

  const ParseError& error() const { return error_; }
  bool idle() const { return !begun_ && phase_ == Phase::kHead; }
  bool head_complete() const { return phase_ != Phase::kHead && phase_ != Phase::kFailed; }

 protected:
  enum class Body : std::uint8_t {
    kAsFramed,       // what the fields say
    kNone,           // none, whatever the fields say
    kAfterContinue,  // as the fields say, but the caller wants to be told first
    kRefused,        // refuse() has been called
  };

  virtual Fields& fields() = 0;
  virtual std::string& body() = 0;
  // The start line has ended; `end` is the line's last bytes. False after refuse().
  virtual bool check_start_line(std::string_view end) = 0;
  virtual bool append_target(std::string_view) { return true; }
  // All fields are there. Both may look at parser().
  virtual Body check_head() = 0;
  // False: the message was an interim one, go on with the next.
  virtual bool finish_message() = 0;
  // What to answer when llhttp stumbled over `byte`.
  virtual int status_of(llhttp_errno_t error, char byte) const = 0;
  // Why it did, where llhttp's own words are obscure; else "".
  virtual std::string_view reason_of(llhttp_errno_t, char) const { return {}; }

  // Fails the parser; the first reason stays. Returns false.
  bool refuse(int status, std::string_view text);
  // Content-Length and Transfer-Encoding leave one reading only (RFC 9112 section 6).
  bool check_framing(int version_minor);
  // The body is compressed or the like.
  bool is_encoded();
  const llhttp_t& parser() const { return parser_; }
  const Limits& limits() const { return limits_; }

 private:
  friend struct MachineCallbacks;
  enum class Phase : std::uint8_t { kHead, kBody, kChunkLine, kChunkData, kTrailer, kFailed };
  enum class Pause : std::uint8_t { kNone, kHead, kMessage };

  bool in_fields() const { return phase_ == Phase::kHead || phase_ == Phase::kTrailer; }
  bool in_lines() const { return in_fields() || phase_ == Phase::kChunkLine; }
  std::size_t line_allowance() const;
  std::string_view next_piece(std::string_view bytes) const;
  std::size_t feed_line(std::string_view piece);
  std::size_t execute(std::string_view piece);
  void count_line_bytes(std::size_t count);
  void follow_start_line(std::string_view piece);

  int on_field_name(std::string_view part);
  int on_field_value(std::string_view part);
  int on_field_name_complete();
  int on_headers_complete();
  int on_body(std::string_view part);
  int on_chunk_header();
  int on_message_complete();
  void store_field();

  llhttp_t parser_{};
  Limits limits_;
  ParseError error_;
  std::string name_, value_;     // the field being read
  std::string line_end_;         // last bytes of the start line
  std::size_t spent_ = 0;        // line bytes so far: of the head, then of chunk lines and trailers
  std::size_t line_bytes_ = 0;   // of the present line
  std::size_t field_count_ = 0;  // head and trailer
  std::size_t body_bytes_ = 0;   // so far; some may have been taken away
  std::uint64_t data_left_ = 0;  // of the present chunk
  int interim_count_ = 0;
  char last_byte_ = '\n';
  Phase phase_ = Phase::kHead;
  Pause pause_ = Pause::kNone;
  bool begun_ = false;  // a byte of the message has come
  bool start_line_done_ = false;
  bool name_complete_ = false;
};

}  // namespace rosterd::http
