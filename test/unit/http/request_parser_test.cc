// SPDX-License-Identifier: MIT
#include <string>
#include <string_view>

#include "chunkings.h"
#include "http/parser.h"
#include "support/cmocka.h"

using namespace rosterd::http;

namespace {

constexpr Limits kSmall{.target_bytes = 32, .head_bytes = 256, .fields = 4, .body_bytes = 16};

std::string describe(const Request& request) {
  std::string text =
      request.method + " " + request.target + " 1." + std::to_string(request.version_minor) + " {";
  for (const auto& [name, value] : request.fields.all()) text += name + "=" + value + ";";
  return text + "} '" + request.body + "'" + (request.keep_alive ? "" : " close") + "\n";
}

// All messages of the pieces, one per line; the last line is "error 400" or "idle" or "more".
std::string outcome(const Pieces& pieces, const Limits& limits) {
  RequestParser parser(limits);
  std::string text;
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      const ParseStep step = parser.feed(piece);
      piece.remove_prefix(step.consumed);
      switch (step.state) {
        case ParseState::kNeedMore:
          assert_true(piece.empty());
          break;
        case ParseState::kHeadComplete:
          text += "continue? ";
          break;
        case ParseState::kUpgrade:
          return text + "upgrade " + describe(parser.message());
        case ParseState::kComplete:
          text += describe(parser.message());
          parser.next();
          break;
        case ParseState::kError:
          assert_false(parser.error().text.empty());
          assert_int_equal(parser.feed("GET").state, ParseState::kError);
          return text + "error " + std::to_string(parser.error().status);
      }
    }
  }
  return text + (parser.idle() ? "idle" : "more");
}

void assert_outcome(std::string_view bytes, std::string_view expected,
                    const Limits& limits = Limits{}) {
  for (const Pieces& pieces : every_chunking(bytes)) {
    assert_text_equal(outcome(pieces, limits), expected);
  }
}

// `fields` are whole lines, without the empty one.
std::string post(std::string_view fields, std::string_view rest = "") {
  return "POST /r HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n" + std::string(rest);
}

void request_with_length_is_read(void**) {
  assert_outcome("POST /r?x=%20 HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n[\"a\",]",
                 "POST /r?x=%20 1.1 {Host=a;Content-Length=6;} '[\"a\",]'\nidle");
}

void request_without_body_is_read(void**) {
  assert_outcome("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / 1.1 {Host=a;} ''\nidle");
  assert_outcome("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", "HEAD / 1.1 {Host=a;} ''\nidle");
  assert_outcome("OPTIONS /x HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS /x 1.1 {Host=a;} ''\nidle");
}

void chunked_body_is_joined_and_its_trailer_dropped(void**) {
  assert_outcome(post("Transfer-Encoding: Chunked\r\n",
                      "3;n=v\r\nabc\r\n00A;q=\"x\"\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n"),
                 "POST /r 1.1 {Host=a;Transfer-Encoding=Chunked;} 'abc0123456789'\nidle");
}

void chunk_data_may_hold_anything(void**) {
  assert_outcome(post("Transfer-Encoding: chunked\r\n", "4\r\n\r\n \n\r\n1\r\n\r\r\n0\r\n\r\n"),
                 "POST /r 1.1 {Host=a;Transfer-Encoding=chunked;} '\r\n \n\r'\nidle");
}

void pipelined_requests_come_one_by_one(void**) {
  assert_outcome(
      "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
      "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
      "GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
      "GET /1 1.1 {Host=a;} ''\n"
      "POST /2 1.1 {Host=a;Content-Length=2;} 'hi'\n"
      "GET /3 1.1 {Host=a;Connection=close;} '' close\nidle");
}

void empty_lines_between_requests_are_skipped(void**) {
  assert_outcome("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n\r\n", "GET / 1.1 {Host=a;} ''\nidle");
}

void unfinished_request_waits_for_more(void**) {
  assert_outcome("GET / HTTP/1.1\r\nHost:", "more");
  assert_outcome(post("Content-Length: 5\r\n", "abc"), "more");
}

