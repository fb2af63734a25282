// SPDX-License-Identifier: MIT
#include "web/static_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "net/loop.h"
#include "support/cmocka.h"

namespace rosterd::web {
namespace {

namespace fs = std::filesystem;

// A folder "www", beside it a secret; and what the last answer was.
struct Site final : Responder {
  Site() {
    char name[] = "/tmp/rosterd-site-XXXXXX";
    assert_non_null(mkdtemp(name));
    top = name;
    fs::create_directory(top + "/www");
    options.folder = top + "/www";
    options.file_bytes = 1000;
    write("../secret", "secret");
    write("index.html", "<p>hello");
  }
  ~Site() override { fs::remove_all(top); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(top + "/www/" + name, std::ios::binary) << text;
  }
  void link(const std::string& target, const std::string& name) const {
    fs::create_symlink(target, top + "/www/" + name);
  }
  void respond(ExchangeId, http::Response response) override { answer = std::move(response); }

  // "200 body"
  std::string get(const std::string& target, const std::string& field = "",
                  const std::string& value = "") {
    http::Request request;
    request.method = "GET";
    request.target = target;
    if (!field.empty()) request.fields.add(field, value);
    fault.clear();
    answer = read_static_file(options, request, false, fault);
    return std::to_string(answer.status) + " " + answer.body;
  }
  std::string field(std::string_view name) const { return std::string(answer.fields.get(name)); }

