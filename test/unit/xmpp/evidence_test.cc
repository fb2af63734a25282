// SPDX-License-Identifier: MIT
#include <string>
#include <string_view>

#include "support/cmocka.h"
#include "unit/xmpp/stream.h"

using namespace rosterd;
using namespace rosterd::xmpp;
using namespace rosterd::xmpp::test;

namespace {

using namespace std::string_literals;

const std::string kSasl = " xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";

std::string failure(const std::string& condition) {
  return "<failure" + kSasl + "><" + condition + "/></failure>";
}

// A stream at a host whose accounts take tokens and cookies alone.
Stream make_stream(bool secure = true, StreamFraming framing = StreamFraming::kWebSocket,
                   std::string cookie = "sid=7") {
  NegotiationOptions options;
  options.hosts = {"example.net"};
  options.methods["example.net"] = {.passwords = false,
                                    .scram_sha1 = false,
                                    .scram_sha256 = false,
                                    .tokens = true,
                                    .cookies = true};
  options.tls_required = false;
  return Stream(secure, {}, options, framing, std::move(cookie));
}

std::string start(const std::string& mechanism, const std::string& message) {
  Stream stream = make_stream();
  stream.header();
  return stream.auth(mechanism, message.empty() ? "=" : text::base64_encode(message));
}

std::string oauth(const std::string& pairs, const std::string& gs2 = "n,,") {
  return start("OAUTHBEARER", gs2 + "\x01" + pairs + "\x01");
}

void what_only_tokens_can_do_is_offered_where_they_are_taken(void**) {
  assert_true(holds(make_stream().header(),
                    "<mechanism>OAUTHBEARER</mechanism><mechanism>X-OAUTH2</mechanism>"
                    "<mechanism>EXTERNAL</mechanism></mechanisms>"));
  assert_false(holds(make_stream().header(), "SCRAM"));
  assert_false(holds(make_stream().header(), "PLAIN"));
  assert_false(holds(Stream().header(), "OAUTH"));
  // In the clear a token is everybody's; a cookie has come already.
  const std::string clear = make_stream(false).header();
  assert_false(holds(clear, "OAUTH"));
  assert_true(holds(clear, "EXTERNAL"));
}

void external_is_offered_only_to_who_has_a_cookie(void**) {
  assert_false(holds(make_stream(true, StreamFraming::kWebSocket, "").header(), "EXTERNAL"));
  assert_false(holds(make_stream(true, StreamFraming::kTcp, "").header(), "EXTERNAL"));
  Stream stream = make_stream(true, StreamFraming::kWebSocket, "");
  stream.header();
  assert_text_equal(stream.auth("EXTERNAL", "="), failure("invalid-mechanism") + "[failed ]");
}

void token_says_whose_it_is(void**) {
  Stream stream = make_stream();
  stream.header();
  assert_text_equal(stream.auth("OAUTHBEARER",
                                text::base64_encode("n,a=romeo@example.net,\x01host=example.net\x01"
                                                    "port=5222\x01"
                                                    "auth=Bearer a-b._~+/c==\x01\x01")),
                    "[identity of a-b._~+/c== as romeo@example.net]");
  assert_text_equal(
      stream.password(true),
      "<success" + kSasl + "/>[authenticated romeo@example.net by OAUTHBEARER][header]");
  assert_text_equal(oauth("auth=Bearer t\x01"), "[identity of t]");
  assert_text_equal(oauth("auth=bearer t\x01", "y,,"), "[identity of t]");
}

void refused_token_counts_at_once_and_fails_after_any_answer(void**) {
  const std::string challenge = "<challenge" + kSasl + ">" +
                                text::base64_encode(R"({"status":"invalid_token"})") +
                                "</challenge>";
  const std::string message = text::base64_encode(
      "n,,\x01"
      "auth=Bearer t\x01\x01");
  Stream stream = make_stream();
  stream.header();
  stream.auth("OAUTHBEARER", message);
  assert_text_equal(stream.password(false), challenge + "[failed ]");
  assert_text_equal(stream.response("AQ=="), failure("not-authorized"));
  // As strophe.js 5.0 does.
  stream.auth("OAUTHBEARER", message);
  stream.password(false);
  assert_text_equal(stream.response(message), failure("not-authorized"));
  // No token at all: the client wants to know what is needed.
  assert_text_equal(stream.auth("OAUTHBEARER", text::base64_encode("n,,\x01"
                                                                   "auth=\x01\x01")),
                    challenge + "[failed ]");
  // That was the third one.
  assert_text_equal(stream.response(""), failure("not-authorized") + "[close policy-violation]");
}

void who_cannot_be_asked_is_a_temporary_failure(void**) {
  for (const char* mechanism : {"OAUTHBEARER", "X-OAUTH2", "EXTERNAL"}) {
    Stream stream = make_stream();
    stream.header();
    const std::string message = mechanism == "OAUTHBEARER"s ? "n,,\x01"
                                                              "auth=Bearer t\x01\x01"s
                                : mechanism == "X-OAUTH2"s  ? "\0romeo\0t"s
                                                            : "romeo"s;
    stream.auth(mechanism, text::base64_encode(message));
    assert_text_equal(stream.login(make_error(Errc::kUnavailable, "no answer")),
                      failure("temporary-auth-failure") + "[failed ]");
  }
}

void malformed_bearer_messages_are_refused(void**) {
  const std::string refused = failure("malformed-request") + "[failed ]";
  for (const char* gs2 : {"", "n", "n,", "p=tls-exporter,,", "x,,", "n,b=romeo,", "n,a=,",
                          "n,a=ro=meo,", "n,a=ro=2,"}) {
    assert_text_equal(oauth("auth=Bearer t\x01", gs2), refused);
  }
  for (const char* pairs :
       {"", "auth", "auth=Bearer t",
        "=x\x01"
        "auth=Bearer t\x01",
        "host=x\x01",
        "auth=Bearer t\x01"
        "auth=Bearer t\x01",
        "auth=Basic t\x01", "auth=Bearer\x01", "auth=Bearer \x01", "auth=Bearer a b\x01",
        "auth=Bearer ==\x01", "auth=Bearer a\xC3\xA9\x01", "auth=Bearer a=b\x01"}) {
    assert_text_equal(oauth(pairs), refused);
  }
  assert_text_equal(start("OAUTHBEARER", "\x01"), refused);
  assert_text_equal(start("OAUTHBEARER", "n,,auth=Bearer t\x01\x01"), refused);
  assert_text_equal(start("OAUTHBEARER",
                          "n,,\x01"
                          "auth=Bearer t\xFF\x01\x01"),
                    refused);
  assert_text_equal(start("OAUTHBEARER",
                          "n,,\x01"
                          "auth=Bearer t\x01\x01x"),
                    refused);
  assert_text_equal(start("OAUTHBEARER",
                          "n,,\x01"
                          "auth=Bearer t\0\x01\x01"s),
                    refused);
}

void x_oauth2_has_the_form_of_plain(void**) {
  assert_text_equal(start("X-OAUTH2", "\0romeo\0token"s), "[identity of token as romeo]");
  assert_text_equal(start("X-OAUTH2", "romeo@example.net\0\0token"s),
                    "[identity of token as romeo@example.net]");
  assert_text_equal(start("X-OAUTH2", "\0\0token"s), "[identity of token]");
  assert_text_equal(start("X-OAUTH2", "juliet\0romeo\0token"s),
                    failure("invalid-authzid") + "[failed ]");
  for (const std::string& message : {"token"s, "romeo\0token"s, "\0romeo\0"s, "\0romeo\0to ken"s,
                                     "\0romeo\0to\0ken"s, "\0romeo\xFF\0token"s}) {
    assert_text_equal(start("X-OAUTH2", message), failure("malformed-request") + "[failed ]");
  }
  Stream stream = make_stream();
  stream.header();
  stream.auth("X-OAUTH2", text::base64_encode("\0romeo\0token"s));
  assert_text_equal(stream.password(false), failure("not-authorized") + "[failed ]");
}

void cookie_of_the_connection_is_the_evidence(void**) {
  assert_text_equal(start("EXTERNAL", ""), "[identity of sid=7]");
  assert_text_equal(start("EXTERNAL", "romeo@example.net"),
                    "[identity of sid=7 as romeo@example.net]");
  assert_text_equal(start("EXTERNAL", "ro\0meo"s), failure("malformed-request") + "[failed ]");
  assert_text_equal(start("EXTERNAL", "\xFF"), failure("malformed-request") + "[failed ]");
  Stream stream = make_stream();
  stream.header();
  stream.auth("EXTERNAL", "=");
  assert_text_equal(stream.password(true),
                    "<success" + kSasl + "/>[authenticated romeo@example.net by EXTERNAL][header]");
}

void nobody_comes_in_as_somebody_else_than_he_is(void**) {
  for (const auto& [mechanism, message] :
       {std::pair{"EXTERNAL", "juliet"s}, std::pair{"EXTERNAL", "romeo@example.com"s},
        std::pair{"X-OAUTH2", "\0juliet\0t"s},
        std::pair{"OAUTHBEARER",
                  "n,a=juliet@example.net,\x01"
                  "auth=Bearer t\x01\x01"s}}) {
    Stream stream = make_stream();
    stream.header();
    stream.auth(mechanism, text::base64_encode(message));
    assert_text_equal(stream.password(true), failure("invalid-authzid") + "[failed ]");
  }
}

void sasl2_carries_them_too(void**) {
  Stream stream = make_stream();
  stream.header();
  stream.authenticate("OAUTHBEARER",
                      "n,,\x01"
                      "auth=Bearer t\x01\x01");
  assert_true(holds(stream.password(false), "</challenge>[failed ]"));
  assert_text_equal(stream.send("<response xmlns='urn:xmpp:sasl:2'>AQ==</response>"),
                    "<failure xmlns='urn:xmpp:sasl:2'><not-authorized" + kSasl + "/></failure>");
  assert_text_equal(stream.authenticate("EXTERNAL", ""), "[identity of sid=7]");
  assert_true(holds(stream.password(true), "<authorization-identifier>romeo@example.net<"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(what_only_tokens_can_do_is_offered_where_they_are_taken),
      cmocka_unit_test(external_is_offered_only_to_who_has_a_cookie),
      cmocka_unit_test(token_says_whose_it_is),
      cmocka_unit_test(refused_token_counts_at_once_and_fails_after_any_answer),
      cmocka_unit_test(who_cannot_be_asked_is_a_temporary_failure),
      cmocka_unit_test(malformed_bearer_messages_are_refused),
      cmocka_unit_test(x_oauth2_has_the_form_of_plain),
      cmocka_unit_test(cookie_of_the_connection_is_the_evidence),
      cmocka_unit_test(nobody_comes_in_as_somebody_else_than_he_is),
      cmocka_unit_test(sasl2_carries_them_too),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
