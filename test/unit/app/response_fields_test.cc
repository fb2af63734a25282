// SPDX-License-Identifier: MIT
#include "app/response_fields.h"

#include "support/cmocka.h"

namespace rosterd::app {
namespace {

http::Fields with(std::initializer_list<std::pair<std::string, std::string>> all) {
  http::Fields fields;
  for (const auto& [name, value] : all) fields.add(name, value);
  return fields;
}

std::int64_t max_age(std::initializer_list<std::pair<std::string, std::string>> all) {
  return std::chrono::duration_cast<std::chrono::seconds>(read_max_age(with(all))).count();
}

std::string next(std::string link) {
  return read_next_link(with({{"Link", std::move(link)}})).value_or("none");
}

void etag_is_kept_as_it_came(void**) {
  assert_text_equal(read_etag(with({{"etag", " \"v 1\" "}})), "\"v 1\"");
  assert_text_equal(read_etag(with({{"ETag", "W/\"v1\""}})), "W/\"v1\"");
  assert_text_equal(read_etag(with({{"ETag", "v1"}})), "v1");
  assert_text_equal(read_etag(with({})), "");
  assert_text_equal(read_etag(with({{"ETag", std::string(257, 'x')}})), "");
}

void max_age_is_read_from_among_other_directives(void**) {
  assert_int_equal(max_age({{"Cache-Control", "max-age=60"}}), 60);
  assert_int_equal(max_age({{"cache-control", "private, Max-Age = \"61\" , must-revalidate"}}), 61);
  assert_int_equal(max_age({{"Cache-Control", "private"}, {"Cache-Control", "max-age=5"}}), 5);
  assert_int_equal(max_age({{"Cache-Control", "private=\"a, max-age=9\", max-age=7"}}), 7);
  assert_int_equal(max_age({{"Cache-Control", "max-age=60"}, {"Age", "20"}}), 40);
  assert_int_equal(max_age({{"Cache-Control", "max-age=60"}, {"Age", "90"}}), 0);
}

void max_age_is_bounded(void**) {
  assert_int_equal(max_age({{"Cache-Control", "max-age=99999999999999999999999"}}), 86400);
  assert_int_equal(max_age({{"Cache-Control", "max-age=31536000"}}), 86400);
}

void nothing_is_fresh_without_a_clear_word(void**) {
  for (const char* value :
       {"", "max-age", "max-age=", "max-age=-1", "max-age=1x", "no-cache, max-age=60",
        "max-age=60, no-store", "x-max-age=60", "\"max-age=60\""}) {
    assert_int_equal(max_age({{"Cache-Control", value}}), 0);
  }
  assert_int_equal(max_age({}), 0);
}

void next_link_is_found_among_others(void**) {
  assert_text_equal(next("</a?p=2>; rel=\"next\""), "/a?p=2");
  assert_text_equal(next("</a?p=1>; rel=prev, <b;x,y>;title=\"q, \\\"r\"; REL=Next"), "b;x,y");
  assert_text_equal(next("<x>; rel=\"last next\""), "x");
  assert_text_equal(next("<x>; rel=next; rel=prev"), "x");
}

void what_is_no_next_link_is_none(void**) {
  for (const char* link : {"", "x; rel=next", "<x>", "<x>; rel=nextish", "<x; rel=next",
                           "<x>; title=next", "<x>; rel=\"", "<x>; rel=", ",,;;", "<"}) {
    assert_text_equal(next(link), "none");
  }
  assert_false(read_next_link(with({})).has_value());
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      cmocka_unit_test(etag_is_kept_as_it_came),
      cmocka_unit_test(max_age_is_read_from_among_other_directives),
      cmocka_unit_test(max_age_is_bounded),
      cmocka_unit_test(nothing_is_fresh_without_a_clear_word),
      cmocka_unit_test(next_link_is_found_among_others),
      cmocka_unit_test(what_is_no_next_link_is_none),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