void old_clients_speak_http_1_0(void**) {
  assert_outcome("GET / HTTP/1.0\r\n\r\n", "GET / 1.0 {} '' close\nidle");
  assert_outcome("GET / HTTP/1.0\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\n",
                 "GET / 1.0 {Host=a;Connection=Keep-Alive;} ''\nidle");
}

void field_values_are_trimmed_and_may_be_empty(void**) {
  assert_outcome("GET / HTTP/1.1\r\nHost:\r\nA: \t \r\nB:x  y \t\r\n\r\n",
                 "GET / 1.1 {Host=;A=;B=x  y;} ''\nidle");
}

void absolute_form_is_reduced_to_origin_form(void**) {
  assert_outcome("GET http://a:80/p?q HTTP/1.1\r\nHost: a\r\n\r\n",
                 "GET /p?q 1.1 {Host=a;} ''\nidle");
  assert_outcome("GET HTTPS://a?q HTTP/1.1\r\nHost: a\r\n\r\n", "GET /?q 1.1 {Host=a;} ''\nidle");
}

void expectation_is_reported_before_the_body(void**) {
  assert_outcome(post("Content-Length: 2\r\nExpect: 100-Continue\r\n", "hi"),
                 "continue? POST /r 1.1 {Host=a;Content-Length=2;Expect=100-Continue;} 'hi'\nidle");
  assert_outcome(
      post("Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n", "0\r\n\r\n"),
      "continue? POST /r 1.1 {Host=a;Transfer-Encoding=chunked;Expect=100-continue;} ''\nidle");
}

void expectation_without_a_body_or_in_http_1_0_means_nothing(void**) {
  assert_outcome(post("Expect: 100-continue\r\n"),
                 "POST /r 1.1 {Host=a;Expect=100-continue;} ''\nidle");
  assert_outcome("POST / HTTP/1.0\r\nContent-Length: 1\r\nExpect: x\r\n\r\ny",
                 "POST / 1.0 {Content-Length=1;Expect=x;} 'y' close\nidle");
}

void unknown_expectation_is_refused(void**) {
  assert_outcome(post("Content-Length: 2\r\nExpect: tea\r\n", "hi"), "error 417");
}

void websocket_upgrade_leaves_the_rest_unread(void**) {
  RequestParser parser(Limits{});
  const std::string head =
      "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: "
      "websocket\r\n\r\n";
  const ParseStep step = parser.feed(head + "\x81\x80");
  assert_int_equal(step.state, ParseState::kUpgrade);
  assert_int_equal(step.consumed, head.size());
  assert_text_equal(parser.message().path(), "/ws");
}

void other_upgrades_are_ordinary_requests(void**) {
  assert_outcome(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
      "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / 1.1 {Host=a;Connection=Upgrade;Upgrade=h2c;} ''\n"
      "GET /2 1.1 {Host=a;} ''\nidle");
  assert_outcome(post("Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n", "hi"),
                 "POST /r 1.1 {Host=a;Connection=Upgrade;Upgrade=websocket;Content-Length=2;} "
                 "'hi'\nidle");
}

struct Shape {
  const char* name;
  std::string bytes;
  int status;
};

void assert_refused(const Shape& shape) {
  print_message("  %s\n", shape.name);
  assert_outcome(shape.bytes, "error " + std::to_string(shape.status));
}

