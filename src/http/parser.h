// SPDX-License-Identifier: MIT
// HTTP parsers, both directions, over llhttp, with what llhttp leaves to its user: limits on every
// length, no obs-fold, exactly one Host on HTTP/1.1, no transfer coding on HTTP/1.0, four methods.
// The only user of llhttp.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace rosterd::http {

struct Limits {
  std::size_t target_bytes = 4096;
  std::size_t head_bytes = 16 * 1024;  // start line and fields; again: chunk extensions, trailers
  std::size_t fields = 64;             // of head and trailer together
  std::size_t body_bytes = 1024 * 1024;
};

// A refused message: what to log, and for a request what to answer with. Of a response, 413 and 431
// mean that a limit was reached.
struct ParseError {
  int status = 400;  // 400, 405 (method), 413 (body), 414 (target), 417, 431 (head), 501, 505
  std::string text;
};

enum class ParseState {
  kNeedMore,      // all bytes consumed, message not complete
  kHeadComplete,  // requests only: the head is there and asks "Expect: 100-continue"; answer
                  // "100 Continue" (or refuse) and call feed() again with the rest
  kComplete,      // message() is whole; bytes after it are not consumed
  kUpgrade,       // requests only: complete, and asks for a WebSocket; if that is granted, the rest
                  // of the bytes is the other protocol's, else this is an ordinary kComplete
  kError,         // error(); the parser stays failed
};

struct ParseStep {
  ParseState state = ParseState::kNeedMore;
  std::size_t consumed = 0;
};

// The target is reduced to its origin-form, trailers are dropped. Bytes may come in any portions;
// the outcome is the same.
class RequestParser {
 public:
  explicit RequestParser(const Limits& limits);
  ~RequestParser();

  // Consumes bytes up to the end of one message. After kComplete call next() before feeding the
  // rest.
  ParseStep feed(std::string_view bytes);
  Request& message();
  const ParseError& error() const;
  // Ready for the next message of the connection.
  void next();
  // True between messages: closing the connection now loses nothing.
  bool idle() const;
  // The head of the present message has been read.
  bool head_complete() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class ResponseParser {
 public:
  explicit ResponseParser(const Limits& limits);
  ~ResponseParser();

  // Interim 1xx responses are skipped. `head_request`: the answer to a HEAD has no body.
  ParseStep feed(std::string_view bytes);
  // The peer closed. kComplete when the body was delimited by that; else kError (truncated).
  ParseStep finish();
  Response& message();
  // What has come of the body so far; the message goes on without it.
  std::string take_body();
  const ParseError& error() const;
  void next(bool head_request = false);
  bool idle() const;
  bool head_complete() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rosterd::http
