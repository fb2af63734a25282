// SPDX-License-Identifier: MIT
#include "xml/framer.h"

#include <string>
#include <string_view>
#include <vector>

#include "support/cmocka.h"

using namespace rosterd::xml;

namespace {

constexpr std::string_view kHeader = "<stream:stream to='example.com' version='1.0'>";

std::string describe(const Framer& framer, Frame::Kind kind, std::string_view bytes) {
  switch (kind) {
    case Frame::Kind::kHeader:
      return "header[" + std::string(bytes) + "]";
    case Frame::Kind::kStanza:
      return "stanza[" + std::string(bytes) + "]";
    case Frame::Kind::kStreamEnd:
      return "end[" + std::string(bytes) + "]";
    case Frame::Kind::kError:
      return "error " + std::to_string(static_cast<int>(framer.error())) + " " + framer.detail();
    default:
      return "";
  }
}

// Feeds the pieces as a stream would, keeping what is unfinished; white space is not reported.
std::string frames(Framer& framer, const std::vector<std::string_view>& pieces) {
  std::string kept;
  std::string out;
  for (const std::string_view piece : pieces) {
    kept += piece;
    for (;;) {
      const Frame frame = framer.next(kept);
      if (frame.kind == Frame::Kind::kNeedMore) break;
      out += describe(framer, frame.kind, std::string_view(kept).substr(0, frame.size));
      if (frame.kind == Frame::Kind::kError) return out;
      kept.erase(0, frame.size);
    }
  }
  return out + (kept.empty() ? "" : "more");
}

struct Given {
  FramerLimits limits;
  bool in_stream = true;
};

Framer make_framer(const Given& given) {
  Framer framer(given.limits);
  if (given.in_stream) framer.reset_to_stanzas();
  return framer;
}

// The same answer whole, at every split and byte by byte.
void assert_frames(std::string_view input, std::string_view expected, const Given& given = {}) {
  Framer whole = make_framer(given);
  assert_text_equal(frames(whole, {input}), expected);
  for (std::size_t i = 1; i < input.size(); ++i) {
    Framer split = make_framer(given);
    assert_text_equal(frames(split, {input.substr(0, i), input.substr(i)}), expected);
  }
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i < input.size(); ++i) bytes.push_back(input.substr(i, 1));
  Framer one_by_one = make_framer(given);
  assert_text_equal(frames(one_by_one, bytes), expected);
}

std::string error(FrameError code, std::string_view detail) {
  return "error " + std::to_string(static_cast<int>(code)) + " " + std::string(detail);
}

void assert_header(std::string_view input, std::string_view expected) {
  assert_frames(input, expected, {.limits = {}, .in_stream = false});
}

void stanza_ends_where_its_element_ends(void**) {
  assert_frames("<a/>", "stanza[<a/>]");
  assert_frames("<a></a>", "stanza[<a></a>]");
  assert_frames("<a><b/><a>x</a></a><c/>", "stanza[<a><b/><a>x</a></a>]stanza[<c/>]");
  assert_frames("<a ></a ><b\n/>", "stanza[<a ></a >]stanza[<b\n/>]");
  assert_frames("<a><b", "more");
}

void quoted_markup_is_a_value(void**) {
  assert_frames("<a b='/>' c=\"</a>'\"/>", "stanza[<a b='/>' c=\"</a>'\"/>]");
  assert_frames("<a b='\"' c=\"'\">></a>", "stanza[<a b='\"' c=\"'\">></a>]");
}

void cdata_hides_markup(void**) {
  assert_frames("<a><![CDATA[</a>]]></a>", "stanza[<a><![CDATA[</a>]]></a>]");
  assert_frames("<a><![CDATA[]]]]></a>", "stanza[<a><![CDATA[]]]]></a>]");
  assert_frames("<a><![CDATA[]>]]]></a>", "stanza[<a><![CDATA[]>]]]></a>]");
  assert_frames(
      "<a><![CDATA[]]></a>]]></a>",
      "stanza[<a><![CDATA[]]></a>]" + error(FrameError::kBadFormat, "text between stanzas"));
}

void white_space_between_stanzas_is_skipped(void**) {
  assert_frames(" \r\n\t<a/> \n<b/> ", "stanza[<a/>]stanza[<b/>]");
  Framer framer{FramerLimits{}};
  framer.reset_to_stanzas();
  const Frame frame = framer.next(" \n<a/>");
  assert_true(frame.kind == Frame::Kind::kWhitespace);
  assert_int_equal(frame.size, 2);
}

