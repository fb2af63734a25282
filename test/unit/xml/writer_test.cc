// SPDX-License-Identifier: MIT
#include "xml/writer.h"

#include <string>
#include <string_view>

#include "support/cmocka.h"
#include "xml/parser.h"

using namespace rosterd::xml;

namespace {

void elements_are_written_with_attributes_and_text(void**) {
  std::string out;
  Writer writer(out);
  writer.open("iq").attr("type", "result").attr_if("id", "7").attr_if("to", "");
  writer.open("query", "jabber:iq:roster").attr("ver", "");
  writer.open("item").attr("jid", "a@b").leaf("group", "R & D").end();
  writer.end().open("x").end().end();
  assert_text_equal(out,
                    "<iq type='result' id='7'><query xmlns='jabber:iq:roster' ver=''>"
                    "<item jid='a@b'><group>R &amp; D</group></item></query><x/></iq>");
}

void namespace_is_declared_only_where_it_changes(void**) {
  std::string out;
  Writer(out, "urn:a").open("x", "urn:a").open("y", "urn:b").open("z", "urn:b").end().end().end();
  assert_text_equal(out, "<x><y xmlns='urn:b'><z/></y></x>");
}

void markup_in_values_is_escaped(void**) {
  std::string out;
  Writer(out).open("a").attr("b", "<&>'\"\t\r\n").text("<&>'\"\t\r\n]]>").end();
  assert_text_equal(out,
                    "<a b='&lt;&amp;&gt;&apos;&quot;&#9;&#13;&#10;'>"
                    "&lt;&amp;&gt;'\"\t&#13;\n]]&gt;</a>");
}

// Texts are looked through eight bytes at a time.
void every_byte_is_escaped_or_not_wherever_it_stands(void**) {
  const auto escaped = [](char c) -> std::string {
    const std::string_view special = "&<>'\"\t\n\r";
    const char* const forms[] = {"&amp;",  "&lt;", "&gt;",  "&apos;",
                                 "&quot;", "&#9;", "&#10;", "&#13;"};
    const std::size_t at = special.find(c);
    return at == std::string_view::npos ? std::string(1, c) : forms[at];
  };
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    for (std::size_t at = 0; at < 20; ++at) {
      const std::string before(at, '='), after(19 - at, '\x80');
      std::string out;
      append_escaped_attribute(out, before + c + after);
      assert_true(out == before + escaped(c) + after);
    }
  }
}

void empty_text_and_raw_leave_the_element_empty(void**) {
  std::string out;
  Writer(out).open("a").text("").raw("").end();
  assert_text_equal(out, "<a/>");
}

void raw_bytes_stand_as_they_are(void**) {
  std::string out;
  Writer(out).open("a").raw("<b/>").end();
  assert_text_equal(out, "<a><b/></a>");
}

// What the stanza becomes inside <outer> of namespace `ns`.
std::string inside(std::string_view stanza, std::string_view ns, bool children) {
  Parser parser;
  const auto element = parser.parse_stanza(stanza);
  assert_true(element.has_value());
  std::string out;
  Writer writer(out);
  writer.open("outer", ns);
  if (children) {
    writer.children_of(*element);
  } else {
    writer.element(*element);
  }
  writer.end();
  return out;
}

void subtree_keeps_its_namespaces_in_another_scope(void**) {
  constexpr std::string_view stanza = "<a><b xmlns='urn:x'><c xmlns=''/></b>t</a>";
  assert_text_equal(inside(stanza, "jabber:client", false),
                    "<outer><a><b xmlns='urn:x'><c xmlns=''/></b>t</a></outer>");
  assert_text_equal(inside(stanza, "urn:x", false),
                    "<outer xmlns='urn:x'><a xmlns='jabber:client'><b xmlns='urn:x'>"
                    "<c xmlns=''/></b>t</a></outer>");
  assert_text_equal(inside(stanza, "urn:x", true),
                    "<outer xmlns='urn:x'><b><c xmlns=''/></b>t</outer>");
  assert_text_equal(inside("<a/>", "urn:x", true), "<outer xmlns='urn:x'/>");
}

void prefixed_elements_are_written_without_prefix(void**) {
  assert_text_equal(inside("<a xmlns:p='urn:p'><p:b><p:c/><d/></p:b></a>", "jabber:client", false),
                    "<outer><a><b xmlns='urn:p'><c/><d xmlns='jabber:client'/></b></a></outer>");
}

void foreign_attributes_get_a_prefix(void**) {
  assert_text_equal(inside("<a xmlns:p='urn:p' xmlns:q='urn:q' p:b='1' c='2' p:d='3' q:b='4' "
                           "xml:lang='en'/>",
                           "jabber:client", false),
                    "<outer><a xmlns:n0='urn:p' n0:b='1' c='2' n0:d='3' xmlns:n3='urn:q' "
                    "n3:b='4' xml:lang='en'/></outer>");
}

void attributes_can_be_left_out(void**) {
  Parser parser;
  const auto element =
      parser.parse_stanza("<a to='x' from='y' id='z' xmlns:p='urn:p' p:to='w' xml:lang='en'/>");
  assert_true(element.has_value());
  std::string out;
  append_attributes(out, *element, {"to", "from"});
  assert_text_equal(out, " id='z' xmlns:n3='urn:p' n3:to='w' xml:lang='en'");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(elements_are_written_with_attributes_and_text),
      cmocka_unit_test(namespace_is_declared_only_where_it_changes),
      cmocka_unit_test(markup_in_values_is_escaped),
      cmocka_unit_test(every_byte_is_escaped_or_not_wherever_it_stands),
      cmocka_unit_test(empty_text_and_raw_leave_the_element_empty),
      cmocka_unit_test(raw_bytes_stand_as_they_are),
      cmocka_unit_test(subtree_keeps_its_namespaces_in_another_scope),
      cmocka_unit_test(prefixed_elements_are_written_without_prefix),
      cmocka_unit_test(foreign_attributes_get_a_prefix),
      cmocka_unit_test(attributes_can_be_left_out),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
