// SPDX-License-Identifier: MIT
#include "http/message_machine.h"

#include <algorithm>

#include "base/text.h"

namespace rosterd::http {
namespace {

// A chunk line up to this length (16 digits and CRLF) is free; what is longer is an extension and
// counts against the bytes of a head.
constexpr std::size_t kPlainChunkLine = 18;
// " HTTP/1.1\r\n"
constexpr std::size_t kLineEndBytes = 11;
// Interim responses before the real one.
constexpr int kMaxInterim = 16;

}  // namespace

// llhttp's callbacks: plain functions that find their machine in parser->data.
struct MachineCallbacks {
  static MessageMachine& of(llhttp_t* parser) {
    return *static_cast<MessageMachine*>(parser->data);
  }

  static int message_begin(llhttp_t* parser) {
    of(parser).begun_ = true;
    return 0;
  }
  static int url(llhttp_t* parser, const char* at, std::size_t size) {
    return of(parser).append_target({at, size}) ? 0 : HPE_USER;
  }
  static int field_name(llhttp_t* parser, const char* at, std::size_t size) {
    return of(parser).on_field_name({at, size});
  }
  static int field_value(llhttp_t* parser, const char* at, std::size_t size) {
    return of(parser).on_field_value({at, size});
  }
  static int field_name_complete(llhttp_t* parser) { return of(parser).on_field_name_complete(); }
  static int headers_complete(llhttp_t* parser) { return of(parser).on_headers_complete(); }
  static int body(llhttp_t* parser, const char* at, std::size_t size) {
    return of(parser).on_body({at, size});
  }
  static int chunk_header(llhttp_t* parser) { return of(parser).on_chunk_header(); }
  static int message_complete(llhttp_t* parser) { return of(parser).on_message_complete(); }

  static const llhttp_settings_t* settings() {
    static const llhttp_settings_t table = [] {
      llhttp_settings_t s;
      llhttp_settings_init(&s);
      s.on_message_begin = message_begin;
      s.on_url = url;
      s.on_header_field = field_name;
      s.on_header_field_complete = field_name_complete;
      s.on_header_value = field_value;
      s.on_headers_complete = headers_complete;
      s.on_body = body;
      s.on_chunk_header = chunk_header;
      s.on_message_complete = message_complete;
      return s;
    }();
    return &table;
  }
};

MessageMachine::MessageMachine(llhttp_type_t type, const Limits& limits) : limits_(limits) {
  llhttp_init(&parser_, type, MachineCallbacks::settings());
  parser_.data = this;
}

void MessageMachine::restart() {
  if (phase_ == Phase::kFailed) return;
  llhttp_reset(&parser_);
  name_.clear();
  value_.clear();
  line_end_.clear();
  spent_ = line_bytes_ = field_count_ = 0;
  body_bytes_ = 0;
  data_left_ = 0;
  last_byte_ = '\n';
  phase_ = Phase::kHead;
  pause_ = Pause::kNone;
  begun_ = start_line_done_ = name_complete_ = false;
}

bool MessageMachine::refuse(int status, std::string_view text) {
  if (phase_ != Phase::kFailed) error_ = {status, std::string(text)};
  phase_ = Phase::kFailed;
  return false;
}

ParseStep MessageMachine::feed(std::string_view bytes) {
  std::size_t consumed = 0;
  while (phase_ != Phase::kFailed && consumed < bytes.size()) {
    if (pause_ == Pause::kMessage) return {ParseState::kComplete, consumed};
    if (pause_ == Pause::kHead) {
      llhttp_resume(&parser_);
      pause_ = Pause::kNone;
    }
    const std::string_view piece = next_piece(bytes.substr(consumed));
    consumed += in_lines() ? feed_line(piece) : execute(piece);
    if (phase_ == Phase::kFailed) break;
    if (pause_ == Pause::kHead) return {ParseState::kHeadComplete, consumed};
    if (pause_ != Pause::kMessage) continue;
    if (finish_message()) return {ParseState::kComplete, consumed};
    restart();
    if (++interim_count_ > kMaxInterim) refuse(400, "too many interim responses");
  }
  return {phase_ == Phase::kFailed ? ParseState::kError : ParseState::kNeedMore, consumed};
}

ParseState MessageMachine::finish() {
  if (phase_ == Phase::kFailed) return ParseState::kError;
  const bool ends = phase_ == Phase::kBody && llhttp_finish(&parser_) == HPE_PAUSED;
  if (ends && finish_message()) return ParseState::kComplete;
  refuse(400, begun_ ? "message cut off" : "closed before a message");
  return ParseState::kError;
}

std::size_t MessageMachine::line_allowance() const {
  const std::size_t left = limits_.head_bytes - std::min(spent_, limits_.head_bytes);
  if (phase_ != Phase::kChunkLine) return left;
  return left + kPlainChunkLine - std::min(line_bytes_, kPlainChunkLine);
}

// One line or less, and never more than one byte over what may still come, so that the outcome does
// not depend on how the bytes arrived; of data, all.
std::string_view MessageMachine::next_piece(std::string_view bytes) const {
  if (phase_ == Phase::kChunkData) {
    return bytes.substr(
        0, static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), data_left_)));
  }
  if (!in_lines()) return bytes;
  bytes = bytes.substr(0, line_allowance() + 1);
  const std::size_t end = bytes.find('\n');
  return end == bytes.npos ? bytes : bytes.substr(0, end + 1);
}

