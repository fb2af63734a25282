// SPDX-License-Identifier: MIT
#include <string>
#include <string_view>

#include "support/cmocka.h"
#include "unit/xmpp/stream.h"

using namespace rosterd;
using namespace rosterd::xmpp;
using namespace rosterd::xmpp::test;

namespace {

constexpr std::string_view kBind = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'";

void features_after_login_are_bind_session_and_versions(void**) {
  Stream stream;
  stream.header();
  stream.plain();
  stream.password(true);
  const std::string answer = stream.header();
  assert_true(answer.ends_with(
      "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><required/></bind>"
      "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session>"
      "<ver xmlns='urn:xmpp:features:rosterver'/></stream:features>"));
}

void nobody_goes_on_as_somebody_else(void**) {
  const auto restarted = [](const std::string& from) {
    Stream stream;
    stream.header();
    stream.plain();
    stream.password(true);
    return stream.header("to='example.net' version='1.0' from='" + from + "'");
  };
  for (const char* own : {"romeo@example.net", "ROMEO@example.net/x", "example.net", "localhost"}) {
    assert_true(holds(restarted(own), "<stream:features>"));
  }
  for (const char* other : {"juliet@example.net", "romeo@example.com", "@@", "example.net/x"}) {
    assert_text_equal(restarted(other), "[close invalid-from]");
  }
}

void nobody_goes_on_at_another_host(void**) {
  const auto restarted = [](const std::string& to) {
    Stream stream;
    stream.header("to='example.com' version='1.0'");
    stream.plain();
    stream.password(true);
    return stream.header(to + " version='1.0'");
  };
  assert_text_equal(restarted("to='example.net'"), "[close host-unknown]");
  assert_true(holds(restarted("to='example.com'"), " from='example.com'"));
  assert_true(holds(restarted(""), " from='example.com'"));
}

void resource_is_bound(void**) {
  Stream stream;
  stream.log_in();
  assert_text_equal(stream.send("<iq type='set' id='b&amp;1'>" + std::string(kBind) +
                                "><resource>orchard</resource></bind></iq>"),
                    "[bind orchard]");
  assert_true(stream.negotiation->waiting());
  assert_text_equal(stream.bound(*Jid::parse("romeo@example.net/or&chard")),
                    "<iq type='result' id='b&amp;1'>" + std::string(kBind) +
                        "><jid>romeo@example.net/or&amp;chard</jid></bind></iq>"
                        "[established romeo@example.net/or&chard]");
  assert_true(stream.negotiation->established());
  assert_false(stream.negotiation->waiting());
}

void resource_need_not_be_the_first_child(void**) {
  Stream stream;
  stream.log_in();
  assert_text_equal(stream.send("<iq type='set' id='1'>" + std::string(kBind) +
                                "><required/><resource>orchard</resource></bind></iq>"),
                    "[bind orchard]");
}

void resource_may_be_left_to_the_server(void**) {
  for (const char* content : {"/>", "></bind>", "><resource/></bind>", "><required/></bind>"}) {
    Stream stream;
    stream.log_in();
    assert_text_equal(
        stream.send("<iq type='set' id='1'>" + std::string(kBind) + content + "</iq>"), "[bind ]");
  }
}

void refused_bind_may_be_tried_again(void**) {
  Stream stream;
  stream.log_in();
  const std::string request = "<iq type='set' id='1'>" + std::string(kBind) + "/></iq>";
  struct Row {
    Errc why;
    const char* error;
  };
  for (const Row& row :
       {Row{Errc::kInvalid, "modify'><bad-request"}, Row{Errc::kConflict, "cancel'><conflict"},
        Row{Errc::kDenied, "cancel'><not-allowed"},
        Row{Errc::kTooLarge, "wait'><resource-constraint"},
        Row{Errc::kUnavailable, "wait'><resource-constraint"},
        Row{Errc::kInternal, "cancel'><internal-server-error"}}) {
    assert_text_equal(stream.send(request), "[bind ]");
    assert_text_equal(stream.bound(make_error(row.why, "why")),
                      "<iq type='error' id='1'><error type='" + std::string(row.error) +
                          " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
  }
  assert_text_equal(stream.send(request), "[bind ]");
}

void malformed_bind_is_a_bad_request(void**) {
  for (const char* iq : {"<iq type='get' id='1'>", "<iq type='set' id='1'><x xmlns='urn:x'/>"}) {
    Stream stream;
    stream.log_in();
    assert_text_equal(stream.send(iq + std::string(kBind) + "/></iq>"),
                      "<iq type='error' id='1' to='romeo@example.net'><error type='modify'>"
                      "<bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
    assert_text_equal(stream.send("<iq type='set' id='2'>" + std::string(kBind) + "/></iq>"),
                      "[bind ]");
  }
  Stream stream;
  stream.log_in();
  assert_true(
      holds(stream.send("<iq type='set'>" + std::string(kBind) + "/></iq>"), "<bad-request "));
}

void stanza_before_bind_is_not_authorized(void**) {
  for (const std::string& stanza :
       {std::string("<message to='juliet@example.net'/>"), std::string("<presence/>"),
        std::string("<iq type='set' id='1'/>"),
        "<iq type='result' id='1'>" + std::string(kBind) + "/></iq>",
        "<message type='set' id='1'>" + std::string(kBind) + "/></message>"}) {
    Stream stream;
    stream.log_in();
    assert_text_equal(stream.send(stanza), "[close not-authorized]");
  }
}

void login_is_not_repeated(void**) {
  Stream stream;
  stream.log_in();
  assert_text_equal(stream.plain(), "[close unsupported-stanza-type]");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(features_after_login_are_bind_session_and_versions),
      cmocka_unit_test(nobody_goes_on_as_somebody_else),
      cmocka_unit_test(nobody_goes_on_at_another_host),
      cmocka_unit_test(resource_is_bound),
      cmocka_unit_test(resource_need_not_be_the_first_child),
      cmocka_unit_test(resource_may_be_left_to_the_server),
      cmocka_unit_test(refused_bind_may_be_tried_again),
      cmocka_unit_test(malformed_bind_is_a_bad_request),
      cmocka_unit_test(stanza_before_bind_is_not_authorized),
      cmocka_unit_test(login_is_not_repeated),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
