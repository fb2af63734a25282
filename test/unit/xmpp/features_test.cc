// SPDX-License-Identifier: MIT
#include <string>
#include <string_view>

#include "support/cmocka.h"
#include "unit/xmpp/stream.h"

using namespace rosterd;
using namespace rosterd::xmpp;
using namespace rosterd::xmpp::test;

namespace {

void nothing_but_starttls_is_offered_where_tls_is_required(void**) {
  const std::string answer = Stream(false).header();
  assert_true(
      answer.ends_with("<stream:features>"
                       "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/>"
                       "</starttls></stream:features>"));
}

void plus_is_offered_with_its_bindings(void**) {
  const std::string answer = Stream(true, {"x", "y", "z"}).header();
  assert_true(answer.ends_with(
      "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
      "<mechanism>SCRAM-SHA-256-PLUS</mechanism><mechanism>SCRAM-SHA-1-PLUS</mechanism>"
      "<mechanism>SCRAM-SHA-256</mechanism><mechanism>SCRAM-SHA-1</mechanism>"
      "<mechanism>PLAIN</mechanism></mechanisms>"
      "<authentication xmlns='urn:xmpp:sasl:2'>"
      "<mechanism>SCRAM-SHA-256-PLUS</mechanism><mechanism>SCRAM-SHA-1-PLUS</mechanism>"
      "<mechanism>SCRAM-SHA-256</mechanism><mechanism>SCRAM-SHA-1</mechanism>"
      "<mechanism>PLAIN</mechanism><inline><bind xmlns='urn:xmpp:bind:0'/></inline>"
      "</authentication><sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'>"
      "<channel-binding type='tls-exporter'/><channel-binding type='tls-server-end-point'/>"
      "</sasl-channel-binding></stream:features>"));
}

void tls_unique_is_named_only_where_there_is_nothing_newer(void**) {
  assert_true(holds(Stream(true, {"", "", "z"}).header(),
                    "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'>"
                    "<channel-binding type='tls-unique'/></sasl-channel-binding>"));
}

void plus_is_not_offered_without_bindings(void**) {
  const std::string answer = Stream().header();
  assert_false(holds(answer, "PLUS"));
  assert_false(holds(answer, "urn:xmpp:sasl-cb:0"));
  assert_false(holds(answer, "starttls"));
}

void optional_tls_offers_scram_in_the_clear_but_no_plain(void**) {
  NegotiationOptions options;
  options.tls_required = false;
  const std::string answer = Stream(false, {"x", "y", "z"}, options).header();
  assert_true(
      answer.ends_with("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
                       "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
                       "<mechanism>SCRAM-SHA-256</mechanism>"
                       "<mechanism>SCRAM-SHA-1</mechanism></mechanisms>"
                       "<authentication xmlns='urn:xmpp:sasl:2'>"
                       "<mechanism>SCRAM-SHA-256</mechanism><mechanism>SCRAM-SHA-1</mechanism>"
                       "<inline><bind xmlns='urn:xmpp:bind:0'/></inline></authentication>"
                       "</stream:features>"));
  options.plain_without_tls = true;
  options.tls_available = false;
  const std::string open = Stream(false, {}, options).header();
  assert_true(holds(open, "<mechanism>PLAIN</mechanism>"));
  assert_false(holds(open, "starttls"));
}

void no_empty_list_of_mechanisms_is_written(void**) {
  NegotiationOptions options;
  options.tls_required = false;
  options.mechanisms = {Mechanism::kPlain};
  const std::string answer = Stream(false, {}, options).header();
  assert_false(holds(answer, "mechanisms"));
  assert_false(holds(answer, "urn:xmpp:sasl:2"));
}

void stream_begins_anew_inside_tls(void**) {
  Stream stream(false);
  stream.header("to='example.com' from='romeo@example.com' version='1.0' xml:lang='de'");
  assert_text_equal(stream.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
                    "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>[tls]");
  assert_true(stream.negotiation->waiting());
  assert_text_equal(stream.tls({"x", "", ""}), "");
  assert_false(stream.negotiation->waiting());
  // Nothing that was said in the clear is remembered, not even in the header of an error.
  assert_false(stream.negotiation->header_sent());
  assert_text_equal(stream.negotiation->host(), "");
  const std::string own = stream.negotiation->make_header();
  assert_true(holds(own, " from='example.net' version='1.0' xml:lang='en'>"));
  const std::string answer = stream.header("version='1.0'");
  assert_true(holds(answer, " from='example.net' version"));
  assert_true(holds(answer, "SCRAM-SHA-256-PLUS"));
  assert_false(holds(answer, "starttls"));
}

void starttls_that_is_not_offered_ends_the_stream(void**) {
  const std::string refused = "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>[end]";
  Stream secure;
  secure.header();
  assert_text_equal(secure.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"), refused);
  NegotiationOptions options;
  options.tls_available = false;
  options.tls_required = false;
  Stream clear(false, {}, options);
  clear.header();
  assert_text_equal(clear.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"), refused);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(nothing_but_starttls_is_offered_where_tls_is_required),
      cmocka_unit_test(plus_is_offered_with_its_bindings),
      cmocka_unit_test(tls_unique_is_named_only_where_there_is_nothing_newer),
      cmocka_unit_test(plus_is_not_offered_without_bindings),
      cmocka_unit_test(optional_tls_offers_scram_in_the_clear_but_no_plain),
      cmocka_unit_test(no_empty_list_of_mechanisms_is_written),
      cmocka_unit_test(stream_begins_anew_inside_tls),
      cmocka_unit_test(starttls_that_is_not_offered_ends_the_stream),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