  std::string top;
  StaticFilesOptions options;
  http::Response answer;
  std::string fault;
};

constexpr const char* kMissing = "404 {\"status\":\"error\",\"message\":\"no such file\"}\n";
constexpr const char* kFault =
    "500 {\"status\":\"error\",\"message\":\"the file cannot be read\"}\n";

int set_site(void** state) {
  *state = new Site;
  return 0;
}
int clear_site(void** state) {
  delete static_cast<Site*>(*state);
  return 0;
}
Site& site_of(void** state) { return *static_cast<Site*>(*state); }

void file_is_served_with_its_type_and_version(void** state) {
  Site& site = site_of(state);
  assert_text_equal(site.get("/index.html?v=2"), "200 <p>hello");
  assert_text_equal(site.field("Content-Type"), "text/html; charset=utf-8");
  assert_text_equal(site.field("X-Content-Type-Options"), "nosniff");
  assert_text_equal(site.field("Cache-Control"), "no-cache");
  assert_text_equal(site.field("Accept-Ranges"), "bytes");
  const std::string etag = site.field("ETag");
  assert_true(etag.starts_with("\"8-"));
  assert_text_equal(site.get("/index.html", "If-None-Match", etag), "304 ");
  assert_text_equal(site.field("ETag"), etag);
  const std::string modified = site.field("Last-Modified");
  assert_text_equal(site.get("/index.html", "If-Modified-Since", modified), "304 ");
  site.write("index.html", "<p>hello again");
  assert_text_equal(site.get("/index.html", "If-None-Match", etag), "200 <p>hello again");
}

void part_of_a_file_is_served(void** state) {
  Site& site = site_of(state);
  assert_text_equal(site.get("/index.html", "Range", "bytes=3-4"), "206 he");
  assert_text_equal(site.field("Content-Range"), "bytes 3-4/8");
  assert_int_equal(site.get("/index.html", "Range", "bytes=8-").compare(0, 4, "416 "), 0);
  assert_text_equal(site.field("Content-Range"), "bytes */8");
  assert_text_equal(site.field("ETag"), "");
}

void empty_file_is_an_empty_answer(void** state) {
  Site& site = site_of(state);
  site.write("empty.js", "");
  assert_text_equal(site.get("/empty.js"), "200 ");
}

void folder_is_its_index(void** state) {
  Site& site = site_of(state);
  assert_text_equal(site.get("/"), "200 <p>hello");
  fs::create_directory(site.top + "/www/a:b");
  assert_text_equal(site.get("/a:b/"), kMissing);
  site.write("a:b/index.html", "inner");
  assert_text_equal(site.get("/a:b/"), "200 inner");
  site.get("/a%3Ab?x=/y");
  assert_int_equal(site.answer.status, 301);
  assert_text_equal(site.field("Location"), "./a%3Ab/?x=/y");
  fs::create_directory(site.top + "/www/a:b/index.html-not");
  assert_text_equal(site.get("/a:b/index.html/"), kMissing);
}

void nothing_outside_the_folder_is_served(void** state) {
  Site& site = site_of(state);
  for (const char* target : {"/../secret", "/%2e%2e/secret", "/..%2fsecret", "//../secret",
                             "/x/../../secret", "/secret%00.html"}) {
    assert_text_equal(site.get(target), kMissing);
  }
  site.link("../secret", "up");
  site.link(site.top + "/secret", "absolute");
  site.link("..", "out");
  site.link("loop", "loop");
  for (const char* target : {"/up", "/absolute", "/out/secret", "/loop"}) {
    assert_text_equal(site.get(target), kMissing);
  }
  assert_text_equal(site.fault, "");
}

void link_within_the_folder_is_followed(void** state) {
  Site& site = site_of(state);
  site.link("index.html", "start.html");
  assert_text_equal(site.get("/start.html"), "200 <p>hello");
}

void folder_itself_may_be_a_link(void** state) {
  Site& site = site_of(state);
  fs::create_symlink(site.options.folder, site.top + "/current");
  site.options.folder = site.top + "/current";
  assert_text_equal(site.get("/"), "200 <p>hello");
}

void hidden_files_and_pipes_are_not_there(void** state) {
  Site& site = site_of(state);
  site.write(".htpasswd", "x");
  assert_int_equal(::mkfifo((site.top + "/www/pipe").c_str(), 0600), 0);
  assert_text_equal(site.get("/.htpasswd"), kMissing);
  assert_text_equal(site.get("/pipe"), kMissing);
  assert_text_equal(site.get("/" + std::string(300, 'x')), kMissing);
}

void what_the_administrator_must_mend_is_told_him(void** state) {
  Site& site = site_of(state);
  site.write("big", std::string(1001, 'x'));
  assert_text_equal(site.get("/big"), kFault);
  assert_text_equal(site.fault, "1001 bytes are over http_file_bytes");
  site.options.folder = site.top + "/nowhere";
  assert_text_equal(site.get("/"), kFault);
  assert_text_equal(site.fault, "the folder: No such file or directory");
}

void request_is_answered_from_the_loop(void** state) {
  Site& site = site_of(state);
  net::Loop loop;
  StaticFiles files(loop, site.options);
  http::Request request;
  request.method = "GET";
  request.target = "/";
  files.on_request(site, {}, {}, request);
  assert_text_equal(site.answer.body, "");
  loop.run();
  assert_text_equal(site.answer.body, "<p>hello");
  // A HEAD has no range.
  request.fields.add("Range", "bytes=0-0");
  files.on_request(site, {}, Client{.head = true}, request);
  loop.run();
  assert_int_equal(site.answer.status, 200);
}

}  // namespace
}  // namespace rosterd::web

#define SITE_TEST(name)                                                       \
  cmocka_unit_test_setup_teardown(rosterd::web::name, rosterd::web::set_site, \
                                  rosterd::web::clear_site)

int main() {
  const CMUnitTest tests[] = {
      SITE_TEST(file_is_served_with_its_type_and_version),
      SITE_TEST(part_of_a_file_is_served),
      SITE_TEST(empty_file_is_an_empty_answer),
      SITE_TEST(folder_is_its_index),
      SITE_TEST(nothing_outside_the_folder_is_served),
      SITE_TEST(link_within_the_folder_is_followed),
      SITE_TEST(folder_itself_may_be_a_link),
      SITE_TEST(hidden_files_and_pipes_are_not_there),
      SITE_TEST(what_the_administrator_must_mend_is_told_him),
      SITE_TEST(request_is_answered_from_the_loop),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
