// SPDX-License-Identifier: MIT
#include "xmpp/plain.h"

#include <string>
#include <string_view>
#include <variant>

#include "support/cmocka.h"

using namespace rosterd;
using namespace rosterd::xmpp;

namespace {

// `message` with '|' for NUL.
std::string with_nuls(std::string message) {
  for (char& c : message) {
    if (c == '|') c = '\0';
  }
  return message;
}

SaslStep sent(const std::string& message) {
  return start_plain("example.net")->on_message(with_nuls(message));
}

// The name and password that are asked about, or the failure.
std::string outcome(const SaslStep& step) {
  if (const auto* question = std::get_if<SaslNeedPassword>(&step)) {
    return question->username + " " + question->password;
  }
  if (const auto* failure = std::get_if<SaslFail>(&step)) {
    return std::string(to_string(failure->failure));
  }
  return "other";
}

void name_and_password_are_handed_on(void**) {
  assert_text_equal(outcome(sent("|romeo|secret")), "romeo secret");
  assert_text_equal(outcome(sent("|zoë|pässwörd ")), "zoë pässwörd ");
  assert_text_equal(outcome(sent("|I\u00ADX|\u2168")), "IX \u2168");
}

void message_has_exactly_two_nuls(void**) {
  for (const char* message : {"", "|", "romeo", "romeo|secret", "||", "||secret", "|romeo|",
                              "|romeo|secret|", "|romeo|sec|ret", "|||", "romeo||"}) {
    assert_text_equal(outcome(sent(message)), "malformed-request");
  }
}

void message_is_utf8(void**) {
  for (const char* message : {"|romeo|\xFF", "|\xC3|secret", "\xED\xA0\x80|romeo|secret"}) {
    assert_text_equal(outcome(sent(message)), "malformed-request");
  }
  assert_text_equal(outcome(sent("|ro\x07meo|secret")), "malformed-request");
}

void user_may_act_as_nobody_else(void**) {
  for (const char* own : {"romeo", "romeo@example.net", "Romeo@Example.Net"}) {
    assert_text_equal(outcome(sent(std::string(own) + "|romeo|secret")), "romeo secret");
  }
  for (const char* other : {"juliet", "juliet@example.net", "romeo@example.com", "example.net"}) {
    assert_text_equal(outcome(sent(std::string(other) + "|romeo|secret")), "invalid-authzid");
  }
}

void password_decides(void**) {
  for (const bool right : {true, false}) {
    const auto exchange = SaslExchange::start(Mechanism::kPlain, {"example.net", {}});
    assert_text_equal(outcome(exchange->on_message(with_nuls("|romeo|secret"))), "romeo secret");
    Result<std::string> answer = "romeo";
    if (!right) answer = make_error(Errc::kDenied, "wrong password");
    const SaslStep step = exchange->on_login(answer);
    assert_true(std::holds_alternative<SaslSuccess>(step) == right);
    if (right) {
      assert_text_equal(std::get<SaslSuccess>(step).username, "romeo");
      assert_text_equal(std::get<SaslSuccess>(step).message, "");
    } else {
      assert_text_equal(outcome(step), "not-authorized");
    }
  }
}

void messages_out_of_order_are_malformed(void**) {
  assert_text_equal(outcome(start_plain("example.net")->on_login("romeo")), "malformed-request");
  assert_text_equal(outcome(start_plain("example.net")->on_keys({})), "malformed-request");
  const auto exchange = start_plain("example.net");
  assert_text_equal(outcome(exchange->on_message(with_nuls("|romeo|secret"))), "romeo secret");
  assert_text_equal(outcome(exchange->on_message(with_nuls("|romeo|secret"))), "malformed-request");
  assert_text_equal(outcome(exchange->on_login("romeo")), "malformed-request");
}

void failed_exchange_stays_failed(void**) {
  const auto exchange = start_plain("example.net");
  assert_text_equal(outcome(exchange->on_message("x")), "malformed-request");
  assert_text_equal(outcome(exchange->on_message(with_nuls("|romeo|secret"))), "malformed-request");
  assert_text_equal(outcome(exchange->on_login("romeo")), "malformed-request");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(name_and_password_are_handed_on),
      cmocka_unit_test(message_has_exactly_two_nuls),
      cmocka_unit_test(message_is_utf8),
      cmocka_unit_test(user_may_act_as_nobody_else),
      cmocka_unit_test(password_decides),
      cmocka_unit_test(messages_out_of_order_are_malformed),
      cmocka_unit_test(failed_exchange_stays_failed),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
