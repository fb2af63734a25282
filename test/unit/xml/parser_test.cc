// SPDX-License-Identifier: MIT
#include "xml/parser.h"

#include <string>
#include <string_view>

#include "support/cmocka.h"
#include "xml/writer.h"

using namespace rosterd;
using namespace rosterd::xml;

namespace {

Parser& parser() {
  static Parser instance;
  return instance;
}

// The stanza parsed and written again, or "refused".
std::string rewritten(std::string_view bytes) {
  const auto element = parser().parse_stanza(bytes);
  if (!element) return "refused";
  std::string out;
  Writer(out).element(*element);
  return out;
}

void assert_refused(std::string_view bytes) {
  assert_text_equal(rewritten(bytes), "refused");
  // Nobody else's stanza suffers.
  assert_text_equal(rewritten("<iq id='1'/>"), "<iq id='1'/>");
}

void stanza_becomes_a_tree(void**) {
  const auto parsed = parser().parse_stanza(
      "<message to='juliet@example.com' type='chat' xml:lang='en'>"
      "<body>Art thou not <b/>Romeo?</body><x xmlns='urn:x' xmlns:y='urn:y'><y:z/></x></message>");
  assert_true(parsed.has_value());
  const Element message = *parsed;
  assert_true(message.is("message", "jabber:client"));
  assert_text_equal(message.attr("to"), "juliet@example.com");
  assert_text_equal(message.attr("lang"), "");
  assert_false(message.find_attr("from").has_value());
  assert_text_equal(message.lang(), "en");
  assert_int_equal(message.child_count(), 2);
  assert_text_equal(message.child("body", "jabber:client").text(), "Art thou not Romeo?");
  assert_false(static_cast<bool>(message.child("body", "urn:x")));
  assert_text_equal(message.child_in("urn:x").first_child().name(), "z");
  assert_text_equal(message.child_in("urn:x").first_child().ns(), "urn:y");
}

void one_context_serves_stanza_after_stanza(void**) {
  for (int i = 0; i < 1000; ++i) {
    const std::string stanza = "<iq id='" + std::to_string(i) + "'><q xmlns='urn:q'/></iq>";
    assert_text_equal(rewritten(stanza), stanza);
  }
}

void names_of_peers_do_not_pile_up(void**) {
  // Enough distinct names to wear a context out several times.
  for (int i = 0; i < 20'000; ++i) {
    const std::string stanza = "<n" + std::to_string(i) + "/>";
    assert_text_equal(rewritten(stanza), stanza);
  }
  const std::string long_name(40'000, 'x');
  for (int i = 0; i < 50; ++i) {
    assert_text_equal(rewritten("<" + long_name + std::to_string(i) + "/>").substr(0, 3), "<xx");
  }
}

void malformed_stanzas_are_refused(void**) {
  assert_refused("<a></b>");
  assert_refused("<a>");
  assert_refused("<a/><b/>");
  assert_refused("<a/>x");
  assert_refused("x<a/>");
  assert_refused("</stream:stream>");
  assert_refused("<a b=c/>");
  assert_refused("<a b='1' b='2'/>");
  assert_refused("<a b='<'/>");
  assert_refused("<a>]]></a>");
  assert_refused("<a>&</a>");
  assert_refused("<a b='1'c='2'/>");
  assert_refused("<\"/>");
  assert_refused("");
}

void bad_characters_are_refused(void**) {
  assert_refused("<a>\xC0\xAF</a>");          // overlong
  assert_refused("<a>\xED\xA0\x80</a>");      // surrogate
  assert_refused("<a>\xF4\x90\x80\x80</a>");  // above U+10FFFF
  assert_refused("<a>\xE2\x82</a>");          // cut short
  assert_refused("<a b='\xFF'/>");
  assert_refused("<a b='\xC0\xAF'/>");
  assert_refused("<a\xC0\xAF/>");
  assert_refused("<a><![CDATA[\xC0\xAF]]></a>");
  assert_refused("<a><![CDATA[\xE0\x80\xAF]]></a>");
  assert_refused("<a><![CDATA[\xF0\x80\x80\xAF]]></a>");
  assert_refused("<a><![CDATA[\xED\xA0\x80]]></a>");
  assert_refused("<a><![CDATA[\x01]]></a>");
  assert_refused("<a>\xEF\xBF\xBE</a>");  // U+FFFE
  assert_refused(std::string_view("<a>\0</a>", 8));
  assert_refused("<a>\x01</a>");
  assert_refused("<a>&#0;</a>");
  assert_refused("<a>&#1;</a>");
  assert_refused("<a>&#xD800;</a>");
  assert_refused("<a>&#xFFFF;</a>");
  assert_text_equal(rewritten("<a>z\xC3\xB6\xC3\xAB \xF0\x9F\x98\x80</a>"),
                    "<a>z\xC3\xB6\xC3\xAB \xF0\x9F\x98\x80</a>");
}

void long_text_of_many_byte_characters_passes(void**) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "x\xC3\xB6\xF0\x9F\x98\x80";
  const std::string stanza = "<a b='" + text + "'>" + text + "</a>";
  assert_text_equal(rewritten(stanza), stanza);
  assert_text_equal(rewritten("<a><![CDATA[" + text + "]]></a>"), "<a>" + text + "</a>");
}

void names_that_other_servers_refuse_are_refused(void**) {
  assert_refused("<\xF0\x90\x80\x80/>");  // U+10000, a name only since XML 1.0's fifth edition
  assert_refused("<a \xCD\xB0='1'/>");    // U+0370, likewise
  assert_text_equal(rewritten("<\xC3\xA9/>"), "<\xC3\xA9/>");
}

void namespace_errors_are_refused(void**) {
  assert_refused("<p:a/>");
  assert_refused("<a p:b='1'/>");
  assert_refused("<a xmlns:p=''/>");
  assert_refused("<a xmlns:xml='urn:x'/>");
  assert_refused("<a xmlns:xmlns='urn:x'/>");
  assert_refused("<a xmlns:p='urn:x' xmlns:q='urn:x' p:b='1' q:b='2'/>");
  assert_refused("<a:b:c xmlns:a='urn:x'/>");
}

void prefix_does_not_outlive_its_stanza(void**) {
  assert_text_equal(rewritten("<p:a xmlns:p='urn:x'/>"), "<a xmlns='urn:x'/>");
  assert_refused("<p:a/>");
  // A stanza that was cut off by an error does not leave its declarations behind either.
  assert_refused("<a xmlns:p='urn:x'><b></a>");
  assert_refused("<p:a/>");
}

void odd_namespace_names_pass(void**) {
  assert_text_equal(rewritten("<a xmlns='not a uri'/>"), "<a xmlns='not a uri'/>");
  assert_text_equal(rewritten("<a xmlns='relative'/>"), "<a xmlns='relative'/>");
  assert_text_equal(rewritten("<a xml:space='odd'/>"), "<a xml:space='odd'/>");
}

void entities_dtds_comments_and_instructions_are_refused(void**) {
  assert_refused("<a>&b;</a>");
  assert_refused("<a b='&c;'/>");
  assert_refused("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>");
  assert_refused("<a><!DOCTYPE a></a>");
  assert_refused("<a><!-- b --></a>");
  assert_refused("<a><?b c?></a>");
  assert_refused("<?xml version='1.0'?><a/>");
  assert_refused("<a><?xml version='1.0' encoding='ISO-8859-1'?></a>");
}

void references_and_cdata_become_text(void**) {
  assert_text_equal(rewritten("<a>&lt;&amp;&gt;&quot;&apos;&#65;&#x42;</a>"),
                    "<a>&lt;&amp;&gt;\"'AB</a>");
  assert_text_equal(rewritten("<a b='&lt;&amp;&#38;&gt;&quot;&apos;&#65;&amp;#38;'/>"),
                    "<a b='&lt;&amp;&amp;&gt;&quot;&apos;A&amp;#38;'/>");
  assert_text_equal(rewritten("<a>x<![CDATA[<b>]]>]]&gt;<![CDATA[]]></a>"),
                    "<a>x&lt;b&gt;]]&gt;</a>");
  const auto parsed = parser().parse_stanza("<a>1<![CDATA[2]]>&#51;<b/>4</a>");
  assert_true(parsed.has_value());
  assert_text_equal(parsed->text(), "1234");
}

void white_space_in_attributes_is_normalised_only_when_literal(void**) {
  assert_text_equal(rewritten("<a b='1\t2\n3'/>"), "<a b='1 2 3'/>");
  assert_text_equal(rewritten("<a b='1&#9;2&#10;3&#13;4'/>"), "<a b='1&#9;2&#10;3&#13;4'/>");
  assert_text_equal(rewritten("<a>1\r\n2&#13;3</a>"), "<a>1\n2&#13;3</a>");
}

void content_namespace_is_the_stream_s(void**) {
  const auto server = parser().parse_stanza("<message/>", "jabber:server");
  assert_true(server.has_value());
  assert_text_equal(server->ns(), "jabber:server");
  const auto none = parser().parse_stanza("<message/>", "");
  assert_true(none.has_value());
  assert_text_equal(none->ns(), "");
  const auto hostile = parser().parse_stanza("<message/>", "urn:'><x/>");
  assert_true(hostile.has_value());
  assert_text_equal(hostile->ns(), "urn:'><x/>");
}

void stream_prefix_is_bound(void**) {
  const auto parsed = parser().parse_stanza("<stream:error><x xmlns='urn:x'/></stream:error>");
  assert_true(parsed.has_value());
  assert_true(parsed->is("error", "http://etherx.jabber.org/streams"));
}

void header_gives_its_attributes(void**) {
  const auto header = parser().parse_header(
      "<?xml version='1.0' encoding='UTF-8'?>\n<stream:stream from='romeo@example.com' "
      "to='example.com' version='1.0' xml:lang='de' id='x' xmlns='jabber:client' "
      "xmlns:stream='http://etherx.jabber.org/streams'>");
  assert_true(header.has_value());
  assert_text_equal(header->name, "stream");
  assert_text_equal(header->ns, "http://etherx.jabber.org/streams");
  assert_text_equal(header->content_ns, "jabber:client");
  assert_text_equal(header->prefix, "stream");
  assert_text_equal(header->from, "romeo@example.com");
  assert_text_equal(header->to, "example.com");
  assert_text_equal(header->version, "1.0");
  assert_text_equal(header->id, "x");
  assert_text_equal(header->lang, "de");
}

void header_may_use_other_prefixes(void**) {
  const auto header =
      parser().parse_header("<stream xmlns='http://etherx.jabber.org/streams' xmlns:x='urn:x'>");
  assert_true(header.has_value());
  assert_text_equal(header->prefix, "");
  assert_text_equal(header->content_ns, "http://etherx.jabber.org/streams");
  assert_text_equal(header->version, "");
}

void malformed_headers_are_refused(void**) {
  assert_false(parser().parse_header("<stream:stream xmlns='jabber:client'>").has_value());
  assert_false(parser().parse_header("<stream").has_value());
  assert_false(parser().parse_header("<stream/>").has_value());
  assert_false(parser().parse_header("<stream a='1' a='2'>").has_value());
  assert_false(parser().parse_header("<stream><iq/>").has_value());
  assert_false(parser().parse_header("<stream>x").has_value());
  assert_false(parser().parse_header("").has_value());
  assert_false(parser().parse_header("<?xml version='1.0'").has_value());
  assert_false(parser().parse_header("<!DOCTYPE a><a>").has_value());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(stanza_becomes_a_tree),
      cmocka_unit_test(one_context_serves_stanza_after_stanza),
      cmocka_unit_test(names_of_peers_do_not_pile_up),
      cmocka_unit_test(malformed_stanzas_are_refused),
      cmocka_unit_test(bad_characters_are_refused),
      cmocka_unit_test(long_text_of_many_byte_characters_passes),
      cmocka_unit_test(names_that_other_servers_refuse_are_refused),
      cmocka_unit_test(namespace_errors_are_refused),
      cmocka_unit_test(prefix_does_not_outlive_its_stanza),
      cmocka_unit_test(odd_namespace_names_pass),
      cmocka_unit_test(entities_dtds_comments_and_instructions_are_refused),
      cmocka_unit_test(references_and_cdata_become_text),
      cmocka_unit_test(white_space_in_attributes_is_normalised_only_when_literal),
      cmocka_unit_test(content_namespace_is_the_stream_s),
      cmocka_unit_test(stream_prefix_is_bound),
      cmocka_unit_test(header_gives_its_attributes),
      cmocka_unit_test(header_may_use_other_prefixes),
      cmocka_unit_test(malformed_headers_are_refused),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
