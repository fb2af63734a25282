// SPDX-License-Identifier: MIT
#include "web/cors.h"

#include "support/cmocka.h"

using namespace rosterd;
using namespace rosterd::web;

namespace {

const Origins kAll = {"*"};
const Origins kSome = {"https://a.test", "https://b.test:8443"};

std::string fields_for(const Origins& allowed, std::string_view origin) {
  http::Fields fields;
  add_cors(fields, allowed, origin);
  std::string out;
  for (const auto& [name, value] : fields.all()) out += name + "=" + value + ";";
  return out;
}

void origin_is_a_scheme_and_a_host(void**) {
  for (const char* origin : {"*", "https://a.test", "http://localhost:8080", "http://[::1]:1",
                             "chrome-extension://abc"}) {
    assert_true(is_origin(origin));
  }
  for (const char* other : {"", "a.test", "https://", "://a", "https://a.test/", "https://a.test/x",
                            "https://u@a.test", "https://*.a.test", "https://a.test, *", "null"}) {
    assert_false(is_origin(other));
  }
}

void listed_origins_may_and_others_not(void**) {
  assert_true(is_origin_allowed(kSome, "https://a.test"));
  assert_true(is_origin_allowed(kSome, "HTTPS://B.test:8443"));
  for (const char* other : {"https://b.test", "http://a.test", "https://a.test.evil", "null"}) {
    assert_false(is_origin_allowed(kSome, other));
    assert_true(is_origin_allowed(kAll, other));
  }
}

void only_an_origin_that_is_listed_is_named(void**) {
  assert_true(is_origin_named(kSome, "HTTPS://B.test:8443"));
  for (const char* other : {"", "*", "null", "https://c.test"}) {
    assert_false(is_origin_named(kSome, other));
    assert_false(is_origin_named(kAll, other));
  }
}

void request_of_no_page_may(void**) {
  assert_true(is_origin_allowed(kSome, ""));
  assert_true(is_origin_allowed({}, ""));
  assert_false(is_origin_allowed({}, "https://a.test"));
}

void answer_says_which_pages_may_read_it(void**) {
  assert_text_equal(fields_for(kAll, "https://a.test"), "Access-Control-Allow-Origin=*;");
  assert_text_equal(fields_for(kSome, "https://a.test"),
                    "Vary=Origin;Access-Control-Allow-Origin=https://a.test;");
  assert_text_equal(fields_for(kSome, "https://c.test"), "Vary=Origin;");
  assert_text_equal(fields_for(kSome, ""), "Vary=Origin;");
}

void preflight_says_what_may_be_sent(void**) {
  const http::Response response = make_preflight(kAll, "https://a.test", "GET, POST");
  assert_int_equal(response.status, 200);
  assert_text_equal(response.fields.get("Access-Control-Allow-Origin"), "*");
  assert_text_equal(response.fields.get("Access-Control-Allow-Methods"), "GET, POST");
  assert_text_equal(response.fields.get("Access-Control-Allow-Headers"), "Content-Type");
  assert_text_equal(response.body, "");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(origin_is_a_scheme_and_a_host),
      cmocka_unit_test(listed_origins_may_and_others_not),
      cmocka_unit_test(only_an_origin_that_is_listed_is_named),
      cmocka_unit_test(request_of_no_page_may),
      cmocka_unit_test(answer_says_which_pages_may_read_it),
      cmocka_unit_test(preflight_says_what_may_be_sent),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