void text_between_stanzas_is_bad_format(void**) {
  const std::string expected = error(FrameError::kBadFormat, "text between stanzas");
  assert_frames("x", expected);
  assert_frames("<a/>x<b/>", "stanza[<a/>]" + expected);
  assert_frames("<![CDATA[x]]>", expected);
  assert_frames("\xEF\xBB\xBF<a/>", expected);
}

void comments_instructions_and_doctypes_are_restricted(void**) {
  const std::string declared = error(FrameError::kRestrictedXml,
                                     "comment or document type "
                                     "declaration");
  const std::string instruction = error(FrameError::kRestrictedXml, "processing instruction");
  assert_frames("<!-- x -->", declared);
  assert_frames("<a><!-- x --></a>", declared);
  assert_frames("<!DOCTYPE a>", declared);
  assert_frames("<a><![cdata[x]]></a>", declared);
  assert_frames("<a><?x y?></a>", instruction);
  assert_frames("<?xml version='1.0'?>", instruction);
  assert_header("<!DOCTYPE a [<!ENTITY b 'c'>]>", declared);
  assert_header("<?xml-stylesheet href='x'?>", instruction);
  assert_header("<?php x ?>", instruction);
}

void broken_tags_are_not_well_formed(void**) {
  assert_frames("<a <b/>", error(FrameError::kNotWellFormed, "'<' inside a tag"));
  assert_frames("<a/ >", error(FrameError::kNotWellFormed, "'/' inside a tag"));
  assert_frames("< a/>", error(FrameError::kNotWellFormed, "tag without a name"));
  assert_frames("<>", error(FrameError::kNotWellFormed, "tag without a name"));
  assert_frames("<a></a></b>", "stanza[<a></a>]" + error(FrameError::kNotWellFormed,
                                                         "end tag of something that is not open"));
}

void stream_ends_with_its_end_tag_under_any_prefix(void**) {
  assert_frames("</stream:stream>", "end[</stream:stream>]");
  assert_frames("<a/> </s:stream  >", "stanza[<a/>]end[</s:stream  >]");
  assert_frames("</stream>", "end[</stream>]");
  const std::string wrong =
      error(FrameError::kNotWellFormed, "end tag of something that is not open");
  assert_frames("</stream:streams>", wrong);
  assert_frames("</:stream>", wrong);
  assert_frames("</>", wrong);
}

void header_is_one_tag_after_an_optional_declaration(void**) {
  const std::string header(kHeader);
  assert_header(header, "header[" + header + "]");
  assert_header(header + "<a/>", "header[" + header + "]stanza[<a/>]");
  const std::string declared =
      "<?xml version='1.0' encoding='utf-8' standalone=\"yes\" ?>\n" + header;
  assert_header(declared, "header[" + declared + "]");
  const std::string bare = "<?xml version = \"1.0\"?>" + header;
  assert_header(bare, "header[" + bare + "]");
}

void white_space_before_the_header_is_skipped(void**) {
  const std::string header = "<?xml version='1.0'?>" + std::string(kHeader);
  assert_header("\n " + header, "header[" + header + "]");
}

void other_encodings_are_unsupported(void**) {
  const std::string expected =
      error(FrameError::kUnsupportedEncoding, "the encoding must be UTF-8");
  assert_header("<?xml version='1.0' encoding='ISO-8859-1'?>", expected);
  assert_header("<?xml version='1.0' encoding=\"UTF-16\"?><s>", expected);
}

void malformed_declarations_are_refused(void**) {
  const std::string no_version =
      error(FrameError::kNotWellFormed, "XML declaration without version 1.x");
  const std::string malformed = error(FrameError::kNotWellFormed, "malformed XML declaration");
  assert_header("<?xml?>", no_version);
  assert_header("<?xml encoding='UTF-8'?>", no_version);
  assert_header("<?xml version='2.0'?>", no_version);
  assert_header("<?xml version='1.'?>", no_version);
  assert_header("<?xml version='1.0?>", no_version);
  assert_header("<?xml version='1.0'encoding='UTF-8'?>", malformed);
  assert_header("<?xml version='1.0' encoding='UTF-8' standalone='maybe'?>", malformed);
  assert_header("<?xml version='1.0' encoding='UTF-8' x?>", malformed);
  assert_header("<?xml version='1.0'?><?xml version='1.0'?>",
                error(FrameError::kRestrictedXml, "processing instruction"));
  assert_header("<?xml version='1.0'?>x",
                error(FrameError::kNotWellFormed, "text before the stream header"));
}

