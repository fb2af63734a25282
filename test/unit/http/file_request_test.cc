// SPDX-License-Identifier: MIT
#include "http/file_request.h"

#include <initializer_list>
#include <utility>

#include "support/cmocka.h"

using namespace rosterd::http;

namespace {

const FileState kFile{1000, std::chrono::sys_time<std::chrono::nanoseconds>(
                                std::chrono::nanoseconds(1'795'000'000'123'456'789))};
constexpr const char* kEtag = "\"1000-1795000000123456789\"";
constexpr const char* kDate = "Wed, 18 Nov 2026 11:06:40 GMT";

// "200 0+1000"
std::string judge(std::initializer_list<std::pair<const char*, std::string>> list,
                  bool head = false, const FileState& file = kFile) {
  Fields fields;
  for (const auto& [name, value] : list) fields.add(name, value);
  const FileAnswer answer = judge_file_request(fields, head, file);
  return std::to_string(answer.status) + " " + std::to_string(answer.first) + "+" +
         std::to_string(answer.length);
}

std::string range(const char* value) { return judge({{"Range", value}}); }

std::string path_of(std::string_view request_path) {
  return find_file_path(request_path).value_or("none");
}

void path_is_decoded_once(void**) {
  assert_text_equal(path_of("/chat.js"), "chat.js");
  assert_text_equal(path_of("/a/b%20c/d.css"), "a/b c/d.css");
  assert_text_equal(path_of("/%C3%A9"), "\xC3\xA9");
  assert_text_equal(path_of("/a%252Fb"), "a%2Fb");
  assert_text_equal(path_of("/a..b/c."), "a..b/c.");
}

void folder_means_its_index(void**) {
  assert_text_equal(path_of("/"), "index.html");
  assert_text_equal(path_of("/chat/"), "chat/index.html");
}

void path_leads_out_of_nothing(void**) {
  for (std::string_view path : {"",
                                "x",
                                "..",
                                "/..",
                                "/../etc/passwd",
                                "/a/../b",
                                "/a/..",
                                "/.",
                                "/./a",
                                "/%2e%2e/a",
                                "/%2E./a",
                                "/.%2e/a",
                                "/a%2fb",
                                "/a%2F..%2Fb",
                                "/a\\..\\b",
                                "/a%5cb",
                                "//",
                                "//evil.example",
                                "/a//b",
                                "/a%00.html",
                                "/a%0ab",
                                "/a%7f",
                                "/%",
                                "/%4",
                                "/%zz",
                                "/.git/config",
                                "/a/.env",
                                "/.well-known/x"}) {
    assert_text_equal(path_of(path), "none");
  }
}

void type_follows_the_extension(void**) {
  assert_text_equal(content_type_of("index.html"), "text/html; charset=utf-8");
  assert_text_equal(content_type_of("dist/converse.min.JS"), "text/javascript; charset=utf-8");
  assert_text_equal(content_type_of("a.woff2"), "font/woff2");
  assert_text_equal(content_type_of("a.css.map"), "application/json");
  for (const char* path : {"README", "a.b/README", "a.", "a.exe", ""}) {
    assert_text_equal(content_type_of(path), "application/octet-stream");
  }
}

void validators_tell_versions_apart(void**) {
  assert_text_equal(make_etag(kFile), kEtag);
  assert_text_equal(make_last_modified(kFile), kDate);
}

void without_conditions_all_of_it_goes_out(void**) {
  assert_text_equal(judge({}), "200 0+1000");
  assert_text_equal(judge({}, true), "200 0+1000");
}

void what_the_client_has_is_not_sent_again(void**) {
  for (const std::string& value :
       {std::string(kEtag), std::string("W/") + kEtag, std::string("\"x\", ") + kEtag,
        std::string("\"a,b\" ,,\tW/\"c\",") + kEtag, std::string("*")}) {
    assert_text_equal(judge({{"If-None-Match", value}}), "304 0+0");
  }
  assert_text_equal(judge({{"If-None-Match", "\"x\""}, {"If-None-Match", kEtag}}), "304 0+0");
  assert_text_equal(judge({{"If-Modified-Since", kDate}}), "304 0+0");
}

void what_it_has_of_another_version_is(void**) {
  for (const char* value : {"\"x\"", "", "x", "\"1000-1795000000123456789", "W/", "*, \"x\""}) {
    assert_text_equal(judge({{"If-None-Match", value}}), "200 0+1000");
  }
  assert_text_equal(judge({{"If-Modified-Since", "Wed, 18 Nov 2026 11:06:41 GMT"}}), "200 0+1000");
  // The tag knows better than the date.
  assert_text_equal(judge({{"If-None-Match", "\"x\""}, {"If-Modified-Since", kDate}}),
                    "200 0+1000");
}

void precondition_that_fails_gets_status_412(void**) {
  assert_text_equal(judge({{"If-Match", kEtag}}), "200 0+1000");
  assert_text_equal(judge({{"If-Match", "*"}}), "200 0+1000");
  assert_text_equal(judge({{"If-Match", "\"x\""}}), "412 0+0");
  assert_text_equal(judge({{"If-Match", std::string("W/") + kEtag}}), "412 0+0");
  assert_text_equal(judge({{"If-Unmodified-Since", kDate}}), "200 0+1000");
  assert_text_equal(judge({{"If-Unmodified-Since", "yesterday"}}), "412 0+0");
}

void range_is_cut_out(void**) {
  assert_text_equal(range("bytes=0-0"), "206 0+1");
  assert_text_equal(range("bytes=10-19"), "206 10+10");
  assert_text_equal(range("Bytes= 990-"), "206 990+10");
  assert_text_equal(range("bytes=-5"), "206 995+5");
  assert_text_equal(range("bytes=-5000"), "206 0+1000");
  assert_text_equal(range("bytes=999-99999999999999999999999"), "206 999+1");
}

void range_beyond_the_end_gets_status_416(void**) {
  assert_text_equal(range("bytes=1000-"), "416 0+0");
  assert_text_equal(range("bytes=99999999999999999999999-"), "416 0+0");
  assert_text_equal(range("bytes=-0"), "416 0+0");
  assert_text_equal(judge({{"Range", "bytes=0-"}}, false, FileState{}), "416 0+0");
}

void range_that_is_not_understood_is_not_minded(void**) {
  for (const char* value : {"bytes=", "bytes=-", "bytes=a-", "bytes=1-b", "bytes=5-4", "bytes=1",
                            "lines=1-2", "bytes=0-1,5-6", "bytes=+1-2", "bytes=1--2", "", "b"}) {
    assert_text_equal(range(value), "200 0+1000");
  }
  assert_text_equal(judge({{"Range", "bytes=0-0"}, {"Range", "bytes=1-1"}}), "200 0+1000");
  assert_text_equal(judge({{"Range", "bytes=0-0"}}, true), "200 0+1000");
}

void range_of_another_version_is_not_sent(void**) {
  assert_text_equal(judge({{"Range", "bytes=5-"}, {"If-Range", kEtag}}), "206 5+995");
  assert_text_equal(judge({{"Range", "bytes=5-"}, {"If-Range", kDate}}), "206 5+995");
  for (const std::string& value :
       {std::string("\"x\""), std::string("W/") + kEtag, std::string()}) {
    assert_text_equal(judge({{"Range", "bytes=5-"}, {"If-Range", value}}), "200 0+1000");
  }
  assert_text_equal(judge({{"Range", "bytes=5-"}, {"If-None-Match", kEtag}}), "304 0+0");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(path_is_decoded_once),
      cmocka_unit_test(folder_means_its_index),
      cmocka_unit_test(path_leads_out_of_nothing),
      cmocka_unit_test(type_follows_the_extension),
      cmocka_unit_test(validators_tell_versions_apart),
      cmocka_unit_test(without_conditions_all_of_it_goes_out),
      cmocka_unit_test(what_the_client_has_is_not_sent_again),
      cmocka_unit_test(what_it_has_of_another_version_is),
      cmocka_unit_test(precondition_that_fails_gets_status_412),
      cmocka_unit_test(range_is_cut_out),
      cmocka_unit_test(range_beyond_the_end_gets_status_416),
      cmocka_unit_test(range_that_is_not_understood_is_not_minded),
      cmocka_unit_test(range_of_another_version_is_not_sent),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
