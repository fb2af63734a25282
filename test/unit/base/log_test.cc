// SPDX-License-Identifier: MIT
#include "base/log.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <regex>
#include <string>
#include <vector>

#include "support/cmocka.h"

namespace log = rosterd::log;
using log::Level;

namespace {

std::vector<std::string> lines;

int catch_lines(void**) {
  lines.clear();
  log::set_sink([](void*, Level, std::string_view line) { lines.emplace_back(line); }, nullptr);
  log::set_level(Level::kInfo);
  return 0;
}

int restore(void**) {
  log::set_sink(nullptr, nullptr);
  return 0;
}

std::string written(std::string_view value) {
  log::info("area", "event", {{"k", value}});
  return lines.back().substr(std::string_view("area event k=").size());
}

void line_has_area_event_and_fields(void**) {
  log::warn("c2s", "stream refused", {{"conn", 7}, {"jid", "romeo@example.org"}, {"n", -1}});
  assert_text_equal(lines.at(0), "c2s stream refused conn=7 jid=romeo@example.org n=-1");
  log::info("server", "ready");
  assert_text_equal(lines.at(1), "server ready");
}

void plain_values_stand_unquoted(void**) {
  assert_text_equal(written("caf\xC3\xA9/a?b&c;[::1]:5222"), "caf\xC3\xA9/a?b&c;[::1]:5222");
}

void values_that_could_be_misread_are_quoted(void**) {
  assert_text_equal(written(""), "\"\"");
  assert_text_equal(written("a b"), "\"a b\"");
  assert_text_equal(written("a=b"), "\"a=b\"");
  assert_text_equal(written("say \"hi\" \\o/"), R"("say \"hi\" \\o/")");
}

void peer_cannot_forge_a_line_or_command_the_terminal(void**) {
  assert_text_equal(written("x\n<3>server hacked"), R"("x\n<3>server hacked")");
  assert_text_equal(written("\x1B[2J\r\x7F"), R"("\x1b[2J\x0d\x7f")");
  assert_text_equal(written("\xC2\x9B"), R"("\xc2\x9b")");  // CSI as one character
  assert_text_equal(written(std::string_view("\0", 1)), R"("\x00")");
  assert_text_equal(written("\xFF\xC3"), R"("\xff\xc3")");
}

void long_value_is_cut(void**) {
  const std::string shown = written(std::string(1'000'000, 'x'));
  assert_true(shown.size() < 5000);
  assert_true(shown.ends_with("…"));
}

void level_decides_what_is_written(void**) {
  log::set_level(Level::kWarn);
  assert_true(log::enabled(Level::kError));
  assert_true(log::enabled(Level::kWarn));
  assert_false(log::enabled(Level::kInfo));
  log::error("a", "1");
  log::warn("a", "2");
  log::info("a", "3");
  assert_int_equal(lines.size(), 2);
}

void disabled_debug_line_evaluates_no_field(void**) {
  int evaluated = 0;
  ROSTERD_DEBUG("a", "event", {{"n", ++evaluated}});
  assert_int_equal(evaluated, 0);
  log::set_level(Level::kDebug);
  ROSTERD_DEBUG("a", "event", {{"n", ++evaluated}});
  assert_int_equal(evaluated, 1);
  assert_text_equal(lines.at(0), "a event n=1");
}

// What a child process writes to its standard error, which is a pipe of ours.
std::string stderr_of_child(bool journal) {
  int pipe_ends[2];
  assert_int_equal(pipe(pipe_ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(pipe_ends[1], STDERR_FILENO);
    struct stat status {};
    fstat(STDERR_FILENO, &status);
    const std::string own = std::to_string(status.st_dev) + ':' + std::to_string(status.st_ino);
    setenv("JOURNAL_STREAM", journal ? own.c_str() : "8:1", 1);
    log::set_sink(nullptr, nullptr);
    log::error("server", "cannot start", {{"reason", "no luck"}});
    log::info("server", "bye");
    _exit(0);
  }
  close(pipe_ends[1]);
  std::string out;
  char buffer[512];
  for (ssize_t n; (n = read(pipe_ends[0], buffer, sizeof buffer)) > 0;) {
    out.append(buffer, static_cast<std::size_t>(n));
  }
  close(pipe_ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  assert_int_equal(status, 0);
  return out;
}

void journal_gets_priorities(void**) {
  assert_text_equal(stderr_of_child(true),
                    "<3>server cannot start reason=\"no luck\"\n<6>server bye\n");
}

void everybody_else_gets_time_and_level(void**) {
  const std::regex expected(
      R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z error server cannot start reason="no luck"\n)"
      R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info  server bye\n)");
  assert_true(std::regex_match(stderr_of_child(false), expected));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(line_has_area_event_and_fields, catch_lines, restore),
      cmocka_unit_test_setup_teardown(plain_values_stand_unquoted, catch_lines, restore),
      cmocka_unit_test_setup_teardown(values_that_could_be_misread_are_quoted, catch_lines,
                                      restore),
      cmocka_unit_test_setup_teardown(peer_cannot_forge_a_line_or_command_the_terminal, catch_lines,
                                      restore),
      cmocka_unit_test_setup_teardown(long_value_is_cut, catch_lines, restore),
      cmocka_unit_test_setup_teardown(level_decides_what_is_written, catch_lines, restore),
      cmocka_unit_test_setup_teardown(disabled_debug_line_evaluates_no_field, catch_lines, restore),
      cmocka_unit_test_setup_teardown(journal_gets_priorities, catch_lines, restore),
      cmocka_unit_test_setup_teardown(everybody_else_gets_time_and_level, catch_lines, restore),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