void what_is_no_stream_is_refused_before_the_header(void**) {
  assert_header("GET / HTTP/1.1\r\n",
                error(FrameError::kNotWellFormed, "text before the stream header"));
  assert_header("</stream:stream>", error(FrameError::kNotWellFormed, "end tag before any start"));
  assert_header("<stream:stream/>", error(FrameError::kBadFormat, "stream header closed at once"));
}

void a_new_header_is_expected_after_reset(void**) {
  const std::string header(kHeader);
  Framer framer{FramerLimits{}};
  assert_text_equal(frames(framer, {header, "<a/>"}), "header[" + header + "]stanza[<a/>]");
  framer.reset();
  assert_text_equal(frames(framer, {header}), "header[" + header + "]");
}

void stanza_over_the_byte_limit_is_refused_wherever_it_is_cut(void**) {
  const std::string too_big = error(FrameError::kStanzaTooBig, "too many bytes");
  const FramerLimits limits{.stanza_bytes = 10};
  assert_frames("<a>123</a>", "stanza[<a>123</a>]", {.limits = limits});
  assert_frames("<a>1234</a>", too_big, {.limits = limits});
  assert_frames("<a>12345678901234567890", too_big, {.limits = limits});
  assert_frames("<stream:stream to='example.com'>", too_big,
                {.limits = limits, .in_stream = false});
  // White space is nobody's stanza.
  assert_frames("                <a/>", "stanza[<a/>]", {.limits = limits});
}

void depth_bomb_is_refused(void**) {
  const FramerLimits limits{.depth = 3};
  assert_frames("<a><b><c/><c/></b></a>", "stanza[<a><b><c/><c/></b></a>]", {.limits = limits});
  assert_frames("<a><b><c><d/></c></b></a>", error(FrameError::kStanzaTooBig, "too deeply nested"),
                {.limits = limits});
}

void attribute_bomb_is_refused(void**) {
  const FramerLimits limits{.attributes = 2};
  assert_frames("<a b='' c=\"\"><d e='' f=''/></a>", "stanza[<a b='' c=\"\"><d e='' f=''/></a>]",
                {.limits = limits});
  const std::string refused = error(FrameError::kStanzaTooBig, "too many attributes");
  assert_frames("<a b='' c='' d=''/>", refused, {.limits = limits});
  assert_frames("<a b='' c='' d=''>", refused, {.limits = limits, .in_stream = false});
}

void failed_framer_stays_failed_until_reset(void**) {
  Framer framer{FramerLimits{}};
  framer.reset_to_stanzas();
  assert_true(framer.next("x").kind == Frame::Kind::kError);
  assert_true(framer.next("<a/>").kind == Frame::Kind::kError);
  assert_true(framer.error() == FrameError::kBadFormat);
  framer.reset_to_stanzas();
  assert_true(framer.error() == FrameError::kNone);
  assert_true(framer.next("<a/>").kind == Frame::Kind::kStanza);
}

void every_byte_is_looked_at_once(void**) {
  Framer framer{FramerLimits{}};
  framer.reset_to_stanzas();
  assert_true(framer.next("<a><b").kind == Frame::Kind::kNeedMore);
  // What has been scanned already may not be judged again: only the new part counts.
  const Frame frame = framer.next("<<<<</></a>");
  assert_true(frame.kind == Frame::Kind::kStanza);
  assert_int_equal(frame.size, 11);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(stanza_ends_where_its_element_ends),
      cmocka_unit_test(quoted_markup_is_a_value),
      cmocka_unit_test(cdata_hides_markup),
      cmocka_unit_test(white_space_between_stanzas_is_skipped),
      cmocka_unit_test(text_between_stanzas_is_bad_format),
      cmocka_unit_test(comments_instructions_and_doctypes_are_restricted),
      cmocka_unit_test(broken_tags_are_not_well_formed),
      cmocka_unit_test(stream_ends_with_its_end_tag_under_any_prefix),
      cmocka_unit_test(header_is_one_tag_after_an_optional_declaration),
      cmocka_unit_test(white_space_before_the_header_is_skipped),
      cmocka_unit_test(other_encodings_are_unsupported),
      cmocka_unit_test(malformed_declarations_are_refused),
      cmocka_unit_test(what_is_no_stream_is_refused_before_the_header),
      cmocka_unit_test(a_new_header_is_expected_after_reset),
      cmocka_unit_test(stanza_over_the_byte_limit_is_refused_wherever_it_is_cut),
      cmocka_unit_test(depth_bomb_is_refused),
      cmocka_unit_test(attribute_bomb_is_refused),
      cmocka_unit_test(failed_framer_stays_failed_until_reset),
      cmocka_unit_test(every_byte_is_looked_at_once),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
