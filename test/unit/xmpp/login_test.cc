// SPDX-License-Identifier: MIT
#include <string>
#include <string_view>

#include "support/cmocka.h"
#include "support/scram_client.h"
#include "unit/xmpp/stream.h"

using namespace rosterd;
using namespace rosterd::xmpp;
using namespace rosterd::xmpp::test;

namespace {

std::string failure(const std::string& condition) {
  return "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><" + condition + "/></failure>";
}

void client_logs_in_by_scram(void**) {
  Stream stream(true, {"", "end-point", ""});
  stream.header();
  rosterd::test::ScramClient client;
  client.username = "romeo";
  client.gs2_header = "p=tls-server-end-point,,";
  client.binding_data = "end-point";
  assert_text_equal(stream.auth("SCRAM-SHA-256-PLUS", text::base64_encode(client.first())),
                    "[keys romeo@example.net]");
  assert_true(stream.negotiation->waiting());
  const std::string challenge =
      stream.keys(derive_scram_keys(crypto::Hash::kSha256, "pencil", "salt", 4));
  const std::string opening = "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>";
  assert_true(challenge.starts_with(opening));
  const std::string server_first = *text::base64_decode(
      challenge.substr(opening.size(), challenge.find('<', 1) - opening.size()));
  assert_false(stream.negotiation->waiting());
  assert_text_equal(stream.response(text::base64_encode(client.final_message(server_first))),
                    "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" +
                        text::base64_encode(client.expected_answer(server_first)) +
                        "</success>[authenticated romeo@example.net by SCRAM-SHA-256-PLUS]"
                        "[header]");
  assert_true(stream.negotiation->authenticated());
  assert_false(stream.negotiation->header_sent());
}

void client_logs_in_by_plain(void**) {
  Stream stream;
  stream.header("to='example.com' version='1.0'");
  assert_text_equal(stream.plain("Romeo", "secret"), "[password romeo@example.com secret]");
  assert_text_equal(stream.password(true),
                    "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"
                    "[authenticated romeo@example.com by PLAIN][header]");
}

void missing_initial_response_is_asked_for(void**) {
  Stream stream;
  stream.header();
  assert_text_equal(stream.auth("PLAIN"), "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
  assert_text_equal(stream.response("AHJvbWVvAHNlY3JldA=="), "[password romeo@example.net secret]");
}

void equals_sign_is_an_empty_initial_response(void**) {
  Stream stream;
  stream.header();
  assert_text_equal(stream.auth("PLAIN", "="), failure("malformed-request") + "[failed ]");
  stream.auth("PLAIN");
  assert_text_equal(stream.response("="), failure("incorrect-encoding") + "[failed ]");
}

void what_is_not_base64_is_incorrectly_encoded(void**) {
  for (const char* text : {"!", "AHJvbWVvAHNlY3JldA", " AHJvbWVvAHNlY3JldA==", "A", "==", "AAA=A",
                           "AHJvbWVv\nAHNlY3JldA==", "AB=="}) {
    Stream stream;
    stream.header();
    assert_text_equal(stream.auth("PLAIN", text), failure("incorrect-encoding") + "[failed ]");
  }
}

void mechanism_that_is_not_offered_is_invalid(void**) {
  for (const char* name : {"", "plain", "DIGEST-MD5", "EXTERNAL", "SCRAM-SHA-256-PLUS"}) {
    Stream stream;
    stream.header();
    assert_text_equal(stream.auth(name, "AA=="), failure("invalid-mechanism") + "[failed ]");
  }
  NegotiationOptions options;
  options.mechanisms = {Mechanism::kScramSha256};
  options.tls_required = false;
  Stream stream(false, {}, options);
  stream.header();
  assert_text_equal(stream.plain(), failure("invalid-mechanism") + "[failed ]");
}

void login_in_the_clear_needs_encryption_first(void**) {
  Stream required(false);
  required.header();
  assert_text_equal(required.auth("SCRAM-SHA-256", "AA=="),
                    failure("encryption-required") + "[failed ]");
  NegotiationOptions options;
  options.tls_required = false;
  Stream optional(false, {}, options);
  optional.header();
  assert_text_equal(optional.plain(), failure("encryption-required") + "[failed ]");
  options.tls_available = false;
  Stream never(false, {}, options);
  never.header();
  assert_text_equal(never.plain(), failure("mechanism-too-weak") + "[failed ]");
}

void exchange_can_be_aborted(void**) {
  Stream stream;
  stream.header();
  stream.auth("SCRAM-SHA-1", text::base64_encode("n,,n=romeo,r=abc"));
  stream.keys(derive_scram_keys(crypto::Hash::kSha1, "pencil", "salt", 4));
  assert_text_equal(stream.send("<abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"),
                    failure("aborted") + "[failed romeo]");
  assert_text_equal(stream.response("AA=="), failure("malformed-request") + "[failed ]");
}

void second_auth_ends_the_first_exchange(void**) {
  Stream stream;
  stream.header();
  stream.auth("SCRAM-SHA-1");
  assert_text_equal(stream.plain(), failure("malformed-request") + "[failed ]");
  assert_text_equal(stream.plain(), "[password romeo@example.net secret]");
}

void failures_are_counted_and_the_last_is_told_first(void**) {
  Stream stream;
  stream.header();
  for (int i = 0; i < 2; ++i) {
    stream.plain();
    assert_text_equal(stream.password(false), failure("not-authorized") + "[failed romeo]");
  }
  stream.plain("juliet");
  assert_text_equal(stream.password(false),
                    failure("not-authorized") + "[failed juliet][close policy-violation]");
}

void failures_are_counted_across_starttls(void**) {
  NegotiationOptions options;
  options.sasl_attempts = 2;
  Stream stream(false, {}, options);
  stream.header();
  stream.plain();
  stream.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  stream.tls();
  stream.header();
  stream.plain();
  assert_true(holds(stream.password(false), "[close policy-violation]"));
}

void what_is_offered_is_told_again_where_nobody_can_change_it(void**) {
  const auto offer_signed = [](bool secure) {
    NegotiationOptions options;
    options.tls_required = false;
    Stream stream(secure, {"x", "y", "z"}, options);
    stream.header();
    stream.auth("SCRAM-SHA-1", text::base64_encode("n,,n=romeo,r=abc"));
    const std::string challenge =
        stream.keys(derive_scram_keys(crypto::Hash::kSha1, "pencil", "salt", 4));
    const std::size_t text = challenge.find('>') + 1;
    const std::string message =
        *text::base64_decode(challenge.substr(text, challenge.find('<', 1) - text));
    return rosterd::test::ScramClient::value(message, 'h');
  };
  const auto hash = [](std::string_view offer) {
    return text::base64_encode(crypto::digest(crypto::Hash::kSha1, offer));
  };
  assert_text_equal(offer_signed(true),
                    hash("PLAIN\x1eSCRAM-SHA-1\x1eSCRAM-SHA-1-PLUS\x1eSCRAM-SHA-256\x1e"
                         "SCRAM-SHA-256-PLUS\x1ftls-exporter\x1etls-server-end-point"));
  assert_text_equal(offer_signed(false), hash("SCRAM-SHA-1\x1eSCRAM-SHA-256"));
}

void stripped_plus_is_noticed(void**) {
  const std::string message = text::base64_encode("y,,n=romeo,r=abc");
  Stream offered(true, {"x", "y", "z"});
  offered.header();
  assert_text_equal(offered.auth("SCRAM-SHA-256", message),
                    failure("not-authorized") + "[failed ]");
  NegotiationOptions options;
  options.mechanisms = {Mechanism::kScramSha256};
  Stream not_offered(true, {"x", "y", "z"}, options);
  not_offered.header();
  assert_text_equal(not_offered.auth("SCRAM-SHA-256", message), "[keys romeo@example.net]");
}

void accounts_that_cannot_be_asked_are_a_temporary_failure(void**) {
  Stream stream;
  stream.header();
  stream.plain();
  assert_text_equal(stream.login(make_error(Errc::kUnavailable, "no answer")),
                    failure("temporary-auth-failure") + "[failed romeo]");
  stream.auth("SCRAM-SHA-1", text::base64_encode("n,,n=romeo,r=abc"));
  assert_text_equal(stream.keys(make_error(Errc::kUnavailable, "no answer")),
                    failure("temporary-auth-failure") + "[failed romeo]");
}

void name_that_is_no_node_is_not_authorized(void**) {
  Stream stream;
  stream.header();
  assert_text_equal(stream.plain("a@b"), failure("not-authorized") + "[failed a@b]");
  assert_text_equal(stream.auth("SCRAM-SHA-1", text::base64_encode("n,,n=a b,r=abc")),
                    failure("not-authorized") + "[failed a b]");
}

void stanza_before_login_is_not_authorized(void**) {
  for (const char* stanza : {"<message/>", "<presence/>", "<iq type='get' id='1'/>"}) {
    Stream stream;
    stream.header();
    assert_text_equal(stream.send(stanza), "[close not-authorized]");
    assert_text_equal(stream.send(stanza), "");
  }
}

void element_that_is_no_stanza_is_unsupported(void**) {
  for (const char* element :
       {"<x/>", "<message xmlns='urn:x'/>", "<auth/>",
        "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", "<stream:features/>"}) {
    Stream stream;
    stream.header();
    assert_text_equal(stream.send(element), "[close unsupported-stanza-type]");
  }
}

void answers_to_questions_not_asked_change_nothing(void**) {
  Stream stream;
  stream.header();
  assert_text_equal(stream.password(true), "");
  assert_text_equal(stream.keys(ScramKeys{}), "");
  assert_text_equal(stream.bound(*Jid::parse("romeo@example.net/x")), "");
  assert_text_equal(stream.tls({"x", "y", "z"}), "");
  assert_false(stream.negotiation->authenticated());
  assert_false(stream.negotiation->established());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(client_logs_in_by_scram),
      cmocka_unit_test(client_logs_in_by_plain),
      cmocka_unit_test(missing_initial_response_is_asked_for),
      cmocka_unit_test(equals_sign_is_an_empty_initial_response),
      cmocka_unit_test(what_is_not_base64_is_incorrectly_encoded),
      cmocka_unit_test(mechanism_that_is_not_offered_is_invalid),
      cmocka_unit_test(login_in_the_clear_needs_encryption_first),
      cmocka_unit_test(exchange_can_be_aborted),
      cmocka_unit_test(second_auth_ends_the_first_exchange),
      cmocka_unit_test(failures_are_counted_and_the_last_is_told_first),
      cmocka_unit_test(failures_are_counted_across_starttls),
      cmocka_unit_test(what_is_offered_is_told_again_where_nobody_can_change_it),
      cmocka_unit_test(stripped_plus_is_noticed),
      cmocka_unit_test(accounts_that_cannot_be_asked_are_a_temporary_failure),
      cmocka_unit_test(name_that_is_no_node_is_not_authorized),
      cmocka_unit_test(stanza_before_login_is_not_authorized),
      cmocka_unit_test(element_that_is_no_stanza_is_unsupported),
      cmocka_unit_test(answers_to_questions_not_asked_change_nothing),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
