// SPDX-License-Identifier: MIT
#include "net/process.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>

#include "support/cmocka.h"

using rosterd::Duration;
using rosterd::Errc;
using rosterd::Error;
using rosterd::Timer;
using rosterd::net::Loop;
using rosterd::net::LoopProcesses;
using rosterd::net::Process;
using rosterd::net::ProcessEvents;

namespace {

// A loop and a program that is told what to do by functions.
struct Runner final : ProcessEvents {
  bool start(const std::vector<std::string>& command) {
    auto started = processes.start(command, this);
    if (!started) {
      fault = started.error().text;
      assert_true(started.error().code == Errc::kUnavailable);
      return false;
    }
    process = *started;
    return true;
  }
  bool start_shell(const char* script) { return start({"/bin/sh", "-c", script}); }

  void on_output(std::string_view bytes) override {
    output += bytes;
    order += 'o';
    if (output_hook) output_hook();
  }
  void on_error_output(std::string_view bytes) override {
    errors += bytes;
    order += 'e';
  }
  void on_exit(const Error& reason) override {
    exit = reason.text;
    code = reason.code;
    ++exits;
    process = nullptr;
  }

  Loop loop;
  LoopProcesses processes{loop};
  Process* process = nullptr;
  std::function<void()> output_hook;
  std::string output, errors, order, exit, fault;
  Errc code{};
  int exits = 0;
};

// Neither gone nor waiting to be buried.
bool is_alive(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string number, name, state;
  return file >> number >> name >> state && state != "Z";
}

void program_reads_and_writes(void**) {
  Runner runner;
  assert_true(runner.start({"/bin/cat"}));
  runner.process->write("one ");
  runner.process->write("two");
  runner.output_hook = [&] {
    if (runner.output == "one two") runner.process->stop();
  };
  runner.loop.run();
  assert_text_equal(runner.output, "one two");
  assert_int_equal(runner.exits, 0);  // none after stop()
}

void end_of_a_program_is_told_after_its_last_words(void**) {
  Runner runner;
  assert_true(runner.start_shell("echo said; echo cried >&2; exit 3"));
  runner.loop.run();
  assert_text_equal(runner.output, "said\n");
  assert_text_equal(runner.errors, "cried\n");
  assert_text_equal(runner.exit, "exit status 3");
  assert_int_equal(runner.exits, 1);
}

void what_was_cried_before_it_was_said_is_told_first(void**) {
  Runner runner;
  assert_true(runner.start_shell("echo cried >&2; echo said; read line"));
  runner.output_hook = [&] { runner.process->stop(); };
  runner.loop.run();
  assert_text_equal(runner.order, "eo");
}

void killed_program_takes_along_what_it_has_started(void**) {
  Runner runner;
  // The sleeper holds the program's standard output open; the loop ends all the same.
  assert_true(runner.start_shell("sleep 1000 & echo $!; wait"));
  runner.output_hook = [&] { runner.process->kill(); };
  runner.loop.run();
  assert_text_equal(runner.exit, "signal 9");
  const int sleeper = std::atoi(runner.output.c_str());
  for (int tries = 0; is_alive(sleeper) && tries < 1000; ++tries) ::usleep(1000);
  assert_false(is_alive(sleeper));
}

void program_that_does_not_stop_is_terminated(void**) {
  Runner runner;
  assert_true(runner.start_shell("trap 'exit 0' TERM; echo ready; while :; do sleep 0.01; done"));
  runner.output_hook = [&] { runner.process->stop(); };
  runner.loop.run();
}

void program_that_ignores_everything_is_killed(void**) {
  Runner runner;
  assert_true(runner.start_shell("trap '' TERM; echo ready; while :; do sleep 0.01; done"));
  runner.output_hook = [&] { runner.process->stop(); };
  runner.loop.run();
}

void all_are_stopped_together_and_none_is_started_any_more(void**) {
  Runner cat, deaf;
  LoopProcesses processes(cat.loop);
  auto started = processes.start({"/bin/cat"}, &cat);
  assert_true(started.has_value());
  assert_true(processes.start({"/bin/sh", "-c", "exec sleep 1000"}, &deaf).has_value());
  processes.stop();
  assert_true(processes.start({"/bin/cat"}, &cat).error().code == Errc::kCancelled);
  cat.loop.run();
  assert_text_equal(cat.exit, "exit status 0");
  assert_true(cat.code == Errc::kCancelled);
  assert_text_equal(deaf.exit, "signal 15");
  assert_int_equal(cat.exits + deaf.exits, 2);
}

void what_cannot_be_started_is_an_error(void**) {
  Runner runner;
  assert_false(runner.start({"/nonexistent/program"}));
  assert_text_equal(runner.fault, "no such file or directory (start /nonexistent/program)");
  assert_false(runner.start({"/etc/passwd"}));
  runner.loop.run();
}

void arguments_are_passed_as_they_are(void**) {
  Runner runner;
  assert_true(runner.start({"/bin/echo", "a b", "$HOME", ""}));
  runner.loop.run();
  assert_text_equal(runner.output, "a b $HOME \n");
}

// Not even one that the daemon itself has inherited.
void program_inherits_no_descriptors(void**) {
  Runner runner;
  const int file = ::open("/dev/null", O_RDONLY);
  assert_true(runner.start_shell("ls /proc/$$/fd | tr '\\n' ' '"));
  runner.loop.run();
  ::close(file);
  assert_text_equal(runner.output, "0 1 2 ");
}

void program_gets_little_of_the_environment(void**) {
  ::setenv("NOTIFY_SOCKET", "/run/x", 1);
  ::setenv("LANG", "C.UTF-8", 1);
  Runner runner;
  assert_true(runner.start({"/usr/bin/env"}));
  runner.loop.run();
  ::unsetenv("NOTIFY_SOCKET");
  assert_true(runner.output.find("LANG=C.UTF-8\n") != std::string::npos);
  assert_true(runner.output.find("PATH=") != std::string::npos);
  assert_true(runner.output.find("NOTIFY_SOCKET") == std::string::npos);
}

void program_runs_in_the_root_in_a_session_of_its_own(void**) {
  Runner runner;
  assert_true(runner.start_shell("pwd; cut -d ' ' -f 6 /proc/$$/stat; echo $$"));
  runner.loop.run();
  const std::size_t second = runner.output.find('\n') + 1;
  const std::size_t third = runner.output.find('\n', second) + 1;
  assert_text_equal(runner.output.substr(0, second), "/\n");
  assert_text_equal(runner.output.substr(second, third - second), runner.output.substr(third));
}

// Of a socket it could not be.
void standard_input_can_be_opened_by_name(void**) {
  Runner runner;
  assert_true(runner.start_shell("read line </dev/stdin; echo \"$line\""));
  runner.process->write("hello\n");
  runner.loop.run();
  assert_text_equal(runner.output, "hello\n");
}

void signals_that_the_daemon_ignores_end_the_program(void**) {
  Runner runner;
  assert_true(runner.start_shell("kill -PIPE $$; echo alive"));
  runner.loop.run();
  assert_text_equal(runner.exit, "signal 13");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(program_reads_and_writes),
      cmocka_unit_test(end_of_a_program_is_told_after_its_last_words),
      cmocka_unit_test(what_was_cried_before_it_was_said_is_told_first),
      cmocka_unit_test(killed_program_takes_along_what_it_has_started),
      cmocka_unit_test(program_that_does_not_stop_is_terminated),
      cmocka_unit_test(program_that_ignores_everything_is_killed),
      cmocka_unit_test(all_are_stopped_together_and_none_is_started_any_more),
      cmocka_unit_test(what_cannot_be_started_is_an_error),
      cmocka_unit_test(arguments_are_passed_as_they_are),
      cmocka_unit_test(program_inherits_no_descriptors),
      cmocka_unit_test(program_gets_little_of_the_environment),
      cmocka_unit_test(program_runs_in_the_root_in_a_session_of_its_own),
      cmocka_unit_test(standard_input_can_be_opened_by_name),
      cmocka_unit_test(signals_that_the_daemon_ignores_end_the_program),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
