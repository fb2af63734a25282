// SPDX-License-Identifier: MIT
#include "http/websocket_handshake.h"

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "http/parser.h"
#include "http/writer.h"
#include "support/cmocka.h"

using namespace rosterd;
using namespace rosterd::http;

namespace {

using Field = std::pair<std::string_view, std::string_view>;

// The handshake of RFC 6455 section 1.3, asking for RFC 7395's subprotocol.
constexpr Field kGood[] = {
    {"Host", "server.example.com"},   {"Upgrade", "websocket"},
    {"Connection", "Upgrade"},        {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
    {"Origin", "http://example.com"}, {"Sec-WebSocket-Protocol", "chat, xmpp"},
    {"Sec-WebSocket-Version", "13"},
};

// The good one with all fields of the name replaced by these values.
Request request_with(std::string_view replaced = "",
                     std::initializer_list<std::string_view> values = {}) {
  Request request{.method = "GET", .target = "/xmpp-websocket", .fields = {}, .body = ""};
  for (const auto& [name, value] : kGood) {
    if (name != replaced) request.fields.add(std::string(name), std::string(value));
  }
  for (std::string_view value : values) {
    request.fields.add(std::string(replaced), std::string(value));
  }
  return request;
}

bool accepted(const Request& request) {
  return std::holds_alternative<Response>(accept_websocket(request, "xmpp"));
}

// "400 why", with the fields that go with it.
std::string refusal(const Request& request) {
  const auto verdict = accept_websocket(request, "xmpp");
  const auto* refused = std::get_if<WebSocketRefusal>(&verdict);
  if (!refused) return "accepted";
  std::string words = std::to_string(refused->status) + " " + std::string(refused->text);
  for (const auto& [name, value] : refused->fields.all()) words += "; " + name + ": " + value;
  return words;
}

void assert_refused(const Request& request, std::string_view words) {
  assert_text_equal(refusal(request), words);
}

void example_of_the_rfc_is_accepted(void**) {
  const auto verdict = accept_websocket(request_with(), "xmpp");
  std::string out;
  write_response(out, std::get<Response>(verdict), WallTime{}, 1, false);
  assert_text_equal(out,
                    "HTTP/1.1 101 Switching Protocols\r\n"
                    "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
                    "Upgrade: websocket\r\n"
                    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
                    "Sec-WebSocket-Protocol: xmpp\r\n"
                    "Connection: Upgrade\r\n\r\n");
}

void parser_and_handshake_agree(void**) {
  std::string bytes;
  Request request = request_with("Host", {});
  write_request(bytes, request, "a");
  // The writer keeps Connection to itself.
  bytes.insert(bytes.size() - 2, "Connection: keep-alive, Upgrade\r\n");
  RequestParser parser(Limits{});
  assert_int_equal(parser.feed(bytes).state, ParseState::kUpgrade);
  assert_true(accepted(parser.message()));
}

void tokens_are_found_in_any_case_and_list(void**) {
  assert_true(accepted(request_with("Upgrade", {"h2c, WebSocket"})));
  assert_true(accepted(request_with("Connection", {"keep-alive", "x, upgrade"})));
}

void extensions_are_ignored(void**) {
  Request request = request_with();
  request.fields.add("Sec-WebSocket-Extensions", "permessage-deflate");
  const auto verdict = accept_websocket(request, "xmpp");
  assert_false(std::get<Response>(verdict).fields.has("Sec-WebSocket-Extensions"));
}

void other_methods_are_refused(void**) {
  for (const char* method : {"HEAD", "POST", "OPTIONS"}) {
    Request request = request_with();
    request.method = method;
    assert_refused(request, "405 a WebSocket begins with GET; Allow: GET");
  }
}

void old_http_is_told_to_upgrade(void**) {
  Request request = request_with();
  request.version_minor = 0;
  assert_refused(request,
                 "426 a WebSocket needs HTTP/1.1; does a proxy speak HTTP/1.0?; "
                 "Upgrade: websocket; Sec-WebSocket-Version: 13");
}

void plain_get_is_told_to_upgrade(void**) {
  const std::string_view words =
      "426 this is a WebSocket: \"Upgrade: websocket\" is missing; "
      "Upgrade: websocket; Sec-WebSocket-Version: 13";
  assert_refused(request_with("Upgrade", {}), words);
  assert_refused(request_with("Upgrade", {"h2c"}), words);
}

void connection_must_name_the_upgrade(void**) {
  for (std::string_view value : {"keep-alive", "close", ""}) {
    assert_refused(request_with("Connection", {value}), "400 \"Connection: Upgrade\" is missing");
  }
}

void host_is_needed_once(void**) {
  assert_refused(request_with("Host", {}), "400 a WebSocket needs one Host");
  assert_refused(request_with("Host", {"a", "b"}), "400 a WebSocket needs one Host");
}

void body_is_refused(void**) {
  Request request = request_with();
  request.body = "x";
  assert_refused(request, "400 a WebSocket does not begin with a body");
  request.body.clear();
  request.fields.add("Transfer-Encoding", "chunked");
  assert_refused(request, "400 a WebSocket does not begin with a body");
}

void other_versions_are_told_ours(void**) {
  const std::string_view words =
      "426 Sec-WebSocket-Version must be 13; Upgrade: websocket; Sec-WebSocket-Version: 13";
  for (std::string_view version : {"8", "0", "14", "013", "13, 8", ""}) {
    assert_refused(request_with("Sec-WebSocket-Version", {version}), words);
  }
  assert_refused(request_with("Sec-WebSocket-Version", {}), words);
  assert_refused(request_with("Sec-WebSocket-Version", {"13", "13"}), words);
}

void key_is_sixteen_bytes_once(void**) {
  const std::string_view words = "400 Sec-WebSocket-Key must be 16 bytes in base64, once";
  for (std::string_view key : {"", "dGhlIHNhbXBsZSBub25j", "dGhlIHNhbXBsZSBub25jZQ",
                               "dGhlIHNhbXBsZSBub25jZWQ=", "no base64 in this one=="}) {
    assert_refused(request_with("Sec-WebSocket-Key", {key}), words);
  }
  const std::string_view good = "dGhlIHNhbXBsZSBub25jZQ==";
  assert_refused(request_with("Sec-WebSocket-Key", {}), words);
  assert_refused(request_with("Sec-WebSocket-Key", {good, good}), words);
}

void subprotocol_must_be_offered(void**) {
  const std::string_view words =
      "400 Sec-WebSocket-Protocol does not offer the subprotocol spoken here";
  assert_refused(request_with("Sec-WebSocket-Protocol", {}), words);
  for (std::string_view offered : {"", "chat", "XMPP", "xmpp-x", "x xmpp", ",,"}) {
    assert_refused(request_with("Sec-WebSocket-Protocol", {offered}), words);
  }
  assert_true(accepted(request_with("Sec-WebSocket-Protocol", {"chat", "soap ,\txmpp"})));
  assert_true(accepted(request_with("Sec-WebSocket-Protocol", {"xmpp"})));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(example_of_the_rfc_is_accepted),
      cmocka_unit_test(parser_and_handshake_agree),
      cmocka_unit_test(tokens_are_found_in_any_case_and_list),
      cmocka_unit_test(extensions_are_ignored),
      cmocka_unit_test(other_methods_are_refused),
      cmocka_unit_test(old_http_is_told_to_upgrade),
      cmocka_unit_test(plain_get_is_told_to_upgrade),
      cmocka_unit_test(connection_must_name_the_upgrade),
      cmocka_unit_test(host_is_needed_once),
      cmocka_unit_test(body_is_refused),
      cmocka_unit_test(other_versions_are_told_ours),
      cmocka_unit_test(key_is_sixteen_bytes_once),
      cmocka_unit_test(subprotocol_must_be_offered),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