void smuggling_shapes_are_refused(void**) {
  const std::string body = "0\r\n\r\nGET /evil HTTP/1.1\r\nHost: a\r\n\r\n";
  const Shape shapes[] = {
      {"bare CR before a coding", post("X-Abc: \rxTransfer-Encoding: chunked\r\n", body), 400},
      {"CR after the last field", "GET / HTTP/1.1\r\nHost: a\r\n\rX\r\n\r\n", 400},
      {"CR LF CR at the head's end", "GET / HTTP/1.1\r\nHost: a\r\n\r\rGET / HTTP/1.1\r\n", 400},
      {"folded length", post("X: y\r\n Content-Length: 5\r\n", body), 400},
      {"folded length after an empty value", post("X:\r\n Content-Length: 5\r\n", body), 400},
      {"folded by a tab", post("X: y\r\n\tContent-Length: 5\r\n", body), 400},
      {"fold after the request line", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
      {"fold in the trailer", post("Transfer-Encoding: chunked\r\n", "0\r\nA: b\r\n c: d\r\n\r\n"),
       400},
      {"space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
      {"length and coding", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", body), 400},
      {"coding and length", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", body), 400},
      {"two lengths", post("Content-Length: 5\r\nContent-Length: 5\r\n", "abcde"), 400},
      {"signed length", post("Content-Length: +1\r\n", "a"), 400},
      {"negative length", post("Content-Length: -1\r\n", "a"), 400},
      {"list of lengths", post("Content-Length: 1,1\r\n", "a"), 400},
      {"spaced length", post("Content-Length: 1 1\r\n", "a"), 400},
      {"empty length", post("Content-Length:\r\n", "a"), 400},
      {"overflowing length", post("Content-Length: 18446744073709551617\r\n", "a"), 400},
      {"hexadecimal length", post("Content-Length: 0x1\r\n", "a"), 400},
      {"two codings", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", body),
       400},
      {"coding after chunked", post("Transfer-Encoding: chunked, identity\r\n", body), 400},
      {"identity", post("Transfer-Encoding: identity\r\n", body), 501},
      {"almost chunked", post("Transfer-Encoding: xchunked\r\n", body), 501},
      {"coding with a vertical tab", post("Transfer-Encoding: \vchunked\r\n", body), 400},
      {"prefixed chunk size", post("Transfer-Encoding: chunked\r\n", "0x2\r\nab\r\n0\r\n\r\n"),
       400},
      {"signed chunk size", post("Transfer-Encoding: chunked\r\n", "+2\r\nab\r\n0\r\n\r\n"), 400},
      {"overflowing chunk size",
       post("Transfer-Encoding: chunked\r\n", "10000000000000002\r\nab\r\n0\r\n\r\n"), 400},
      {"spaced chunk size", post("Transfer-Encoding: chunked\r\n", "2 \r\nab\r\n0\r\n\r\n"), 400},
      {"chunk longer than its size",
       post("Transfer-Encoding: chunked\r\n", "2\r\nabc\r\n0\r\n\r\n"), 400},
      {"chunk without CRLF", post("Transfer-Encoding: chunked\r\n", "2\r\nab0\r\n\r\n"), 400},
      {"chunk line with a bare LF", post("Transfer-Encoding: chunked\r\n", "2\nab\r\n0\r\n\r\n"),
       400},
      {"chunk extension with a bare LF",
       post("Transfer-Encoding: chunked\r\n", "2;a\nab\r\n0\r\n\r\n"), 400},
      {"coding in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + body, 400},
      {"NUL in a value", "GET / HTTP/1.1\r\nHost: a" + std::string(1, '\0') + "b\r\n\r\n", 400},
      {"control in a name", "GET / HTTP/1.1\r\nHost: a\r\nX\x01: b\r\n\r\n", 400},
      {"field without a colon", "GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n", 400},
      {"field without a name", "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", 400},
      {"first field without a name", "GET / HTTP/1.1\r\n: x\r\nHost: a\r\n\r\n", 400},
  };
  for (const Shape& shape : shapes) assert_refused(shape);
}

void bare_line_feeds_are_refused(void**) {
  for (const char* bytes :
       {"GET / HTTP/1.1\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\n", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"}) {
    std::string text;
    for (const Pieces& pieces : every_chunking(bytes)) {
      text = outcome(pieces, Limits{});
      assert_true(text.starts_with("error "));
    }
  }
}

void wrong_hosts_are_refused(void**) {
  assert_refused({"none", "GET / HTTP/1.1\r\n\r\n", 400});
  assert_refused({"two", "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", 400});
  assert_refused({"two in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n", 400});
}

void wrong_versions_are_refused(void**) {
  assert_refused({"0.9", "GET /\r\n", 505});
  assert_refused({"0.9 in writing", "GET / HTTP/0.9\r\n\r\n", 505});
  assert_refused({"1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505});
  assert_refused({"2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505});
  assert_refused({"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505});
  assert_refused({"RTSP", "OPTIONS / RTSP/1.0\r\nHost: a\r\n\r\n", 505});
  assert_refused({"not a version", "GET / HTPP/1.1\r\nHost: a\r\n\r\n", 400});
  assert_refused({"lower case", "GET / http/1.1\r\nHost: a\r\n\r\n", 400});
}

void wrong_methods_are_refused(void**) {
  assert_refused({"PUT", "PUT / HTTP/1.1\r\nHost: a\r\n\r\n", 405});
  assert_refused({"CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 405});
  assert_refused({"TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405});
  assert_refused({"unknown", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501});
  assert_refused({"lower case", "get / HTTP/1.1\r\nHost: a\r\n\r\n", 501});
  assert_refused({"TLS to a plain port", "\x16\x03\x01\x02", 400});
  assert_refused({"XMPP to an HTTP port", "<?xml version='1.0'?>", 400});
}

void encoded_body_is_refused(void**) {
  const auto with = [](std::string_view coding) {
    return "POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: " + std::string(coding) +
           "\r\nContent-Length: 1\r\n\r\n7";
  };
  assert_refused({"gzip", with("gzip"), 415});
  assert_outcome(with("identity"),
                 "POST / 1.1 {Host=a;Content-Encoding=identity;Content-Length=1;} '7'\nidle");
}

void wrong_targets_are_refused(void**) {
  assert_refused({"asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400});
  assert_refused({"relative", "GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400});
  assert_refused({"other scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400});
  assert_refused({"fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400});
  assert_refused({"non-ASCII", "GET /\xC3\xBC HTTP/1.1\r\nHost: a\r\n\r\n", 400});
  assert_refused({"space", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400});
  assert_refused({"control", "GET /a\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400});
}

void target_limit_is_exact(void**) {
  const std::string path = "/" + std::string(kSmall.target_bytes - 1, 'p');
  const std::string rest = " HTTP/1.1\r\nHost:\r\n\r\n";
  assert_outcome("GET " + path + rest, "GET " + path + " 1.1 {Host=;} ''\nidle", kSmall);
  assert_outcome("GET " + path + "p" + rest, "error 414", kSmall);
}

void head_limit_is_exact(void**) {
  const std::string start = "GET / HTTP/1.1\r\nHost:\r\nA: ";
  const std::string value(kSmall.head_bytes - start.size() - 4, 'v');
  assert_outcome(start + value + "\r\n\r\n", "GET / 1.1 {Host=;A=" + value + ";} ''\nidle", kSmall);
  assert_outcome(start + value + "v\r\n\r\n", "error 431", kSmall);
  assert_outcome(std::string(kSmall.head_bytes, '\r') + "\n", "error 431", kSmall);
}

void field_limit_is_exact(void**) {
  const std::string four = "GET / HTTP/1.1\r\nHost:\r\nA:\r\nB:\r\nC:\r\n";
  assert_outcome(four + "\r\n", "GET / 1.1 {Host=;A=;B=;C=;} ''\nidle", kSmall);
  assert_outcome(four + "D:\r\n\r\n", "error 431", kSmall);
}

void body_limit_is_exact(void**) {
  const std::string body(kSmall.body_bytes, 'b');
  assert_outcome(post("Content-Length: 16\r\n", body),
                 "POST /r 1.1 {Host=a;Content-Length=16;} '" + body + "'\nidle", kSmall);
  const std::string coding = "Transfer-Encoding: chunked\r\n";
  assert_outcome(post(coding, "f\r\n" + body.substr(1) + "\r\n1\r\nb\r\n0\r\n\r\n"),
                 "POST /r 1.1 {Host=a;Transfer-Encoding=chunked;} '" + body + "'\nidle", kSmall);
  assert_outcome(post(coding, "f\r\n" + body.substr(1) + "\r\n2\r\nbb\r\n0\r\n\r\n"), "error 413",
                 kSmall);
}

void announced_length_over_the_limit_is_refused_before_the_body(void**) {
  assert_outcome(post("Content-Length: 17\r\n"), "error 413", kSmall);
  assert_outcome(post("Content-Length: 17\r\nExpect: 100-continue\r\n"), "error 413", kSmall);
  assert_outcome(post("Transfer-Encoding: chunked\r\n", "11\r\n"), "error 413", kSmall);
}

void chunk_extensions_count_against_a_limit(void**) {
  const std::string chunk = "1;" + std::string(100, 'e') + "\r\nb\r\n";
  assert_outcome(post("Transfer-Encoding: chunked\r\n", chunk + chunk + "0\r\n\r\n"),
                 "POST /r 1.1 {Host=a;Transfer-Encoding=chunked;} 'bb'\nidle", kSmall);
  assert_outcome(post("Transfer-Encoding: chunked\r\n", chunk + chunk + chunk + chunk), "error 400",
                 kSmall);
}

void trailers_count_against_the_limits(void**) {
  const std::string head = post("Transfer-Encoding: chunked\r\n", "0\r\n");
  assert_outcome(head + "A:\r\nB:\r\n\r\n",
                 "POST /r 1.1 {Host=a;Transfer-Encoding=chunked;} ''\nidle", kSmall);
  assert_outcome(head + "A:\r\nB:\r\nC:\r\n\r\n", "error 431", kSmall);
  assert_outcome(head + "A: " + std::string(256, 'a') + "\r\n\r\n", "error 431", kSmall);
}

void refusal_after_a_good_request_leaves_that_one(void**) {
  assert_outcome("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\n\r\n",
                 "GET /1 1.1 {Host=a;} ''\nerror 400");
}

void progress_is_visible(void**) {
  RequestParser parser(Limits{});
  assert_true(parser.idle());
  parser.feed("\r\nP");
  assert_false(parser.idle());
  assert_false(parser.head_complete());
  parser.feed("OST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n");
  assert_true(parser.head_complete());
  assert_int_equal(parser.feed("xGET").consumed, 1);
  assert_int_equal(parser.feed("GET").consumed, 0);  // until next()
  parser.next();
  assert_true(parser.idle());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(request_with_length_is_read),
      cmocka_unit_test(request_without_body_is_read),
      cmocka_unit_test(chunked_body_is_joined_and_its_trailer_dropped),
      cmocka_unit_test(chunk_data_may_hold_anything),
      cmocka_unit_test(pipelined_requests_come_one_by_one),
      cmocka_unit_test(empty_lines_between_requests_are_skipped),
      cmocka_unit_test(unfinished_request_waits_for_more),
      cmocka_unit_test(old_clients_speak_http_1_0),
      cmocka_unit_test(field_values_are_trimmed_and_may_be_empty),
      cmocka_unit_test(absolute_form_is_reduced_to_origin_form),
      cmocka_unit_test(expectation_is_reported_before_the_body),
      cmocka_unit_test(expectation_without_a_body_or_in_http_1_0_means_nothing),
      cmocka_unit_test(unknown_expectation_is_refused),
      cmocka_unit_test(websocket_upgrade_leaves_the_rest_unread),
      cmocka_unit_test(other_upgrades_are_ordinary_requests),
      cmocka_unit_test(smuggling_shapes_are_refused),
      cmocka_unit_test(bare_line_feeds_are_refused),
      cmocka_unit_test(wrong_hosts_are_refused),
      cmocka_unit_test(wrong_versions_are_refused),
      cmocka_unit_test(wrong_methods_are_refused),
      cmocka_unit_test(encoded_body_is_refused),
      cmocka_unit_test(wrong_targets_are_refused),
      cmocka_unit_test(target_limit_is_exact),
      cmocka_unit_test(head_limit_is_exact),
      cmocka_unit_test(field_limit_is_exact),
      cmocka_unit_test(body_limit_is_exact),
      cmocka_unit_test(announced_length_over_the_limit_is_refused_before_the_body),
      cmocka_unit_test(chunk_extensions_count_against_a_limit),
      cmocka_unit_test(trailers_count_against_the_limits),
      cmocka_unit_test(refusal_after_a_good_request_leaves_that_one),
      cmocka_unit_test(progress_is_visible),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
