// SPDX-License-Identifier: MIT
#include "app/program_protocol.h"

#include "support/cmocka.h"

namespace rosterd::app {
namespace {

using std::string_view_literals::operator""sv;
using enum ProgramProtocol;

std::string write(ProgramProtocol protocol, std::string_view password,
                  std::string_view user = "john@example.com") {
  const auto question = write_program_question(protocol, *xmpp::Jid::parse(user), password);
  return question ? *question : to_string(question.error().code);
}

// "yes", "no", "more" or "nonsense".
std::string read(ProgramAnswers& answers, std::string_view bytes) {
  const auto answer = answers.take(bytes);
  if (!answer) return "nonsense";
  if (!*answer) return "more";
  return **answer ? "yes" : "no";
}
std::string read(ProgramProtocol protocol, std::string_view bytes) {
  ProgramAnswers answers(protocol);
  return read(answers, bytes);
}

void questions_are_those_of_ejabberd(void**) {
  assert_text_equal(write(kEjabberd, "secr"),
                    "\0\x1A"
                    "auth:john:example.com:secr"sv);
  assert_text_equal(write(kEjabberd, "a:b\nc"),
                    "\0\x1B"
                    "auth:john:example.com:a:b\nc"sv);
  assert_text_equal(write(kEjabberd, ""),
                    "\0\x16"
                    "auth:john:example.com:"sv);
}

void long_question_has_its_size_in_two_bytes_or_is_refused(void**) {
  const std::string longest(0xFFFF - 22, 'x');
  assert_text_equal(write(kEjabberd, longest),
                    "\xFF\xFF"
                    "auth:john:example.com:" +
                        longest);
  assert_text_equal(write(kEjabberd, longest + 'x'), "denied");
}

void generic_questions_are_lines(void**) {
  assert_text_equal(write(kGeneric, "se:cr"), "auth:john:example.com:se:cr\n");
  for (const std::string_view password : {"a\nb"sv, "\n"sv, "a\r"sv, "a\0b"sv}) {
    assert_text_equal(write(kGeneric, password), "denied");
  }
}

void questions_for_a_user_have_no_password(void**) {
  const xmpp::Jid john = *xmpp::Jid::parse("john@example.com/phone");
  assert_text_equal(write_user_question(kEjabberd, john),
                    "\0\x17"
                    "isuser:john:example.com"sv);
  assert_text_equal(write_user_question(kGeneric, john), "isuser:john:example.com\n");
}

void answers_of_ejabberd_come_whole_or_in_pieces(void**) {
  assert_text_equal(read(kEjabberd, "\0\2\0\1"sv), "yes");
  assert_text_equal(read(kEjabberd, "\0\2\0\0"sv), "no");
  ProgramAnswers answers(kEjabberd);
  for (int round = 0; round < 2; ++round) {
    assert_text_equal(read(answers, "\0"sv), "more");
    assert_text_equal(read(answers, "\2\0"sv), "more");
    assert_text_equal(read(answers, "\1"sv), "yes");
  }
}

void what_ejabberds_programs_do_not_say_is_nonsense(void**) {
  for (const std::string_view bytes :
       {"1"sv, "\0\1\1"sv, "\0\2\1\0"sv, "\0\2\0\2"sv, "\0\4\0\0\0\1"sv, "\0\2\0\1\0"sv,
        "\0\2\0\1\0\2\0\1"sv, "Hello\n"sv}) {
    assert_text_equal(read(kEjabberd, bytes), "nonsense");
  }
}

void generic_answers_are_lines(void**) {
  assert_text_equal(read(kGeneric, "1\n"), "yes");
  assert_text_equal(read(kGeneric, "0\n"), "no");
  assert_text_equal(read(kGeneric, "1\r\n"), "yes");
  ProgramAnswers answers(kGeneric);
  assert_text_equal(read(answers, "0"), "more");
  assert_text_equal(read(answers, "\n"), "no");
  assert_text_equal(read(answers, "1\n"), "yes");
}

void what_generic_programs_do_not_say_is_nonsense(void**) {
  for (const std::string_view bytes : {"\n"sv, "2\n"sv, "1 \n"sv, "true\n"sv, "1\n1\n"sv, "1\n0"sv,
                                       "\0\2\0\1\n"sv, "Traceback (most re"sv}) {
    assert_text_equal(read(kGeneric, bytes), "nonsense");
  }
  assert_text_equal(read(kGeneric, std::string(1'000'000, '1')), "nonsense");
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      cmocka_unit_test(questions_are_those_of_ejabberd),
      cmocka_unit_test(long_question_has_its_size_in_two_bytes_or_is_refused),
      cmocka_unit_test(generic_questions_are_lines),
      cmocka_unit_test(questions_for_a_user_have_no_password),
      cmocka_unit_test(answers_of_ejabberd_come_whole_or_in_pieces),
      cmocka_unit_test(what_ejabberds_programs_do_not_say_is_nonsense),
      cmocka_unit_test(generic_answers_are_lines),
      cmocka_unit_test(what_generic_programs_do_not_say_is_nonsense),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
