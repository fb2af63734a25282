// SPDX-License-Identifier: MIT
#include "c2s/bosh_body.h"

#include "support/cmocka.h"

using namespace rosterd;
using namespace rosterd::c2s;

namespace {

constexpr xml::FramerLimits kLimits{.stanza_bytes = 400, .depth = 5, .attributes = 16};
constexpr std::string_view kNs = "xmlns='http://jabber.org/protocol/httpbind'";

std::string body(std::string_view attributes, std::string_view content = "") {
  return "<body " + std::string(kNs) + std::string(attributes) + ">" + std::string(content) +
         "</body>";
}

BoshRequest parse(std::string_view bytes) {
  static xml::Parser parser;
  auto request = parse_bosh_body(parser, bytes, kLimits);
  assert_true(request.has_value());
  return std::move(*request);
}

void assert_refused(std::string_view bytes, std::string_view why, Errc code = Errc::kInvalid) {
  static xml::Parser parser;
  const auto request = parse_bosh_body(parser, bytes, kLimits);
  assert_false(request.has_value());
  assert_text_equal(request.error().text, why);
  assert_true(request.error().code == code);
}

void attributes_of_an_opening_are_read(void**) {
  const BoshRequest request = parse(
      body(" rid='1573741820' to='example.com' from='user@example.com' ver='1.6' wait='60' hold='1'"
           " ack='1' content='text/html' newkey='ca39' xml:lang='en' xmpp:version='1.0'"
           " xmlns:xmpp='urn:xmpp:xbosh'"));
  assert_int_equal(request.rid, 1573741820);
  assert_text_equal(request.sid, "");
  assert_text_equal(request.to, "example.com");
  assert_text_equal(request.from, "user@example.com");
  assert_text_equal(request.ver, "1.6");
  assert_text_equal(request.content, "text/html");
  assert_text_equal(request.newkey, "ca39");
  assert_text_equal(request.lang, "en");
  assert_text_equal(request.version, "1.0");
  assert_true(request.wait == 60 && request.hold == 1 && request.ack == 1 && !request.pause);
  assert_false(request.terminate || request.restart);
}

void attributes_of_a_request_are_read(void**) {
  const BoshRequest request =
      parse(body(" rid='2' sid='SomeSID' key='bfb0' pause='60' type='terminate' x:restart='true'"
                 " xmlns:x='urn:xmpp:xbosh'"));
  assert_text_equal(request.sid, "SomeSID");
  assert_text_equal(request.key, "bfb0");
  assert_true(request.pause == 60 && request.terminate && request.restart);
}

void restart_is_a_boolean_of_its_own_namespace(void**) {
  assert_true(parse(body(" rid='2' x:restart='1' xmlns:x='urn:xmpp:xbosh'")).restart);
  assert_false(parse(body(" rid='2' x:restart='false' xmlns:x='urn:xmpp:xbosh'")).restart);
  assert_false(parse(body(" rid='2' restart='true'")).restart);
}

void payloads_stand_for_themselves(void**) {
  const BoshRequest request =
      parse(body(" rid='2' xmlns:p='urn:p'",
                 "\n <message xmlns='jabber:client' to='a'><body>x &amp; y</body></message>"
                 "<auth xmlns='urn:s'>eA==</auth><p:e p:a='1'/> "));
  assert_int_equal(request.payloads.size(), 3);
  assert_text_equal(request.payloads[0], "<message to='a'><body>x &amp; y</body></message>");
  assert_text_equal(request.payloads[1], "<auth xmlns='urn:s'>eA==</auth>");
  assert_text_equal(request.payloads[2], "<e xmlns='urn:p' xmlns:n0='urn:p' n0:a='1'/>");
}

void stanza_without_a_namespace_is_in_the_streams(void**) {
  const BoshRequest request =
      parse(body(" rid='2'", "<iq id='1'><query xmlns='jabber:iq:roster'><item/></query></iq>"));
  assert_text_equal(request.payloads[0],
                    "<iq id='1'><query xmlns='jabber:iq:roster'><item/></query></iq>");
}

void giant_numbers_are_numbers(void**) {
  const BoshRequest request =
      parse(body(" rid='9007199254740991' hold='99999999999999999999999999999999' "
                 "wait='18446744073709551616'"));
  assert_true(request.rid == kHighestRid);
  assert_true(request.hold == kHighestRid + 1 && request.wait == kHighestRid + 1);
}

void what_is_no_rid_is_refused(void**) {
  for (const char* rid :
       {"", " rid=''", " rid='0'", " rid='-1'", " rid='1.5'", " rid=' 1'", " rid='abc'",
        " rid='9007199254740992'", " rid='99999999999999999999999999999'"}) {
    assert_refused(body(rid), "not a rid");
  }
}

void what_is_no_number_is_refused(void**) {
  for (const char* number : {" hold='-1'", " wait=''", " wait='1e3'", " pause='x'", " ack='0x1'"}) {
    assert_refused(body(" rid='1'" + std::string(number)), "not a number");
  }
}

void what_is_not_one_body_is_refused(void**) {
  assert_refused("", "not one whole element");
  assert_refused("<body", "not one whole element");
  assert_refused(body(" rid='1'") + body(" rid='2'"), "not one whole element");
  assert_refused("<body rid='1'/>", "not a body of BOSH");
  assert_refused("<body rid='1' xmlns='jabber:client'/>", "not a body of BOSH");
  assert_refused("<iq rid='1' " + std::string(kNs) + "/>", "not a body of BOSH");
  assert_refused(body(" rid='1'", "hello"), "text in the body");
}

void restricted_xml_is_refused(void**) {
  for (const char* content : {"<!-- comment -->", "<?pi?>", "<!DOCTYPE a>"}) {
    static xml::Parser parser;
    assert_false(parse_bosh_body(parser, body(" rid='1'", content), kLimits).has_value());
    assert_false(parse_bosh_body(parser, content + body(" rid='1'"), kLimits).has_value());
  }
  assert_refused(body(" rid='1'", "<a>&bad;</a>"), "Entity 'bad' not defined");
}

void limits_are_those_of_the_whole_body(void**) {
  assert_refused(body(" rid='1'", "<a>" + std::string(400, 'a') + "</a>"), "too many bytes",
                 Errc::kTooLarge);
  parse(body(" rid='1'", "<a><a><a><a/></a></a></a>"));
  assert_refused(body(" rid='1'", "<a><a><a><a><a/></a></a></a></a>"), "too deeply nested",
                 Errc::kTooLarge);
}

void bodies_are_written_with_what_they_need(void**) {
  const std::string start = "<body " + std::string(kNs);
  assert_text_equal(make_bosh_body("", ""), start + "/>");
  assert_text_equal(make_bosh_body(" ack='1'", "<a/>"), start + " ack='1'><a/></body>");
  assert_text_equal(
      make_bosh_body("", "<stream:features/>"),
      start + " xmlns:stream='http://etherx.jabber.org/streams'><stream:features/></body>");
  assert_text_equal(make_bosh_terminate(BoshCondition::kNone), start + " type='terminate'/>");
  assert_text_equal(make_bosh_terminate(BoshCondition::kItemNotFound),
                    start + " type='terminate' condition='item-not-found'/>");
  assert_text_equal(make_bosh_terminate(BoshCondition::kNone, "<a/>"),
                    start + " type='terminate'><a/></body>");
}

void old_clients_are_told_by_status(void**) {
  assert_int_equal(legacy_status(BoshCondition::kBadRequest), 400);
  assert_int_equal(legacy_status(BoshCondition::kPolicyViolation), 403);
  assert_int_equal(legacy_status(BoshCondition::kItemNotFound), 404);
  assert_int_equal(legacy_status(BoshCondition::kSystemShutdown), 200);
}

void lower_version_counts(void**) {
  assert_text_equal(choose_bosh_version("1.6"), "1.6");
  assert_text_equal(choose_bosh_version("1.11"), "1.11");
  assert_text_equal(choose_bosh_version("1.12"), "1.11");
  assert_text_equal(choose_bosh_version("2.0"), "1.11");
  for (const char* none : {"", "1", "1.", ".6", "1.6.1", "one.six", "1 .6"}) {
    assert_text_equal(choose_bosh_version(none), "");
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(attributes_of_an_opening_are_read),
      cmocka_unit_test(attributes_of_a_request_are_read),
      cmocka_unit_test(restart_is_a_boolean_of_its_own_namespace),
      cmocka_unit_test(payloads_stand_for_themselves),
      cmocka_unit_test(stanza_without_a_namespace_is_in_the_streams),
      cmocka_unit_test(giant_numbers_are_numbers),
      cmocka_unit_test(what_is_no_rid_is_refused),
      cmocka_unit_test(what_is_no_number_is_refused),
      cmocka_unit_test(what_is_not_one_body_is_refused),
      cmocka_unit_test(restricted_xml_is_refused),
      cmocka_unit_test(limits_are_those_of_the_whole_body),
      cmocka_unit_test(bodies_are_written_with_what_they_need),
      cmocka_unit_test(old_clients_are_told_by_status),
      cmocka_unit_test(lower_version_counts),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
