// SPDX-License-Identifier: MIT
#include "xmpp/errors.h"

#include <string>
#include <string_view>

#include "support/cmocka.h"
#include "xml/parser.h"

using namespace rosterd;
using namespace rosterd::xmpp;

namespace {

std::string stream_error(StreamCondition condition, std::string_view text, bool declare = false) {
  std::string out;
  write_stream_error(out, condition, text, declare);
  return out;
}

// The error reply to `stanza`, "" when none was written.
std::string reply(std::string_view stanza, StanzaCondition condition, std::string_view text = {},
                  std::string_view from = {}, std::string_view to = {}) {
  xml::Parser parser;
  const auto element = parser.parse_stanza(stanza);
  assert_true(element.has_value());
  std::string out;
  const bool wrote = write_stanza_error(out, *element, condition, text, from, to);
  assert_int_equal(wrote, !out.empty());
  return out;
}

void stream_error_names_its_condition(void**) {
  assert_text_equal(stream_error(StreamCondition::kHostUnknown, ""),
                    "<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
                    "</stream:error>");
  assert_text_equal(to_string(StreamCondition::kUnsupportedVersion), "unsupported-version");
  assert_text_equal(to_string(StreamCondition::kBadFormat), "bad-format");
}

void stream_error_text_is_escaped(void**) {
  assert_text_equal(stream_error(StreamCondition::kConflict, "<&>"),
                    "<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
                    "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>"
                    "&lt;&amp;&gt;</text></stream:error>");
}

void stream_error_declares_its_prefix_where_no_header_does(void**) {
  assert_text_equal(stream_error(StreamCondition::kReset, "", true),
                    "<stream:error xmlns:stream='http://etherx.jabber.org/streams'>"
                    "<reset xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>");
}

void every_frame_error_has_a_stream_condition(void**) {
  using xml::FrameError;
  assert_true(to_stream_condition(FrameError::kNone) == StreamCondition::kNone);
  assert_true(to_stream_condition(FrameError::kNotWellFormed) == StreamCondition::kNotWellFormed);
  assert_true(to_stream_condition(FrameError::kRestrictedXml) == StreamCondition::kRestrictedXml);
  assert_true(to_stream_condition(FrameError::kBadFormat) == StreamCondition::kBadFormat);
  assert_true(to_stream_condition(FrameError::kStanzaTooBig) == StreamCondition::kPolicyViolation);
  assert_true(to_stream_condition(FrameError::kUnsupportedEncoding) ==
              StreamCondition::kUnsupportedEncoding);
}

void conditions_have_the_type_of_the_rfc(void**) {
  assert_text_equal(error_type(StanzaCondition::kBadRequest), "modify");
  assert_text_equal(error_type(StanzaCondition::kForbidden), "auth");
  assert_text_equal(error_type(StanzaCondition::kRemoteServerTimeout), "wait");
  assert_text_equal(error_type(StanzaCondition::kServiceUnavailable), "cancel");
  assert_text_equal(to_string(StanzaCondition::kUnexpectedRequest), "unexpected-request");
}

void error_reply_swaps_the_addresses_and_keeps_the_id(void**) {
  assert_text_equal(
      reply("<iq type='get' id='1' from='a@b/c' to='d@e' xml:lang='de'><q xmlns='urn:q'/></iq>",
            StanzaCondition::kServiceUnavailable),
      "<iq type='error' id='1' from='d@e' to='a@b/c' xml:lang='de'><error type='cancel'>"
      "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
}

void error_reply_may_name_other_addresses_and_a_text(void**) {
  assert_text_equal(
      reply("<message to='d@e' id=''/>", StanzaCondition::kJidMalformed, "no <JID>", "b", "a@b/c"),
      "<message type='error' id='' from='b' to='a@b/c'><error type='modify'>"
      "<jid-malformed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
      "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>no &lt;JID&gt;</text>"
      "</error></message>");
}

void errors_and_results_are_never_answered(void**) {
  assert_text_equal(reply("<message type='error' to='a'/>", StanzaCondition::kBadRequest), "");
  assert_text_equal(reply("<iq type='error' id='1'/>", StanzaCondition::kBadRequest), "");
  assert_text_equal(reply("<iq type='result' id='1'/>", StanzaCondition::kBadRequest), "");
  // "result" means nothing on a message.
  assert_true(reply("<message type='result'/>", StanzaCondition::kBadRequest) != "");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(stream_error_names_its_condition),
      cmocka_unit_test(stream_error_text_is_escaped),
      cmocka_unit_test(stream_error_declares_its_prefix_where_no_header_does),
      cmocka_unit_test(every_frame_error_has_a_stream_condition),
      cmocka_unit_test(conditions_have_the_type_of_the_rfc),
      cmocka_unit_test(error_reply_swaps_the_addresses_and_keeps_the_id),
      cmocka_unit_test(error_reply_may_name_other_addresses_and_a_text),
      cmocka_unit_test(errors_and_results_are_never_answered),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
