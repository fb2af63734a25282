// SPDX-License-Identifier: MIT
#include <string>
#include <string_view>

#include "support/cmocka.h"
#include "unit/xmpp/stream.h"

using namespace rosterd;
using namespace rosterd::xmpp;
using namespace rosterd::xmpp::test;

namespace {

// `text` with the value of each id='…' as '*', so that it can be compared.
std::string without_id(std::string text) {
  const std::size_t at = text.find(" id='");
  if (at == std::string::npos) return text;
  return text.replace(at + 5, text.find('\'', at + 5) - at - 5, "*");
}

void header_is_answered_in_the_name_of_the_host(void**) {
  Stream stream;
  assert_false(stream.negotiation->header_sent());
  const std::string answer =
      stream.header("to='Example.COM' from='Romeo@example.com/x' version='1.0' xml:lang='de-CH'");
  assert_true(without_id(answer).starts_with(
      "<?xml version='1.0'?><stream:stream xmlns='jabber:client'"
      " xmlns:stream='http://etherx.jabber.org/streams' id='*' from='example.com'"
      " to='romeo@example.com' version='1.0' xml:lang='de-CH'><stream:features>"));
  assert_true(stream.negotiation->header_sent());
  assert_text_equal(stream.negotiation->host(), "example.com");
  assert_text_equal(stream.negotiation->stream_lang(), "de-CH");
}

void header_that_names_no_host_means_the_first(void**) {
  Stream stream;
  const std::string answer = stream.header("version='1.0'");
  assert_true(holds(answer, " from='example.net' version='1.0' xml:lang='en'>"));
  assert_text_equal(stream.negotiation->stream_lang(), "");
}

void stream_ids_are_long_and_new(void**) {
  const auto id = [] {
    const std::string answer = Stream().header();
    const std::size_t at = answer.find(" id='") + 5;
    return answer.substr(at, answer.find('\'', at) - at);
  };
  const std::string one = id();
  assert_true(one.size() >= 144 / 6);
  assert_true(one != id());
}

void header_in_a_wrong_namespace_is_refused(void**) {
  const auto answer = [](const std::string& bytes) { return Stream().raw_header(bytes); };
  assert_text_equal(answer("<stream:stream xmlns='jabber:client' xmlns:stream='urn:x' "
                           "to='example.net' version='1.0'>"),
                    "[close invalid-namespace]");
  assert_text_equal(answer("<html>"), "[close invalid-namespace]");
  assert_text_equal(answer("<stream:stream xmlns='jabber:server' "
                           "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"),
                    "[close invalid-namespace]");
  assert_text_equal(
      answer("<stream:stream xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"),
      "[close invalid-namespace]");
  assert_text_equal(answer("<stream:features " + std::string(kStreamNs) + " version='1.0'>"),
                    "[close bad-format]");
}

void prefix_of_the_stream_is_the_clients_choice(void**) {
  assert_true(holds(Stream().raw_header("<s:stream xmlns='jabber:client' version='1.0' "
                                        "xmlns:s='http://etherx.jabber.org/streams'>"),
                    "<stream:features>"));
  assert_text_equal(
      Stream().raw_header("<stream xmlns='http://etherx.jabber.org/streams' version='1.0'>"),
      "[close bad-namespace-prefix]");
}

void version_is_at_least_one(void**) {
  for (const char* version : {"", "0.9", "0", "1", "1.", ".0", "x", "1.x", "-1.0", "1.0 ", "01x.0",
                              "99999999999999999999.0"}) {
    assert_text_equal(Stream().header("version='" + std::string(version) + "'"),
                      "[close unsupported-version]");
  }
  assert_text_equal(Stream().header("to='example.net'"), "[close unsupported-version]");
  for (const char* version : {"1.0", "1.1", "2.0", "10.5", "01.00"}) {
    assert_true(holds(Stream().header("version='" + std::string(version) + "'"), "version='1.0'"));
  }
}

void host_that_is_not_served_is_unknown(void**) {
  for (const char* to : {"example.org", "romeo@example.net", "example.net/x", "a b", "@", "[::1]",
                         "net", "\xC3\xA9"}) {
    assert_text_equal(Stream().header("version='1.0' to='" + std::string(to) + "'"),
                      "[close host-unknown]");
  }
  assert_true(holds(Stream().header("version='1.0' to='example.net.'"), "from='example.net'"));
}

void namespace_is_looked_at_before_version_and_host(void**) {
  assert_text_equal(Stream().raw_header("<stream:stream xmlns='jabber:client' xmlns:stream='urn:x' "
                                        "to='example.org' version='0.1'>"),
                    "[close invalid-namespace]");
  assert_text_equal(Stream().header("to='example.org' version='0.1'"),
                    "[close unsupported-version]");
}

void from_means_nothing_before_login(void**) {
  // sendxmpp sends from='localhost'.
  assert_true(holds(Stream().header("version='1.0' from='localhost'"), " to='localhost' "));
  const std::string answer = Stream().header("version='1.0' from='@@'");
  assert_true(holds(answer, "<stream:features>"));
  assert_false(holds(answer, " to="));
}

void language_that_is_none_is_not_repeated(void**) {
  for (const std::string& lang :
       {std::string("a b"), std::string("&apos;&gt;"), std::string("x_y"), std::string(36, 'a')}) {
    Stream stream;
    assert_true(holds(stream.header("version='1.0' xml:lang='" + lang + "'"), " xml:lang='en'"));
    assert_text_equal(stream.negotiation->stream_lang(), "");
  }
}

void error_before_the_header_can_be_given_one(void**) {
  Stream stream;
  assert_true(holds(stream.negotiation->make_header(), "from='example.net' version='1.0'"));
  stream.header("to='example.org' version='1.0'");
  assert_false(stream.negotiation->header_sent());
}

void second_header_is_refused(void**) {
  Stream stream;
  stream.header();
  assert_text_equal(stream.header(), "[close bad-format]");
}

void websocket_stream_is_opened_by_its_own_element(void**) {
  Stream stream(true, {}, {}, StreamFraming::kWebSocket);
  const std::string answer = without_id(stream.header());
  assert_true(
      answer.starts_with("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' id='*' "
                         "from='example.net' version='1.0' xml:lang='en'/>"
                         "<stream:features "
                         "xmlns:stream='http://etherx.jabber.org/streams'>"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(header_is_answered_in_the_name_of_the_host),
      cmocka_unit_test(header_that_names_no_host_means_the_first),
      cmocka_unit_test(stream_ids_are_long_and_new),
      cmocka_unit_test(header_in_a_wrong_namespace_is_refused),
      cmocka_unit_test(prefix_of_the_stream_is_the_clients_choice),
      cmocka_unit_test(version_is_at_least_one),
      cmocka_unit_test(host_that_is_not_served_is_unknown),
      cmocka_unit_test(namespace_is_looked_at_before_version_and_host),
      cmocka_unit_test(from_means_nothing_before_login),
      cmocka_unit_test(language_that_is_none_is_not_repeated),
      cmocka_unit_test(error_before_the_header_can_be_given_one),
      cmocka_unit_test(second_header_is_refused),
      cmocka_unit_test(websocket_stream_is_opened_by_its_own_element),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
