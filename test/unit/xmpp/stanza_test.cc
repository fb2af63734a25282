// SPDX-License-Identifier: MIT
#include "xmpp/stanza.h"

#include <string>
#include <string_view>

#include "support/cmocka.h"
#include "xml/parser.h"

using namespace rosterd;
using namespace rosterd::xmpp;

namespace {

xml::Element parsed(std::string_view stanza) {
  static xml::Parser parser;
  const auto element = parser.parse_stanza(stanza);
  assert_true(element.has_value());
  return *element;
}

std::string forwarded(std::string_view stanza, std::string_view from, std::string_view lang,
                      std::string_view to) {
  const Forward forward(parsed(stanza), from, lang);
  std::string out;
  forward.write(out, to);
  return out;
}

void kind_is_by_name_and_namespace(void**) {
  assert_true(stanza_kind(parsed("<message/>")) == StanzaKind::kMessage);
  assert_true(stanza_kind(parsed("<presence/>")) == StanzaKind::kPresence);
  assert_true(stanza_kind(parsed("<iq/>")) == StanzaKind::kIq);
  assert_true(stanza_kind(parsed("<iq xmlns='urn:x'/>")) == StanzaKind::kOther);
  assert_true(stanza_kind(parsed("<iqs/>")) == StanzaKind::kOther);
}

void forwarded_stanza_comes_from_the_sender_the_server_knows(void**) {
  assert_text_equal(
      forwarded("<message from='evil@b' to='x@y' type='chat' id='1'><body>Hi</body></message>",
                "a@b/c", "", "d@e"),
      "<message from='a@b/c' type='chat' id='1' to='d@e'><body>Hi</body></message>");
}

void forwarded_stanza_keeps_its_attributes_and_its_inside(void**) {
  assert_text_equal(
      forwarded("<message xmlns:p='urn:p' p:q='1' odd='2'>a<x xmlns='urn:x'>&lt;</x>b</message>",
                "a@b/c", "", "d@e"),
      "<message from='a@b/c' xmlns:n0='urn:p' n0:q='1' odd='2' to='d@e'>"
      "a<x xmlns='urn:x'>&lt;</x>b</message>");
}

void language_of_the_stream_is_stamped_only_where_there_is_none(void**) {
  assert_text_equal(forwarded("<presence/>", "a@b/c", "de", ""),
                    "<presence from='a@b/c' xml:lang='de'/>");
  assert_text_equal(forwarded("<presence xml:lang='en'/>", "a@b/c", "de", ""),
                    "<presence from='a@b/c' xml:lang='en'/>");
}

void addresses_are_escaped(void**) {
  assert_text_equal(forwarded("<presence/>", "a@b/'&", "", "d@e/<"),
                    "<presence from='a@b/&apos;&amp;' to='d@e/&lt;'/>");
}

void one_forward_serves_many_recipients(void**) {
  const Forward forward(parsed("<presence><show>away</show></presence>"), "a@b/c", "");
  parsed("<iq/>");  // the element has died
  std::string out;
  forward.write(out, "d@e");
  forward.write(out, "f@g");
  assert_text_equal(out,
                    "<presence from='a@b/c' to='d@e'><show>away</show></presence>"
                    "<presence from='a@b/c' to='f@g'><show>away</show></presence>");
  assert_int_equal(forward.head().size() + forward.tail().size(), forward.size());
}

void forwarded_stanza_parses_to_the_same_tree(void**) {
  constexpr std::string_view stanza =
      "<message from='a@b/c' id='1'><x xmlns='urn:x'><y xmlns=''/>]]&gt;&#13;</x></message>";
  const std::string once = forwarded(stanza, "a@b/c", "", "");
  assert_text_equal(once, stanza);
  assert_text_equal(forwarded(once, "a@b/c", "", ""), once);
}

void result_answers_its_request(void**) {
  std::string out;
  xml::Writer writer(out);
  open_result(writer, parsed("<iq type='get' id='&apos;1'/>"), "b", "a@b/c");
  writer.open("query", "urn:q").end().end();
  assert_text_equal(out,
                    "<iq type='result' id='&apos;1' from='b' to='a@b/c'>"
                    "<query xmlns='urn:q'/></iq>");
}

void unavailable_presence_is_addressed(void**) {
  std::string out;
  write_unavailable(out, "a@b/'", "d@e");
  assert_text_equal(out, "<presence type='unavailable' from='a@b/&apos;' to='d@e'/>");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(kind_is_by_name_and_namespace),
      cmocka_unit_test(forwarded_stanza_comes_from_the_sender_the_server_knows),
      cmocka_unit_test(forwarded_stanza_keeps_its_attributes_and_its_inside),
      cmocka_unit_test(language_of_the_stream_is_stamped_only_where_there_is_none),
      cmocka_unit_test(addresses_are_escaped),
      cmocka_unit_test(one_forward_serves_many_recipients),
      cmocka_unit_test(forwarded_stanza_parses_to_the_same_tree),
      cmocka_unit_test(result_answers_its_request),
      cmocka_unit_test(unavailable_presence_is_addressed),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