std::size_t MessageMachine::feed_line(std::string_view piece) {
  const bool blank = piece.front() == ' ' || piece.front() == '\t';
  const bool new_line = last_byte_ == '\n';
  // llhttp 8 joins a folded line to the field before it, where another parser may see a field of
  // its own (CVE-2024-27982).
  if (new_line && blank && in_fields()) {
    refuse(400, "a line begins with white space");
    return 0;
  }
  const Phase phase = phase_;
  const char before = piece.size() > 1 ? piece[piece.size() - 2] : last_byte_;
  if (new_line) line_bytes_ = 0;
  last_byte_ = piece.back();
  count_line_bytes(piece.size());
  const bool over = spent_ > limits_.head_bytes;
  const std::size_t consumed = execute(piece);
  if (phase_ == Phase::kFailed) return consumed;
  if (over) {
    phase == Phase::kChunkLine ? refuse(400, "chunk extensions too long")
                               : refuse(431, "fields too long");
  } else if (piece.back() == '\n' && before != '\r') {
    refuse(400, "bare line feed");
  } else if (phase == Phase::kHead && begun_ && !start_line_done_) {
    follow_start_line(piece);
  }
  return consumed;
}

void MessageMachine::count_line_bytes(std::size_t count) {
  const std::size_t free = phase_ == Phase::kChunkLine ? kPlainChunkLine : 0;
  spent_ += std::max(line_bytes_ + count, free) - std::max(line_bytes_, free);
  line_bytes_ += count;
}

void MessageMachine::follow_start_line(std::string_view piece) {
  line_end_.append(piece.substr(piece.size() - std::min(piece.size(), kLineEndBytes)));
  line_end_.erase(0, line_end_.size() - std::min(line_end_.size(), kLineEndBytes));
  if (piece.back() != '\n') return;
  start_line_done_ = true;
  check_start_line(line_end_);
}

std::size_t MessageMachine::execute(std::string_view piece) {
  const llhttp_errno_t error = llhttp_execute(&parser_, piece.data(), piece.size());
  if (error == HPE_OK) return piece.size();
  const char* position = llhttp_get_error_pos(&parser_);
  const auto consumed = static_cast<std::size_t>(position - piece.data());
  // A callback that refused has said why; llhttp knows no reason then.
  if (error != HPE_PAUSED && phase_ != Phase::kFailed) {
    const char byte = consumed < piece.size() ? piece[consumed] : '\0';
    const std::string_view reason = reason_of(error, byte);
    refuse(status_of(error, byte), reason.empty() ? llhttp_get_error_reason(&parser_) : reason);
  }
  return consumed;
}

