// SPDX-License-Identifier: MIT
#include "base/text.h"

#include <array>

#include "support/cmocka.h"

namespace text = rosterd::text;

namespace {

constexpr std::string_view kNul("\0", 1);

const std::string_view kGoodUtf8[] = {"",
                                      "plain",
                                      kNul,
                                      "\xC2\x80",
                                      "\xDF\xBF",
                                      "\xE0\xA0\x80",
                                      "\xED\x9F\xBF",
                                      "\xEE\x80\x80",
                                      "\xEF\xBF\xBF",
                                      "\xF0\x90\x80\x80",
                                      "\xF4\x8F\xBF\xBF"};

const std::string_view kBadUtf8[] = {
    "\x80",                  // continuation alone
    "\xC0\xAF",              // overlong '/'
    "\xC1\xBF",              // overlong
    "\xC2",                  // cut
    "\xC2\x20",              // second byte is no continuation
    "\xE0\x9F\xBF",          // overlong
    "\xE1\x80",              // cut
    "\xE1\x80\x41",          // third byte is no continuation
    "\xED\xA0\x80",          // surrogate
    "\xED\xB8\x80",          // surrogate
    "\xF0\x8F\xBF\xBF",      // overlong
    "\xF0\x90\x80",          // cut
    "\xF4\x90\x80\x80",      // above U+10FFFF
    "\xF5\x80\x80\x80",      // above U+10FFFF
    "\xF8\x88\x80\x80\x80",  // five bytes
    "\xFE",
    "\xFF",
};

void utf8_check_takes_the_whole_range_of_each_size(void**) {
  for (const std::string_view good : kGoodUtf8) assert_true(text::is_utf8(good));
}

void utf8_check_refuses_overlong_forms_surrogates_and_cuts(void**) {
  for (const std::string_view bad : kBadUtf8) {
    assert_false(text::is_utf8(bad));
    assert_int_equal(text::utf8_size(bad), 0);
    assert_false(text::is_utf8("before " + std::string(bad)));
    assert_false(text::is_utf8(std::string(bad) + " after"));
  }
}

void xml_text_is_utf8_without_controls_and_noncharacters(void**) {
  assert_true(text::is_xml_text("tab\t lf\n cr\r \x7F \xC2\x85 \xF0\x9F\x98\x80 \xEF\xBF\xBD"));
  for (int c = 0; c < 0x20; ++c) {
    const char byte = static_cast<char>(c);
    const bool legal = c == '\t' || c == '\n' || c == '\r';
    assert_int_equal(text::is_xml_text({&byte, 1}), legal);
  }
  assert_false(text::is_xml_text("\xEF\xBF\xBE"));
  assert_false(text::is_xml_text("\xEF\xBF\xBF"));
  for (const std::string_view bad : kBadUtf8) assert_false(text::is_xml_text(bad));
}

void percent_encoding_leaves_only_unreserved_characters(void**) {
  assert_text_equal(text::percent_encode("a?b#c"), "a%3Fb%23c");
  assert_text_equal(text::percent_encode("AZaz09-._~"), "AZaz09-._~");
  assert_text_equal(text::percent_encode("\xC3\xA9/ +%"), "%C3%A9%2F%20%2B%25");
}

void percent_decoding_reverses_every_byte(void**) {
  std::string every;
  for (int c = 0; c < 256; ++c) every += static_cast<char>(c);
  assert_text_equal(text::percent_decode(text::percent_encode(every)).value(), every);
  assert_text_equal(text::percent_decode("a+b%2f%2F").value(), "a+b//");
}

void percent_decoding_refuses_bad_escapes(void**) {
  for (const char* bad : {"%", "%4", "a%4", "%4g", "%g4", "%%41", "% 1"}) {
    assert_false(text::percent_decode(bad).has_value());
  }
}

void base64_matches_the_vectors_of_rfc_4648(void**) {
  constexpr std::array<std::array<const char*, 2>, 7> kVectors = {{{"", ""},
                                                                   {"f", "Zg=="},
                                                                   {"fo", "Zm8="},
                                                                   {"foo", "Zm9v"},
                                                                   {"foob", "Zm9vYg=="},
                                                                   {"fooba", "Zm9vYmE="},
                                                                   {"foobar", "Zm9vYmFy"}}};
  for (const auto& [plain, encoded] : kVectors) {
    assert_text_equal(text::base64_encode(plain), encoded);
    assert_text_equal(text::base64_decode(encoded).value(), plain);
  }
  assert_text_equal(text::base64_encode("\xFB\xFF\xFE"), "+//+");
  assert_text_equal(text::base64_decode("+//+").value(), "\xFB\xFF\xFE");
}

void base64_decoding_is_strict(void**) {
  for (const char* bad :
       {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm 9v", "Zm9v\n", "Zm9v====", "=",
        "====", "Z===", "=Zg=", "Zg==Zg==", "Zm-_", "Zm9v\xC3\xA9\xC3\xA9"}) {
    assert_false(text::base64_decode(bad).has_value());
  }
}

void base64url_has_no_padding_and_one_way_to_be_written(void**) {
  assert_text_equal(text::base64url_decode("").value(), "");
  assert_text_equal(text::base64url_decode("Zg").value(), "f");
  assert_text_equal(text::base64url_decode("Zm8").value(), "fo");
  assert_text_equal(text::base64url_decode("Zm9v").value(), "foo");
  assert_text_equal(text::base64url_decode("-__-").value(), "\xFB\xFF\xFE");
  for (const char* bad : {"Z", "Zg==", "Zm8=", "Zh", "Zm9", "+//+", "Zm 9v", "Zm9v\n", " Zm9v",
                          "Zm9v.", "Zm\xC3\xA4"}) {
    assert_false(text::base64url_decode(bad).has_value());
  }
}

void hexadecimal_is_lower_case(void**) {
  assert_text_equal(text::hex_encode(std::string_view("\x00\x0F\xA5\xFF", 4)), "000fa5ff");
}

void case_is_folded_for_ascii_only(void**) {
  assert_text_equal(text::ascii_lower("Host-NAME \xC3\x89"), "host-name \xC3\x89");
  assert_true(text::ascii_iequals("Content-Type", "content-TYPE"));
  assert_false(text::ascii_iequals("a", "ab"));
  assert_false(text::ascii_iequals("\xC3\x89", "\xC3\xA9"));
  assert_false(text::ascii_iequals("[", "{"));
}

void trim_removes_blanks_at_both_ends_only(void**) {
  assert_text_equal(text::trim(" \t\r\n a b \n"), "a b");
  assert_text_equal(text::trim(" \n "), "");
  assert_text_equal(text::trim(""), "");
}

void log_text_hides_controls_and_broken_bytes(void**) {
  assert_text_equal(text::for_log("a\nb\x1B[31m\x7F\xC2\x9B\xFFz"), "a?b?[31m???z");
  assert_text_equal(text::for_log("caf\xC3\xA9"), "caf\xC3\xA9");
}

void log_text_is_cut_between_characters(void**) {
  assert_text_equal(text::for_log("abc\xC3\xA9", 4), "abc");
  assert_text_equal(text::for_log("abc\xC3\xA9", 5), "abc\xC3\xA9");
  assert_text_equal(text::for_log("abcdef", 3), "abc");
}

void nearest_finds_a_misspelt_name_and_no_stranger(void**) {
  constexpr std::string_view kNames[] = {"c2s_port", "http_port", "https_port", "log_level"};
  assert_text_equal(text::nearest("c2s_prot", kNames, 4), "c2s_port");
  assert_text_equal(text::nearest("loglevel", kNames, 4), "log_level");
  assert_text_equal(text::nearest("https_port", kNames, 4), "https_port");
  assert_text_equal(text::nearest("modules_enabled", kNames, 4), "");
  assert_text_equal(text::nearest("anything", nullptr, 0), "");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(utf8_check_takes_the_whole_range_of_each_size),
      cmocka_unit_test(utf8_check_refuses_overlong_forms_surrogates_and_cuts),
      cmocka_unit_test(xml_text_is_utf8_without_controls_and_noncharacters),
      cmocka_unit_test(percent_encoding_leaves_only_unreserved_characters),
      cmocka_unit_test(percent_decoding_reverses_every_byte),
      cmocka_unit_test(percent_decoding_refuses_bad_escapes),
      cmocka_unit_test(base64_matches_the_vectors_of_rfc_4648),
      cmocka_unit_test(base64_decoding_is_strict),
      cmocka_unit_test(base64url_has_no_padding_and_one_way_to_be_written),
      cmocka_unit_test(hexadecimal_is_lower_case),
      cmocka_unit_test(case_is_folded_for_ascii_only),
      cmocka_unit_test(trim_removes_blanks_at_both_ends_only),
      cmocka_unit_test(log_text_hides_controls_and_broken_bytes),
      cmocka_unit_test(log_text_is_cut_between_characters),
      cmocka_unit_test(nearest_finds_a_misspelt_name_and_no_stranger),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
