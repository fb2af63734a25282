// SPDX-License-Identifier: MIT
#include <string>
#include <string_view>
#include <utility>

#include "chunkings.h"
#include "http/parser.h"
#include "support/cmocka.h"

using namespace rosterd::http;

namespace {

constexpr Limits kSmall{.target_bytes = 32, .head_bytes = 256, .fields = 4, .body_bytes = 16};

struct Setup {
  Limits limits;
  bool head_request = false;
  bool eof = false;  // the peer closes after the bytes
};

// `taken`: of the body before.
std::string describe(const Response& response, const std::string& taken) {
  return std::to_string(response.status) + " '" + taken + response.body + "'" +
         (response.keep_alive ? "" : " close") + "\n";
}

std::string describe_error(const ParseError& error) {
  assert_false(error.text.empty());
  return "error " + std::to_string(error.status);
}

// With `take`, the body is taken away as it comes.
std::string outcome(const Pieces& pieces, const Setup& setup, bool take) {
  ResponseParser parser(setup.limits);
  parser.next(setup.head_request);
  std::string text;
  std::string taken;
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      const ParseStep step = parser.feed(piece);
      piece.remove_prefix(step.consumed);
      if (step.state == ParseState::kError) return text + describe_error(parser.error());
      if (step.state == ParseState::kNeedMore) {
        if (take) taken += parser.take_body();
        continue;
      }
      text += describe(parser.message(), std::exchange(taken, {}));
      parser.next(setup.head_request);
    }
  }
  if (!setup.eof) return text + (parser.idle() ? "idle" : "more");
  if (parser.finish().state == ParseState::kComplete) {
    return text + describe(parser.message(), taken);
  }
  return text + describe_error(parser.error());
}

void assert_outcome(std::string_view bytes, std::string_view expected, const Setup& setup = {}) {
  for (const Pieces& pieces : every_chunking(bytes)) {
    assert_text_equal(outcome(pieces, setup, false), expected);
    assert_text_equal(outcome(pieces, setup, true), expected);
  }
}

constexpr Setup kHead{.limits = {}, .head_request = true};
constexpr Setup kEof{.limits = {}, .eof = true};
constexpr Setup kLimited{.limits = kSmall};

void responses_are_read_one_after_another(void**) {
  assert_outcome(
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
      "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
      "HTTP/1.1 500\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
      "200 '{}'\n404 'hi'\n500 '' close\nidle");
}

void interim_responses_are_skipped(void**) {
  assert_outcome(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
      "200 'x'\nidle");
}

void endless_interim_responses_are_refused(void**) {
  std::string bytes;
  for (int i = 0; i < 20; ++i) bytes += "HTTP/1.1 100 Continue\r\n\r\n";
  assert_outcome(bytes, "error 400");
}

void responses_without_body_end_with_the_head(void**) {
  const std::string next = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx";
  assert_outcome("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n" + next,
                 "304 ''\n200 'x'\nidle");
  assert_outcome("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n" + next,
                 "204 ''\n200 'x'\nidle");
  assert_outcome("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n" + next,
                 "204 ''\n200 'x'\nidle");
  assert_outcome("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
                 "200 ''\n200 ''\nidle", kHead);
  assert_outcome("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "200 ''\nidle", kHead);
}

void closing_ends_a_body_without_length(void**) {
  assert_outcome("HTTP/1.0 200 OK\r\n\r\nabc", "200 'abc' close\n", kEof);
  assert_outcome("HTTP/1.1 200 OK\r\n\r\n", "200 '' close\n", kEof);
}

void closing_too_early_is_an_error(void**) {
  assert_outcome("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", "error 400", kEof);
  assert_outcome("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "error 400",
                 kEof);
  assert_outcome("HTTP/1.1 200 OK\r\nContent-Le", "error 400", kEof);
  assert_outcome("HTTP/1.1 100 Continue\r\n\r\n", "error 400", kEof);
  assert_text_equal(outcome({}, kEof, false), "error 400");
}

void encoded_body_of_a_good_status_is_refused(void**) {
  assert_outcome("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\n7",
                 "error 415");
  assert_outcome("HTTP/1.1 503 No\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\n7",
                 "503 '7'\nidle");
}

void malformed_responses_are_refused(void**) {
  const char* const shapes[] = {
      "<html>",
      "SSH-2.0-OpenSSH\r\n",
      "HTTP/2 200\r\n\r\n",
      "HTTP/0.9 200 OK\r\n\r\n",
      "HTTP/1.1 20 OK\r\n\r\n",
      "HTTP/1.1 2000 OK\r\n\r\n",
      "HTTP/1.1 099 OK\r\n\r\n",
      "HTTP/1.1 600 OK\r\n\r\n",
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nabc",
      "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nX: y\r\n Content-Length: 1\r\n\r\na",
      "HTTP/1.1 200 OK\r\nX:\r\n\tContent-Length: 1\r\n\r\na",
      "HTTP/1.1 200 OK\r\nX: y\nContent-Length: 1\r\n\r\na",
      "HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\na",
      "HTTP/1.1 200 OK\r\nX: \ry\r\n\r\n",
  };
  for (const char* bytes : shapes) {
    for (const Pieces& pieces : every_chunking(bytes)) {
      const std::string text = outcome(pieces, Setup{}, false);
      assert_text_equal(text.substr(0, 5), "error");
    }
  }
}

void limits_are_exact(void**) {
  assert_outcome("HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n0123456789abcdef",
                 "200 '0123456789abcdef'\nidle", kLimited);
  assert_outcome("HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n", "error 413", kLimited);
  assert_outcome("HTTP/1.1 200 OK\r\n\r\n0123456789abcdefg", "error 413", kLimited);
  assert_outcome("HTTP/1.1 200 OK\r\nA:\r\nB:\r\nC:\r\nD:\r\nE:\r\n\r\n", "error 431", kLimited);
  assert_outcome("HTTP/1.1 200 " + std::string(256, 'x') + "\r\n\r\n", "error 431", kLimited);
  assert_outcome("HTTP/1.1 200 OK\r\nA: " + std::string(256, 'x') + "\r\n\r\n", "error 431",
                 kLimited);
}

void length_of_a_missing_body_is_not_limited(void**) {
  assert_outcome("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", "200 ''\nidle",
                 Setup{.limits = kSmall, .head_request = true});
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(responses_are_read_one_after_another),
      cmocka_unit_test(interim_responses_are_skipped),
      cmocka_unit_test(endless_interim_responses_are_refused),
      cmocka_unit_test(responses_without_body_end_with_the_head),
      cmocka_unit_test(closing_ends_a_body_without_length),
      cmocka_unit_test(closing_too_early_is_an_error),
      cmocka_unit_test(encoded_body_of_a_good_status_is_refused),
      cmocka_unit_test(malformed_responses_are_refused),
      cmocka_unit_test(limits_are_exact),
      cmocka_unit_test(length_of_a_missing_body_is_not_limited),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
