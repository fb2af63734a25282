// SPDX-License-Identifier: MIT
#include "web/host_meta.h"

#include <initializer_list>
#include <utility>

#include "support/cmocka.h"
#include "web/external_url.h"

using namespace rosterd;
using namespace rosterd::web;

namespace {

using FieldList = std::initializer_list<std::pair<const char*, const char*>>;

http::Fields make_fields(FieldList list) {
  http::Fields fields;
  for (const auto& [name, value] : list) fields.add(name, value);
  return fields;
}

Client client_at(const char* address, bool secure = false) {
  Client client;
  client.address = *net::Address::parse(address, 4711);
  client.secure = secure;
  return client;
}

// The URL's origin, for the proxies of 10.0.0.0/8.
std::string origin(const Client& client, FieldList fields) {
  const auto url =
      find_external_url(client, make_fields(fields), {*net::Network::parse("10.0.0.0/8")});
  return url ? url->origin() : url.error().text;
}

class Answer final : public Responder {
 public:
  void respond(ExchangeId, http::Response answer) override { response = std::move(answer); }
  http::Response response;
};

http::Response ask(HostMeta& meta, const char* target, FieldList fields) {
  http::Request request;
  request.method = "GET";
  request.target = target;
  request.fields = make_fields(fields);
  Answer answer;
  meta.on_request(answer, {}, client_at("192.0.2.1", true), request);
  return answer.response;
}

HostMeta make_meta(std::string external_url) {
  HostMeta meta({std::move(external_url), {}});
  meta.add_link("urn:xmpp:alt-connections:websocket", HostMeta::Scheme::kWebSocket, "/ws");
  meta.add_link("urn:xmpp:alt-connections:xbosh", HostMeta::Scheme::kHttp, "/http-bind");
  return meta;
}

void name_is_the_host_that_was_asked_for(void**) {
  assert_text_equal(origin(client_at("192.0.2.1"), {{"Host", "Chat.example"}}),
                    "http://chat.example");
  assert_text_equal(origin(client_at("192.0.2.1", true), {{"Host", "chat.example:5281"}}),
                    "https://chat.example:5281");
  assert_text_equal(origin(client_at("::1", true), {{"Host", "[::1]:443"}}), "https://[::1]");
}

void proxy_tells_name_and_scheme(void**) {
  assert_text_equal(
      origin(client_at("10.0.0.1"), {{"Host", "inner:5280"},
                                     {"X-Forwarded-Host", "liar.example, chat.example"},
                                     {"X-Forwarded-Proto", "https"}}),
      "https://chat.example");
  assert_text_equal(origin(client_at("10.0.0.1"), {{"Host", "chat.example"}}),
                    "http://chat.example");
  assert_text_equal(origin(client_at("10.0.0.1", true),
                           {{"Host", "chat.example"}, {"X-Forwarded-Proto", "http"}}),
                    "http://chat.example");
}

void nobody_else_does(void**) {
  assert_text_equal(origin(client_at("192.0.2.1"), {{"Host", "chat.example"},
                                                    {"X-Forwarded-Host", "liar.example"},
                                                    {"X-Forwarded-Proto", "https"}}),
                    "http://chat.example");
}

void what_is_no_name_is_refused(void**) {
  for (const char* host : {"", "a b", "a/b", "a@b", "a?b", "a'b", "a\"b", "<a>", "a&b", "a:0",
                           "a:99999", "[::1", "a:b", "a\\b", "a#b"}) {
    assert_text_equal(origin(client_at("192.0.2.1"), {{"Host", host}}), "bad Host");
  }
  assert_text_equal(origin(client_at("192.0.2.1"), {}), "bad Host");
}

void external_url_needs_no_escapes(void**) {
  assert_true(parse_external_url("https://chat.example/a-b_c/~d.e/").has_value());
  for (const char* url : {"", "ftp://a/", "chat.example", "https://u:p@chat.example/",
                          "https://a/?b", "https://a/'", "https://a/&", "https://a/%41"}) {
    assert_false(parse_external_url(url).has_value());
  }
}

void both_forms_tell_the_same_links(void**) {
  HostMeta meta = make_meta("");
  const http::Response xrd = ask(meta, "/.well-known/host-meta", {{"Host", "chat.example"}});
  assert_int_equal(xrd.status, 200);
  assert_text_equal(xrd.fields.get("Content-Type"), "application/xrd+xml; charset=utf-8");
  assert_text_equal(xrd.fields.get("Access-Control-Allow-Origin"), "*");
  assert_text_equal(xrd.body,
                    "<?xml version='1.0' encoding='utf-8'?>\n"
                    "<XRD xmlns='http://docs.oasis-open.org/ns/xri/xrd-1.0'>\n"
                    "  <Link rel='urn:xmpp:alt-connections:websocket'\n"
                    "        href='wss://chat.example/ws'/>\n"
                    "  <Link rel='urn:xmpp:alt-connections:xbosh'\n"
                    "        href='https://chat.example/http-bind'/>\n"
                    "</XRD>\n");
  const http::Response json = ask(meta, "/.well-known/host-meta.json", {{"Host", "chat.example"}});
  assert_text_equal(json.fields.get("Content-Type"), "application/json");
  assert_text_equal(json.fields.get("Access-Control-Allow-Origin"), "*");
  assert_text_equal(json.body,
                    "{\"links\":[{\"rel\":\"urn:xmpp:alt-connections:websocket\","
                    "\"href\":\"wss://chat.example/ws\"},"
                    "{\"rel\":\"urn:xmpp:alt-connections:xbosh\","
                    "\"href\":\"https://chat.example/http-bind\"}]}\n");
}

void configured_url_wins_over_the_request(void**) {
  for (const char* url : {"https://chat.example/in", "https://chat.example/in/"}) {
    HostMeta meta = make_meta(url);
    const std::string body = ask(meta, "/.well-known/host-meta.json", {{"Host", "a b"}}).body;
    assert_true(body.find("\"wss://chat.example/in/ws\"") != body.npos);
    assert_true(body.find("\"https://chat.example/in/http-bind\"") != body.npos);
  }
}

void bad_host_gets_status_400(void**) {
  HostMeta meta = make_meta("");
  const http::Response response = ask(meta, "/.well-known/host-meta", {{"Host", "a'b"}});
  assert_int_equal(response.status, 400);
  assert_text_equal(response.body, "{\"status\":\"error\",\"message\":\"bad Host\"}\n");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(name_is_the_host_that_was_asked_for),
      cmocka_unit_test(proxy_tells_name_and_scheme),
      cmocka_unit_test(nobody_else_does),
      cmocka_unit_test(what_is_no_name_is_refused),
      cmocka_unit_test(external_url_needs_no_escapes),
      cmocka_unit_test(both_forms_tell_the_same_links),
      cmocka_unit_test(configured_url_wins_over_the_request),
      cmocka_unit_test(bad_host_gets_status_400),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
