// SPDX-License-Identifier: MIT
#include "app/file_reader.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "net/loop.h"
#include "support/cmocka.h"

namespace rosterd::app {
namespace {

// A folder of its own, and what came back.
struct Folder final : web::FetchEvents {
  Folder() {
    char name[] = "/tmp/rosterd-files-XXXXXX";
    assert_non_null(mkdtemp(name));
    path = name;
  }
  ~Folder() override { std::filesystem::remove_all(path); }
  void on_fetch_done(std::uint64_t ticket, Result<http::Response> response) override {
    tickets.push_back(ticket);
    bodies += response ? std::to_string(response->status) + " " + response->body + ";"
                       : std::string(to_string(response.error().code)) + ";";
  }

  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(path + "/" + name, std::ios::binary) << text;
    return path + "/" + name;
  }
  Errc fault(const std::string& file, std::size_t limit = 100) {
    const auto read = read_file(file, limit);
    assert_false(read.has_value());
    return read.error().code;
  }

  std::string path;
  net::Loop loop;
  LoopFileReader reader{loop};
  std::vector<std::uint64_t> tickets;
  std::string bodies;
};

int set_folder(void** state) {
  *state = new Folder;
  return 0;
}
int clear_folder(void** state) {
  delete static_cast<Folder*>(*state);
  return 0;
}
Folder& folder_of(void** state) { return *static_cast<Folder*>(*state); }

void whole_file_is_read_up_to_the_limit(void** state) {
  Folder& folder = folder_of(state);
  const std::string text(40'000, 'x');
  const std::string file = folder.write("a", text);
  assert_true(read_file(file, text.size())->body == text);
  assert_int_equal(read_file(file, text.size())->status, 200);
  assert_true(folder.fault(file, text.size() - 1) == Errc::kTooLarge);
}

void empty_file_is_an_empty_body(void** state) {
  assert_text_equal(read_file(folder_of(state).write("a", ""), 0)->body, "");
}

void file_that_is_not_there_is_404(void** state) {
  Folder& folder = folder_of(state);
  const std::string file = folder.write("a", "");
  assert_int_equal(read_file(folder.path + "/b", 1)->status, 404);
  assert_int_equal(read_file(file + "/b", 1)->status, 404);
  assert_int_equal(read_file(folder.path + "/" + std::string(300, 'x'), 1)->status, 404);
}

void folder_is_no_file(void** state) {
  Folder& folder = folder_of(state);
  assert_true(folder.fault(folder.path) == Errc::kInvalid);
}

void pipe_that_nobody_writes_to_holds_no_thread(void** state) {
  Folder& folder = folder_of(state);
  const std::string pipe = folder.path + "/pipe";
  assert_int_equal(mkfifo(pipe.c_str(), 0600), 0);
  assert_true(folder.fault(pipe) == Errc::kInvalid);
}

void answers_come_on_the_loop(void** state) {
  Folder& folder = folder_of(state);
  const std::string file = folder.write("a", "{}");
  const auto first = folder.reader.read(file, 100, &folder);
  assert_text_equal(folder.bodies, "");
  folder.loop.run();
  const auto second = folder.reader.read(folder.path + "/b", 100, &folder);
  folder.loop.run();
  assert_text_equal(folder.bodies, "200 {};404 ;");
  assert_true((folder.tickets == std::vector<std::uint64_t>{first, second}));
}

void cancelled_read_is_not_answered(void** state) {
  Folder& folder = folder_of(state);
  const std::string file = folder.write("a", "{}");
  folder.reader.cancel(folder.reader.read(file, 100, &folder));
  folder.loop.run();
  assert_text_equal(folder.bodies, "");
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
#define FOLDER_TEST(test) cmocka_unit_test_setup_teardown(test, set_folder, clear_folder)
  const CMUnitTest tests[] = {
      FOLDER_TEST(whole_file_is_read_up_to_the_limit),
      FOLDER_TEST(empty_file_is_an_empty_body),
      FOLDER_TEST(file_that_is_not_there_is_404),
      FOLDER_TEST(folder_is_no_file),
      FOLDER_TEST(pipe_that_nobody_writes_to_holds_no_thread),
      FOLDER_TEST(answers_come_on_the_loop),
      FOLDER_TEST(cancelled_read_is_not_answered),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