void MessageMachine::store_field() {
  if (!name_.empty() && phase_ == Phase::kHead) {
    fields().add(std::move(name_), std::string(text::trim(value_)));
  }
  name_.clear();
  value_.clear();
}

int MessageMachine::on_field_name(std::string_view part) {
  if (!name_complete_) {
    name_.append(part);
    return 0;
  }
  store_field();
  name_complete_ = false;
  name_ = part;
  return 0;
}

int MessageMachine::on_field_name_complete() {
  // llhttp calls this for ": x" too, without a call for the name before it.
  const bool unnamed = name_complete_ || name_.empty();
  name_complete_ = true;
  if (unnamed) refuse(400, "field without a name");
  if (++field_count_ > limits_.fields) refuse(431, "too many fields");
  return phase_ == Phase::kFailed ? HPE_USER : 0;
}

int MessageMachine::on_field_value(std::string_view part) {
  value_.append(part);
  return 0;
}

int MessageMachine::on_headers_complete() {
  store_field();
  name_complete_ = false;
  const Body body = check_head();
  if (body == Body::kRefused) return HPE_USER;
  // What an upgrade means is the caller's business: for llhttp the message ends like any other.
  parser_.upgrade = 0;
  spent_ = 0;
  if (body == Body::kNone) {
    phase_ = Phase::kBody;
    return 1;
  }
  const bool chunked = fields().has("Transfer-Encoding");
  if (!chunked && fields().has("Content-Length") && parser_.content_length > limits_.body_bytes) {
    refuse(413, "body too large");
    return HPE_USER;
  }
  phase_ = chunked ? Phase::kChunkLine : Phase::kBody;
  if (body != Body::kAfterContinue) return 0;
  pause_ = Pause::kHead;
  return HPE_PAUSED;
}

int MessageMachine::on_body(std::string_view part) {
  if (part.size() > limits_.body_bytes - body_bytes_) {
    refuse(413, "body too large");
    return HPE_USER;
  }
  body().append(part);
  body_bytes_ += part.size();
  if (phase_ != Phase::kChunkData) return 0;
  last_byte_ = '\0';
  data_left_ -= part.size();
  if (data_left_ == 0) phase_ = Phase::kChunkLine;
  return 0;
}

int MessageMachine::on_chunk_header() {
  line_bytes_ = 0;
  data_left_ = parser_.content_length;
  phase_ = data_left_ > 0 ? Phase::kChunkData : Phase::kTrailer;
  if (data_left_ <= limits_.body_bytes - body_bytes_) return 0;
  refuse(413, "body too large");
  return HPE_USER;
}

int MessageMachine::on_message_complete() {
  pause_ = Pause::kMessage;
  return HPE_PAUSED;
}

bool MessageMachine::check_framing(int version_minor) {
  const std::size_t codings = fields().count("Transfer-Encoding");
  const std::size_t lengths = fields().count("Content-Length");
  if (lengths > 1) return refuse(400, "more than one Content-Length");
  if (codings == 0) return true;
  if (lengths > 0) return refuse(400, "both Transfer-Encoding and Content-Length");
  if (version_minor == 0) return refuse(400, "Transfer-Encoding in HTTP/1.0");
  if (codings > 1) return refuse(400, "more than one Transfer-Encoding");
  if (text::ascii_iequals(fields().get("Transfer-Encoding"), "chunked")) return true;
  return refuse(501, "a transfer coding other than chunked");
}

bool MessageMachine::is_encoded() {
  const std::string_view coding = fields().get("Content-Encoding");
  return !coding.empty() && !text::ascii_iequals(coding, "identity");
}

}  // namespace rosterd::http
