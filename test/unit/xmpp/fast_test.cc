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

const std::string kId = "d4565fa7-4d72-4749-b3d3-740edbf87770";
const std::string kAgent = "<user-agent id='" + kId + "'/>";
const std::string kHashed = "0123456789abcdef0123456789abcdef";
const std::string kProof = "romeo\0"s + kHashed;
const std::string kPlain = "\0romeo\0secret"s;
const std::string kFast = "<fast xmlns='urn:xmpp:fast:0'/>";
const FastToken kToken{"s3cret", WallTime(std::chrono::sys_days(std::chrono::year(2026) / 12 / 1))};
const std::string kGiven =
    "<token xmlns='urn:xmpp:fast:0' expiry='2026-12-01T00:00:00Z' token='s3cret'/>";

std::string failure(const std::string& condition, const std::string& text = "") {
  return "<failure xmlns='urn:xmpp:sasl:2'><" + condition +
         " xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>" +
         (text.empty() ? "" : "<text>" + text + "</text>") + "</failure>";
}

std::string wanted(const std::string& mechanism) {
  return "<request-token xmlns='urn:xmpp:fast:0' mechanism='" + mechanism + "'/>";
}

Stream make_stream(bool secure = true, ChannelBindings bindings = {}) {
  NegotiationOptions options;
  options.fast = true;
  options.tls_required = false;
  options.plain_without_tls = true;
  return Stream(secure, std::move(bindings), options);
}

void mechanisms_of_fast_stand_inline_and_nowhere_else(void**) {
  const std::string bound = make_stream(true, {"x", "y", "z"}).header();
  assert_true(holds(bound,
                    "<inline><bind xmlns='urn:xmpp:bind:0'/><fast xmlns='urn:xmpp:fast:0'>"
                    "<mechanism>HT-SHA-256-EXPR</mechanism><mechanism>HT-SHA-256-ENDP</mechanism>"
                    "<mechanism>HT-SHA-256-UNIQ</mechanism><mechanism>HT-SHA-256-NONE</mechanism>"
                    "</fast></inline></authentication>"));
  assert_true(holds(make_stream(false, {"x", "y", "z"}).header(),
                    "<fast xmlns='urn:xmpp:fast:0'>"
                    "<mechanism>HT-SHA-256-NONE</mechanism></fast>"));
  assert_false(holds(Stream(true, {"x", "y", "z"}).header(), "HT-"));
}

// A proof by a token that anybody could read is one that anybody could send.
void mechanisms_of_fast_are_as_little_offered_in_the_clear_as_passwords(void**) {
  NegotiationOptions options;
  options.fast = true;
  options.tls_required = false;
  assert_false(holds(Stream(false, {}, options).header(), "HT-"));
}

void token_is_given_in_exchange_for_a_login(void**) {
  Stream stream = make_stream();
  stream.header();
  stream.authenticate("PLAIN", kPlain, kAgent + wanted("HT-SHA-256-NONE"));
  assert_text_equal(stream.password(true),
                    "[authenticated romeo@example.net by PLAIN]"
                    "[issue romeo@example.net " +
                        kId + " HT-SHA-256-NONE]");
  assert_true(stream.negotiation->waiting());
  assert_true(stream.issued(kToken).starts_with(
      "<success xmlns='urn:xmpp:sasl:2'>"
      "<authorization-identifier>romeo@example.net</authorization-identifier>" +
      kGiven + "</success><stream:features><bind "));
}

void failed_login_gets_none(void**) {
  Stream stream = make_stream();
  stream.header();
  stream.authenticate("PLAIN", kPlain, kAgent + wanted("HT-SHA-256-NONE"));
  assert_text_equal(stream.password(false), failure("not-authorized") + "[failed romeo]");
}

void token_logs_in_binds_and_proves_the_server_in_one_step(void**) {
  Stream stream = make_stream(true, {"exporter", "", ""});
  stream.header();
  assert_text_equal(stream.authenticate("HT-SHA-256-EXPR", kProof,
                                        kAgent + "<bind xmlns='urn:xmpp:bind:0'/>"
                                                 "<fast xmlns='urn:xmpp:fast:0' count='7'/>"),
                    "[token of romeo@example.net " + kId + " HT-SHA-256-EXPR " + kHashed +
                        " bound to 'exporter' for the time 7]");
  assert_true(holds(stream.token(FastLogin{"answer"}), "by HT-SHA-256-EXPR][bind "));
  assert_true(holds(stream.bound(*Jid::parse("romeo@example.net/x")),
                    "<success xmlns='urn:xmpp:sasl:2'>"
                    "<additional-data>YW5zd2Vy</additional-data>"
                    "<authorization-identifier>romeo@example.net/x</authorization-identifier>"
                    "<bound xmlns='urn:xmpp:bind:0'/></success>"));
}

void token_that_is_due_is_replaced_unasked(void**) {
  Stream stream = make_stream();
  stream.header();
  stream.authenticate("HT-SHA-256-NONE", kProof, kAgent + kFast);
  assert_text_equal(stream.token(FastLogin{"answer", true}),
                    "[authenticated romeo@example.net by HT-SHA-256-NONE]"
                    "[issue romeo@example.net " +
                        kId + " HT-SHA-256-NONE]");
  assert_true(holds(stream.issued(kToken), kGiven));
}

void token_that_is_given_back_is_not_replaced_unless_asked_for(void**) {
  const std::string last = "<fast xmlns='urn:xmpp:fast:0' invalidate='true'/>";
  Stream stream = make_stream();
  stream.header();
  assert_true(holds(stream.authenticate("HT-SHA-256-NONE", kProof, kAgent + last), "the last]"));
  assert_true(holds(stream.token(FastLogin{"answer", true}), "<success "));
  Stream asking = make_stream();
  asking.header();
  asking.authenticate("HT-SHA-256-NONE", kProof, kAgent + last + wanted("HT-SHA-256-NONE"));
  assert_true(holds(asking.token(FastLogin{"answer", true}), "[issue "));
}

