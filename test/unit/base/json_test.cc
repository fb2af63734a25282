// SPDX-License-Identifier: MIT
#include "base/json.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "support/cmocka.h"

namespace json = rosterd::json;
using rosterd::Errc;

namespace {

// Writes down what it is told, and refuses one string on request.
class Recorder : public json::Events {
 public:
  bool on_null() override { return add("null"); }
  bool on_bool(bool value) override { return add(value ? "true" : "false"); }
  bool on_number(std::string_view literal) override { return add(literal); }
  bool on_string(std::string_view value) override {
    return value != "poison" && add("'" + std::string(value) + "'");
  }
  bool on_object_start() override { return add("{"); }
  bool on_key(std::string_view key) override { return add(std::string(key) + ":"); }
  bool on_object_end() override { return add("}"); }
  bool on_array_start() override { return add("["); }
  bool on_array_end() override { return add("]"); }
  std::string refusal() const override { return "no poison here"; }

  std::string seen;

 private:
  bool add(std::string_view what) {
    (seen += what) += ' ';
    return true;
  }
};

// What was seen and how it ended, of a text in parts of this size.
std::string read_in_parts(std::string_view body, std::size_t size) {
  Recorder recorder;
  json::Parser parser(recorder);
  for (; !body.empty(); body.remove_prefix(std::min(size, body.size()))) {
    parser.feed(body.substr(0, size));
  }
  const auto read = parser.finish();
  return recorder.seen + (read ? "" : read.error().text);
}

// Parts make no difference.
void check_parts(std::string_view body, const std::string& outcome) {
  for (const std::size_t size : {1, 2, 3, 5, 7, 11}) {
    assert_text_equal(read_in_parts(body, size), outcome);
  }
}

std::string read_good(std::string_view body) {
  Recorder recorder;
  const auto read = json::read(body, recorder);
  assert_true(read.has_value());
  check_parts(body, recorder.seen);
  return recorder.seen;
}

std::string read_bad(std::string_view body) {
  Recorder recorder;
  const auto read = json::read(body, recorder);
  assert_false(read.has_value());
  assert_int_equal(static_cast<int>(read.error().code), static_cast<int>(Errc::kInvalid));
  check_parts(body, recorder.seen + read.error().text);
  return read.error().text;
}

void events_come_in_the_order_of_the_text(void**) {
  assert_text_equal(
      read_good(R"({"a": [1, -2.5e3, "x\u00e9\n"], "b": {"c": null}, "d": true, "e": false})"),
      "{ a: [ 1 -2.5e3 'x\xC3\xA9\n' ] b: { c: null } d: true e: false } ");
}

void empty_containers_and_white_space_are_read(void**) {
  assert_text_equal(read_good(" \t\r\n[ { } , [ ] ] \n"), "[ { } [ ] ] ");
}

void huge_numbers_are_no_error(void**) {
  assert_text_equal(read_good("[99999999999999999999999, 1e999]"),
                    "[ 99999999999999999999999 1e999 ] ");
}

void duplicate_keys_are_all_delivered(void**) {
  assert_text_equal(read_good(R"({"a":1,"a":2})"), "{ a: 1 a: 2 } ");
}

void byte_order_mark_is_skipped(void**) { assert_text_equal(read_good("\xEF\xBB\xBF[]"), "[ ] "); }

void text_cut_anywhere_is_refused(void**) {
  const std::string whole = R"({"key": ["a\u00e9", true, null, {"n": -1.5e3}]})";
  read_good(whole);
  for (std::size_t cut = 0; cut < whole.size(); ++cut) read_bad(whole.substr(0, cut));
}

void malformed_text_is_refused(void**) {
  for (const char* bad :
       {"",        " ",     "{",        "}",         "[1,]",       "{\"a\":1,}", "{a:1}",
        "{'a':1}", "[1 2]", "[1]x",     "[] []",     "nul",        "NaN",        "[01]",
        "[+1]",    "[.5]",  "// c\n[]", "/* c */[]", "[\"a\nb\"]", "[\"\\x\"]",  "[\"\\u12\"]",
        "{\"a\"}", "{1:2}", "\xEF\xBB", "<html>"}) {
    read_bad(bad);
  }
  read_bad(std::string_view("[\0]", 3));
}

void invalid_utf8_in_a_string_or_key_is_refused(void**) {
  for (const char* bad : {"\xFF", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC3"}) {
    read_bad("[\"" + std::string(bad) + "\"]");
    read_bad("{\"" + std::string(bad) + "\":1}");
  }
}

void half_of_a_surrogate_pair_is_told_as_no_character(void**) {
  const std::string none = "\xEF\xBF\xBF";  // U+FFFF
  const std::string face = "\xF0\x9F\x98\x80";
  for (const auto& [text, told] : {std::pair<std::string, std::string>{R"(\ud83d)", none},
                                   {R"(\ude00)", none},
                                   {R"(a\uD83Db)", "a" + none + "b"},
                                   {R"(\ud83d\n)", none + "\n"},
                                   {R"(\ud83d\\ude00)", none + "\\ude00"},
                                   {R"(\ud83d\u0041)", none + "A"},
                                   {R"(\ud83d\ud83d\ude00)", none + face},
                                   {R"(\ud83d\ude00\ude00)", face + none},
                                   {R"(\ude00\ud83d)", none + none},
                                   {R"(\\ud83d)", "\\ud83d"},
                                   {R"(\\\ud83d)", "\\" + none}}) {
    assert_text_equal(read_good("[\"" + text + "\"]"), "[ '" + told + "' ] ");
  }
  assert_text_equal(read_good(R"({"\ud83d": "\ud83d\ude00"})"),
                    "{ " + none + ": '" + face + "' } ");
}

void half_of_a_surrogate_pair_leaves_errors_where_they_are(void**) {
  assert_non_null(std::strstr(read_bad(R"(["\ud83d",x])").c_str(), "byte 11"));
  for (const char* bad : {R"(["\ud83)", R"(["\ud83d\)", R"(["\ud83d\u)", R"(["\ud83d\ude0)",
                          R"(["\ud83g"])", R"(["\u-83d"])", R"(\ud83d)", R"(["\ud83d)"}) {
    read_bad(bad);
  }
}

void depth_is_limited(void**) {
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '[') +
           std::string(static_cast<std::size_t>(depth), ']');
  };
  read_good(nested(json::kMaxDepth));
  assert_non_null(std::strstr(read_bad(nested(json::kMaxDepth + 1)).c_str(), "nested too deeply"));
  read_bad(std::string(1'000'000, '['));
  read_bad([] {
    std::string objects;
    for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
    return objects;
  }());
}

void siblings_do_not_add_up_to_depth(void**) {
  std::string body = "[";
  for (int i = 0; i < 100; ++i) body += "[],{},";
  read_good(body + "1]");
}

void refusal_of_the_receiver_stops_the_reading(void**) {
  Recorder recorder;
  const auto read = json::read(R"(["a", "poison", "b"])", recorder);
  assert_false(read.has_value());
  assert_non_null(std::strstr(read.error().text.c_str(), "no poison here"));
  assert_text_equal(recorder.seen, "[ 'a' ");
}

void error_names_the_position(void**) {
  assert_non_null(std::strstr(read_bad("[1,\n2,x]").c_str(), "byte 7"));
}

void error_names_what_stands_in_the_place_of_json(void**) {
  assert_text_equal(read_bad(" \n"), "no JSON: there is nothing");
  assert_text_equal(read_bad("\n<!DOCTYPE html>"), "no JSON: it is HTML or XML");
  assert_text_equal(read_bad("\xFF\xFE[\0]\0"), "no JSON: it must be in UTF-8");
  assert_text_equal(read_bad(std::string_view("[\0]\0", 4)), "no JSON: it must be in UTF-8");
  assert_text_equal(read_bad("\x1F\x8B\x08"), "no JSON: it is compressed");
}

void long_texts_in_parts_are_read_like_whole_ones(void**) {
  const std::string name(10'000, 'x');
  const std::string body = "[" + std::string(10'000, ' ') + '"' + name + "\\ud83d\\ude00\", 12]";
  assert_text_equal(read_good(body), "[ '" + name + "\xF0\x9F\x98\x80' 12 ] ");
  read_bad(body.substr(0, 15'000));
}

void quoting_escapes_what_json_must_and_mends_broken_utf8(void**) {
  assert_text_equal(json::quote("a\"b\\c\n\r\t"), R"("a\"b\\c\n\r\t")");
  assert_text_equal(json::quote(std::string_view("\0\x1F\x7F", 3)), "\"\\u0000\\u001f\x7F\"");
  assert_text_equal(json::quote("\xC3\xA9\xFF"), "\"\xC3\xA9\xEF\xBF\xBD\"");
}

void quoted_text_reads_back_as_it_was(void**) {
  std::string every;
  for (int c = 0; c < 0x80; ++c) every += static_cast<char>(c);
  assert_text_equal(read_good("[" + json::quote(every) + "]"), "[ '" + every + "' ] ");
}

void writer_places_commas_and_colons(void**) {
  json::Writer writer;
  writer.object().key("a").array().number(1).number(-2).string("x").object().end().end();
  writer.key("b").boolean(true).key("c").null().key("d").object().key("e").boolean(false);
  writer.end().end();
  assert_text_equal(writer.take(), R"({"a":[1,-2,"x",{}],"b":true,"c":null,"d":{"e":false}})");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(events_come_in_the_order_of_the_text),
      cmocka_unit_test(empty_containers_and_white_space_are_read),
      cmocka_unit_test(huge_numbers_are_no_error),
      cmocka_unit_test(duplicate_keys_are_all_delivered),
      cmocka_unit_test(byte_order_mark_is_skipped),
      cmocka_unit_test(text_cut_anywhere_is_refused),
      cmocka_unit_test(malformed_text_is_refused),
      cmocka_unit_test(invalid_utf8_in_a_string_or_key_is_refused),
      cmocka_unit_test(half_of_a_surrogate_pair_is_told_as_no_character),
      cmocka_unit_test(half_of_a_surrogate_pair_leaves_errors_where_they_are),
      cmocka_unit_test(depth_is_limited),
      cmocka_unit_test(siblings_do_not_add_up_to_depth),
      cmocka_unit_test(refusal_of_the_receiver_stops_the_reading),
      cmocka_unit_test(error_names_the_position),
      cmocka_unit_test(error_names_what_stands_in_the_place_of_json),
      cmocka_unit_test(long_texts_in_parts_are_read_like_whole_ones),
      cmocka_unit_test(quoting_escapes_what_json_must_and_mends_broken_utf8),
      cmocka_unit_test(quoted_text_reads_back_as_it_was),
      cmocka_unit_test(writer_places_commas_and_colons),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
