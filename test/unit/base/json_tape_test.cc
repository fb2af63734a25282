// SPDX-License-Identifier: MIT
#include "base/json_tape.h"

#include <string>

#include "support/cmocka.h"

namespace json = rosterd::json;

namespace {

// Numbers come back as strings: the Writer has integers only.
class Copier final : public json::Events {
 public:
  bool on_null() override { return (writer_.null(), true); }
  bool on_bool(bool value) override { return (writer_.boolean(value), true); }
  bool on_number(std::string_view literal) override { return on_string(literal); }
  bool on_string(std::string_view value) override {
    return value != "poison" && (writer_.string(value), true);
  }
  bool on_object_start() override { return (writer_.object(), true); }
  bool on_key(std::string_view key) override { return (writer_.key(key), true); }
  bool on_object_end() override { return (writer_.end(), true); }
  bool on_array_start() override { return (writer_.array(), true); }
  bool on_array_end() override { return (writer_.end(), true); }
  std::string refusal() const override { return "no poison here"; }
  std::string take() { return writer_.take(); }

 private:
  json::Writer writer_;
};

json::Tape record(std::string_view text) {
  json::Tape tape;
  assert_true(json::read(text, tape).has_value());
  return tape;
}

void what_was_recorded_is_told_again_as_often_as_asked(void**) {
  const std::string text =
      R"({"a":[null,true,false,"-1.5e3","x\u0000é","",{}],"":{"b":[]},"a":"again"})";
  const json::Tape tape = record(text);
  for (int i = 0; i < 2; ++i) {
    Copier copier;
    assert_true(tape.replay(copier).has_value());
    assert_text_equal(copier.take(), text);
  }
}

void numbers_keep_their_spelling(void**) {
  Copier copier;
  assert_true(record("[1.50, 99999999999999999999]").replay(copier).has_value());
  assert_text_equal(copier.take(), R"(["1.50","99999999999999999999"])");
}

void tape_is_complete_at_the_end_of_its_value(void**) {
  json::Tape tape;
  assert_true(tape.empty());
  assert_false(tape.complete());
  tape.on_object_start();
  tape.on_key("a");
  tape.on_array_start();
  tape.on_array_end();
  assert_false(tape.complete());
  tape.on_object_end();
  assert_true(tape.complete());
  json::Tape word;
  word.on_string("x");
  assert_true(word.complete());
}

void single_string_and_null_can_be_looked_at(void**) {
  assert_text_equal(*record(R"("x\u0000y")").string(), std::string_view("x\0y", 3));
  assert_text_equal(*record(R"("")").string(), "");
  for (const char* other : {"null", "1", "true", "{}", R"(["x"])", R"({"x": "y"})"}) {
    assert_false(record(other).string().has_value());
  }
  assert_true(record("null").is_null());
  assert_false(record("[null]").is_null());
}

void tapes_can_be_put_together(void**) {
  json::Tape whole;
  whole.on_object_start();
  whole.on_key("name");
  whole.append(record(R"("John")"));
  whole.on_key("groups");
  whole.append(record(R"(["a", "b"])"));
  assert_false(whole.complete());
  whole.on_object_end();
  assert_true(whole.complete());
  Copier copier;
  assert_true(whole.replay(copier).has_value());
  assert_text_equal(copier.take(), R"({"name":"John","groups":["a","b"]})");
}

void refusal_of_the_receiver_stops_the_telling(void**) {
  Copier copier;
  const auto told = record(R"(["a", "poison", "b"])").replay(copier);
  assert_false(told.has_value());
  assert_text_equal(told.error().text, "no poison here");
  assert_text_equal(copier.take(), R"(["a")");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(what_was_recorded_is_told_again_as_often_as_asked),
      cmocka_unit_test(numbers_keep_their_spelling),
      cmocka_unit_test(tape_is_complete_at_the_end_of_its_value),
      cmocka_unit_test(single_string_and_null_can_be_looked_at),
      cmocka_unit_test(tapes_can_be_put_together),
      cmocka_unit_test(refusal_of_the_receiver_stops_the_telling),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
