// SPDX-License-Identifier: MIT
#include "http/writer.h"

#include <chrono>
#include <string>

#include "http/parser.h"
#include "support/cmocka.h"

using namespace rosterd;
using namespace rosterd::http;

namespace {

// 2026-11-23T13:40:07.999Z, a Monday.
constexpr WallTime kNow{std::chrono::milliseconds(1795441207999)};
constexpr const char* kDate = "Date: Mon, 23 Nov 2026 13:40:07 GMT\r\n";

Response json(int status) {
  Response response{.status = status, .fields = {}, .body = "{}"};
  response.fields.add("Content-Type", "application/json");
  return response;
}

std::string written(const Response& response, int version_minor = 1, bool head_only = false) {
  std::string out;
  write_response(out, response, kNow, version_minor, head_only);
  return out;
}

void dates_have_fixed_width(void**) {
  assert_text_equal(http_date(kNow), "Mon, 23 Nov 2026 13:40:07 GMT");
  assert_text_equal(http_date(WallTime{}), "Thu, 01 Jan 1970 00:00:00 GMT");
}

void response_gets_length_and_date(void**) {
  assert_text_equal(written(json(200)), std::string("HTTP/1.1 200 OK\r\n") + kDate +
                                            "Content-Type: application/json\r\n"
                                            "Content-Length: 2\r\n\r\n{}");
}

void answer_to_head_keeps_the_length(void**) {
  const std::string text = written(json(200), 1, true);
  assert_true(text.ends_with("Content-Length: 2\r\n\r\n"));
}

void bodyless_statuses_have_no_length(void**) {
  for (int status : {100, 204, 304}) {
    const std::string text = written(json(status));
    assert_int_equal(text.find("Content-Length"), std::string::npos);
    assert_true(text.ends_with("\r\n\r\n"));
  }
}

void connection_is_named_where_it_is_not_the_default(void**) {
  Response response = json(200);
  assert_int_equal(written(response, 1).find("Connection"), std::string::npos);
  assert_int_not_equal(written(response, 0).find("Connection: keep-alive\r\n"), std::string::npos);
  response.keep_alive = false;
  assert_int_not_equal(written(response, 1).find("Connection: close\r\n"), std::string::npos);
}

void upgrade_is_named_in_connection(void**) {
  Response response{.status = 101, .fields = {}, .body = ""};
  response.fields.add("Upgrade", "websocket");
  response.fields.add("Connection", "of the caller");
  response.keep_alive = false;
  assert_text_equal(written(response), std::string("HTTP/1.1 101 Switching Protocols\r\n") + kDate +
                                           "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
  response.status = 426;
  assert_int_not_equal(written(response).find("Connection: close, Upgrade\r\n"), std::string::npos);
}

void unknown_status_has_an_empty_reason(void**) {
  assert_true(written(json(599)).starts_with("HTTP/1.1 599 \r\n"));
}

void values_cannot_begin_a_line_of_their_own(void**) {
  Response response = json(200);
  response.fields.add("X", std::string("a\r\nSet-Cookie: b\0c", 18));
  assert_int_not_equal(written(response).find("X: a  Set-Cookie: b c\r\n"), std::string::npos);
}

void framing_fields_of_the_caller_are_left_out(void**) {
  Response response = json(200);
  response.fields.add("content-length", "99");
  response.fields.add("Transfer-Encoding", "chunked");
  ResponseParser parser(Limits{});
  assert_int_equal(parser.feed(written(response)).state, ParseState::kComplete);
  assert_text_equal(parser.message().body, "{}");
}

void request_gets_host_and_length(void**) {
  Request request{.method = "POST", .target = "/r", .fields = {}, .body = "[]"};
  request.fields.add("Accept", "*/*");
  std::string out;
  write_request(out, request, "a:81");
  assert_text_equal(out,
                    "POST /r HTTP/1.1\r\nHost: a:81\r\nAccept: */*\r\nContent-Length: 2\r\n\r\n[]");
}

void get_without_body_has_no_length(void**) {
  Request request{.method = "GET", .target = "/", .fields = {}, .body = ""};
  request.fields.add("host", "b");
  std::string out;
  write_request(out, request, "a");
  assert_text_equal(out, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  out.clear();
  request.keep_alive = false;
  write_request(out, request, "a");
  assert_text_equal(out, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
}

void fields_are_found_in_any_case(void**) {
  Fields fields;
  fields.add("Connection", "keep-alive, Upgrade");
  fields.add("connection", ",x ,");
  assert_text_equal(fields.get("CONNECTION"), "keep-alive, Upgrade");
  assert_text_equal(fields.get("Host"), "");
  assert_int_equal(fields.count("connection"), 2);
  assert_true(fields.has_token("connection", "upgrade"));
  assert_true(fields.has_token("connection", "X"));
  assert_false(fields.has_token("connection", "keep"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(dates_have_fixed_width),
      cmocka_unit_test(response_gets_length_and_date),
      cmocka_unit_test(answer_to_head_keeps_the_length),
      cmocka_unit_test(bodyless_statuses_have_no_length),
      cmocka_unit_test(connection_is_named_where_it_is_not_the_default),
      cmocka_unit_test(upgrade_is_named_in_connection),
      cmocka_unit_test(unknown_status_has_an_empty_reason),
      cmocka_unit_test(values_cannot_begin_a_line_of_their_own),
      cmocka_unit_test(framing_fields_of_the_caller_are_left_out),
      cmocka_unit_test(request_gets_host_and_length),
      cmocka_unit_test(get_without_body_has_no_length),
      cmocka_unit_test(fields_are_found_in_any_case),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
