// SPDX-License-Identifier: MIT
// What compares conversations must be able to say no.
#include "pattern.h"

#include "script.h"
#include "support/cmocka.h"

using namespace rosterd::replay;

namespace {

bool matches(std::string_view pattern, std::string_view stanza) {
  Matcher matcher;
  return matcher.matches(pattern, stanza);
}

void equal_trees_match(void**) {
  assert_true(matches("<a b='1'><c/><d>x</d></a>", "<a b='1'><d>x</d><c/></a>"));
  assert_true(matches("<p:a xmlns:p='urn:a'/>", "<a xmlns='urn:a'/>"));
  assert_true(matches("<message><body> x </body></message>", "<message><body>x</body></message>"));
}

void names_namespaces_and_text_must_be_equal(void**) {
  assert_false(matches("<a/>", "<b/>"));
  assert_false(matches("<a/>", "<a xmlns='urn:a'/>"));
  assert_false(matches("<a>x</a>", "<a>y</a>"));
  assert_false(matches("<a/>", "<a>y</a>"));
}

void attributes_must_be_the_same(void**) {
  assert_false(matches("<presence/>", "<presence type='unavailable'/>"));
  assert_false(matches("<presence type='unavailable'/>", "<presence/>"));
  assert_false(matches("<presence from='a'/>", "<presence from='b'/>"));
  assert_false(matches("<presence/>", "<presence from='b'/>"));
  // Only these two of the stanza itself, and the language, may be left out.
  assert_true(matches("<presence/>", "<presence to='b' id='1' xml:lang='en'/>"));
  assert_false(matches("<presence to='c'/>", "<presence to='b'/>"));
  assert_false(matches("<presence xml:lang='de'/>", "<presence xml:lang='en'/>"));
  assert_false(matches("<a><b/></a>", "<a><b id='1'/></a>"));
}

void children_must_all_be_there_and_no_others(void**) {
  assert_false(matches("<a><b/></a>", "<a/>"));
  assert_false(matches("<a/>", "<a><b/></a>"));
  assert_false(matches("<a><b/><b/></a>", "<a><b/></a>"));
  assert_false(matches("<a><b/></a>", "<a><b/><b/></a>"));
  assert_true(matches("<a>...<b/></a>", "<a><c/><b/></a>"));
  assert_false(matches("<a>...<b/></a>", "<a><c/></a>"));
}

void stars_and_question_marks_stand_for_values(void**) {
  assert_true(matches("<a b='*'/>", "<a b='1'/>"));
  assert_false(matches("<a b='*'/>", "<a b=''/>"));
  assert_false(matches("<a b='*'/>", "<a/>"));
  assert_true(matches("<a b='?'/>", "<a/>"));
  assert_true(matches("<a b='?'/>", "<a b='1'/>"));
}

void capture_stands_for_what_it_took(void**) {
  Matcher matcher;
  assert_true(matcher.matches("<a id='{x}'/>", "<a id='1'/>"));
  assert_false(matcher.matches("<a id='{x}'/>", "<a id='2'/>"));
  assert_true(matcher.matches("<a>{x}</a>", "<a>1</a>"));
  assert_text_equal(*matcher.substitute("<{x}>"), "<1>");
  assert_false(matcher.substitute("{y}").has_value());
  // A comparison that fails takes nothing.
  assert_false(matcher.matches("<a id='{y}'><b/></a>", "<a id='1'/>"));
  assert_false(matcher.substitute("{y}").has_value());
}

void stanza_error_is_compared_by_type_and_condition(void**) {
  constexpr std::string_view error =
      "<iq type='error' id='1'><error type='cancel'>"
      "<not-allowed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>";
  Matcher matcher;
  assert_true(matcher.matches_error("<iq id='1'/>", "cancel/not-allowed", error));
  assert_false(matcher.matches_error("<iq id='2'/>", "cancel/not-allowed", error));
  assert_false(matcher.matches_error("<iq id='1'/>", "auth/not-allowed", error));
  assert_false(matcher.matches_error("<iq id='1'/>", "cancel/forbidden", error));
  assert_false(matcher.matches_error("<iq id='1'/>", "cancel/not-allowed", "<iq id='1'/>"));
}

void verb_takes_words_and_the_rest(void**) {
  Arguments arguments;
  assert_true(match_verb("<who> sends: <xml...>", "romeo sends: <a> <b>", arguments));
  assert_int_equal(arguments.size(), 2);
  assert_text_equal(arguments[0], "romeo");
  assert_text_equal(arguments[1], "<a> <b>");
  assert_false(match_verb("<who> sends: <xml...>", "romeo says: <a>", arguments));
  assert_false(match_verb("<who> connects", "romeo connects again", arguments));
  assert_false(match_verb("<who> connects", "romeo", arguments));
  assert_false(match_verb("<who> sends: <xml...>", "romeo sends: ", arguments));
  assert_true(match_verb("<status:> <body...>", "200: {}", arguments));
  assert_text_equal(arguments[0], "200");
  assert_false(match_verb("<status:> <body...>", "200 {}", arguments));
}

void indented_lines_belong_to_the_line_above(void**) {
  const auto steps = parse_script("# no\na\n  b\n\n  c\nd # e\n");
  assert_int_equal(steps.size(), 2);
  assert_text_equal(steps[0].text, "a\nb\nc");
  assert_int_equal(steps[0].line, 2);
  assert_text_equal(steps[1].text, "d # e");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(equal_trees_match),
      cmocka_unit_test(names_namespaces_and_text_must_be_equal),
      cmocka_unit_test(attributes_must_be_the_same),
      cmocka_unit_test(children_must_all_be_there_and_no_others),
      cmocka_unit_test(stars_and_question_marks_stand_for_values),
      cmocka_unit_test(capture_stands_for_what_it_took),
      cmocka_unit_test(stanza_error_is_compared_by_type_and_condition),
      cmocka_unit_test(verb_takes_words_and_the_rest),
      cmocka_unit_test(indented_lines_belong_to_the_line_above),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