void wrong_token_is_not_authorized_and_an_old_one_has_expired(void**) {
  Stream stream = make_stream();
  stream.header();
  stream.authenticate("HT-SHA-256-NONE", kProof, kAgent + kFast);
  assert_text_equal(stream.token(make_error(Errc::kDenied, "no token")),
                    failure("not-authorized") + "[failed romeo]");
  stream.authenticate("HT-SHA-256-NONE", kProof, kAgent + kFast);
  assert_text_equal(stream.token(make_error(Errc::kTimeout, "expired")),
                    failure("credentials-expired") + "[failed romeo]");
  assert_text_equal(stream.authenticate("PLAIN", kPlain), "[password romeo@example.net secret]");
}

void malformed_proofs_are_refused(void**) {
  for (const std::string& proof :
       {""s, "romeo"s, "romeo" + kHashed, "romeo\0short"s, kProof + "x", "\0"s + kHashed,
        "ro\xFFmeo\0"s + kHashed, "romeo\0"s + "\0"s + kHashed}) {
    Stream stream = make_stream();
    stream.header();
    assert_text_equal(stream.authenticate("HT-SHA-256-NONE", proof, kAgent + kFast),
                      failure("malformed-request") + "[failed ]");
  }
}

void token_mechanism_and_fast_belong_together(void**) {
  struct Row {
    const char* mechanism;
    std::string more;
  };
  for (const Row& row : {Row{"HT-SHA-256-NONE", kAgent}, Row{"PLAIN", kAgent + kFast},
                         Row{"HT-SHA-256-EXPR", kAgent + kFast}, Row{"HT-SHA-512-NONE", kAgent}}) {
    Stream stream = make_stream();
    stream.header();
    assert_text_equal(stream.authenticate(row.mechanism, kProof, row.more),
                      failure("invalid-mechanism") + "[failed ]");
  }
  Stream older = make_stream();
  older.header();
  assert_text_equal(older.auth("HT-SHA-256-NONE", text::base64_encode(kProof)),
                    "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><invalid-mechanism/>"
                    "</failure>[failed ]");
}

void token_needs_an_agent_with_an_id(void**) {
  for (const std::string& agent : {""s, "<user-agent><software>x</software></user-agent>"s}) {
    for (const auto& [mechanism, more] :
         {std::pair{"HT-SHA-256-NONE", kFast}, std::pair{"PLAIN", wanted("HT-SHA-256-NONE")}}) {
      Stream stream = make_stream();
      stream.header();
      assert_text_equal(
          stream.authenticate(mechanism, kProof, agent + more),
          failure("malformed-request", "tokens are for a user-agent with an id") + "[failed ]");
    }
  }
}

void bad_attributes_are_malformed(void**) {
  struct Row {
    std::string element;
    const char* why;
  };
  for (const Row& row :
       {Row{"<fast xmlns='urn:xmpp:fast:0' count='0'/>", "the count is no positive number"},
        Row{"<fast xmlns='urn:xmpp:fast:0' count='-1'/>", "the count is no positive number"},
        Row{"<fast xmlns='urn:xmpp:fast:0' count='1x'/>", "the count is no positive number"},
        Row{"<fast xmlns='urn:xmpp:fast:0' count='99999999999'/>",
            "the count is no positive number"},
        Row{"<fast xmlns='urn:xmpp:fast:0' invalidate='yes'/>",
            "invalidate is neither true nor false"},
        Row{kFast + kFast, "an element that may be there once is twice"},
        Row{wanted("HT-SHA-256-NONE") + wanted("HT-SHA-256-NONE"),
            "an element that may be there once is twice"},
        Row{wanted("PLAIN"), "no token is for that mechanism"},
        Row{wanted(""), "no token is for that mechanism"}}) {
    Stream stream = make_stream();
    stream.header();
    assert_text_equal(stream.authenticate("HT-SHA-256-NONE", kProof, kAgent + row.element),
                      failure("malformed-request", row.why) + "[failed ]");
  }
}

void token_that_cannot_be_had_here_is_not_given(void**) {
  Stream stream = make_stream();
  stream.header();
  stream.authenticate("PLAIN", kPlain, kAgent + wanted("HT-SHA-256-EXPR"));
  assert_true(holds(stream.password(true), "<success "));
  Stream off;
  off.header();
  off.authenticate("PLAIN", kPlain, kAgent + wanted("HT-SHA-256-NONE"));
  assert_true(holds(off.password(true), "<success "));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(mechanisms_of_fast_stand_inline_and_nowhere_else),
      cmocka_unit_test(mechanisms_of_fast_are_as_little_offered_in_the_clear_as_passwords),
      cmocka_unit_test(token_is_given_in_exchange_for_a_login),
      cmocka_unit_test(failed_login_gets_none),
      cmocka_unit_test(token_logs_in_binds_and_proves_the_server_in_one_step),
      cmocka_unit_test(token_that_is_due_is_replaced_unasked),
      cmocka_unit_test(token_that_is_given_back_is_not_replaced_unless_asked_for),
      cmocka_unit_test(wrong_token_is_not_authorized_and_an_old_one_has_expired),
      cmocka_unit_test(malformed_proofs_are_refused),
      cmocka_unit_test(token_mechanism_and_fast_belong_together),
      cmocka_unit_test(token_needs_an_agent_with_an_id),
      cmocka_unit_test(bad_attributes_are_malformed),
      cmocka_unit_test(token_that_cannot_be_had_here_is_not_given),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
