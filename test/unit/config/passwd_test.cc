// SPDX-License-Identifier: MIT
#include "passwd.h"

#include <fcntl.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "store/accounts_file.h"
#include "support/cmocka.h"
#include "xmpp/sasl.h"

namespace fs = std::filesystem;
using rosterd::store::Accounts;

namespace {

std::string folder;

int make_folder(void**) {
  char name[] = "/tmp/rosterd_passwd_XXXXXX";
  folder = mkdtemp(name);
  std::ofstream(folder + "/rosterd.toml") << "accounts_file = \"accounts\"\n"
                                             "tls_required = false\n"
                                             "[[host]]\nname = \"example.org\"\n";
  return 0;
}

int remove_folder(void**) {
  fs::remove_all(folder);
  return 0;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Outcome {
  int status;
  std::string out;
  std::string err;
};

void redirect(int fd, const std::string& path, int flags) {
  const int file = open(path.c_str(), flags, 0600);
  dup2(file, fd);
  close(file);
}

[[noreturn]] void run_child(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const int status = rosterd::run_passwd(static_cast<int>(words.size()), argv.data());
  std::fflush(nullptr);
  _exit(status);
}

std::vector<std::string> with_config(const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {"passwd", "-c", folder + "/rosterd.toml"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

int wait_for(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Runs `rosterd passwd -c … arguments` in a child whose standard input holds `input`.
Outcome passwd(const std::vector<std::string>& arguments, const std::string& input = "") {
  std::ofstream(folder + "/in", std::ios::binary) << input;
  const pid_t child = fork();
  if (child == 0) {
    redirect(STDIN_FILENO, folder + "/in", O_RDONLY);
    redirect(STDOUT_FILENO, folder + "/out", O_WRONLY | O_CREAT | O_TRUNC);
    redirect(STDERR_FILENO, folder + "/err", O_WRONLY | O_CREAT | O_TRUNC);
    run_child(with_config(arguments));
  }
  const int status = wait_for(child);
  return {status, read_file(folder + "/out"), read_file(folder + "/err")};
}

bool has_password(const char* user, const char* password) {
  const auto accounts = Accounts::load(folder + "/accounts");
  const auto* account = accounts->find(rosterd::xmpp::Jid::parse(user).value());
  if (!account) return false;
  const auto& keys = account->sha256;
  return rosterd::xmpp::derive_scram_keys(keys.hash, password, keys.salt, keys.iterations)
             .stored_key == keys.stored_key;
}

void password_from_standard_input_makes_an_account(void**) {
  const Outcome outcome = passwd({"Romeo@example.org"}, "wherefore\nnot this\n");
  assert_int_equal(outcome.status, 0);
  assert_true(outcome.out.starts_with("romeo@example.org: password set.\n"));
  assert_true(outcome.out.find("SIGHUP") != std::string::npos);
  assert_text_equal(outcome.err, "");
  assert_true(has_password("romeo@example.org", "wherefore"));
}

void second_password_replaces_the_first(void**) {
  passwd({"romeo@example.org"}, "one");
  assert_int_equal(passwd({"romeo@example.org"}, "two words").status, 0);
  assert_false(has_password("romeo@example.org", "one"));
  assert_true(has_password("romeo@example.org", "two words"));
}

void accounts_are_listed_and_deleted(void**) {
  assert_text_equal(passwd({"--list"}).out, "");
  passwd({"romeo@example.org"}, "x\n");
  passwd({"juliet@example.org"}, "x\n");
  assert_text_equal(passwd({"--list"}).out, "juliet@example.org\nromeo@example.org\n");
  assert_int_equal(passwd({"--delete", "romeo@example.org"}).status, 0);
  assert_text_equal(passwd({"--list"}).out, "juliet@example.org\n");
  const Outcome again = passwd({"--delete", "romeo@example.org"});
  assert_int_equal(again.status, 1);
  assert_text_equal(again.err, "rosterd passwd: romeo@example.org: no such account\n");
}

void foreign_host_is_warned_of(void**) {
  const Outcome outcome = passwd({"romeo@example.net"}, "x\n");
  assert_int_equal(outcome.status, 0);
  assert_true(outcome.err.find("example.net is none of the configured hosts") != std::string::npos);
}

void useless_passwords_are_refused(void**) {
  for (const std::string& bad : {std::string(), std::string("\n"), std::string("\x07\n"),
                                 std::string(2000, 'x'), std::string("\xFF\n")}) {
    const Outcome outcome = passwd({"romeo@example.org"}, bad);
    assert_int_equal(outcome.status, 1);
    assert_true(outcome.err.starts_with("rosterd passwd: "));
  }
  assert_false(fs::exists(folder + "/accounts"));
}

void broken_accounts_file_is_left_alone(void**) {
  std::ofstream(folder + "/accounts") << "garbage\n";
  assert_int_equal(passwd({"romeo@example.org"}, "x\n").status, 1);
  assert_int_equal(passwd({"--list"}).status, 1);
  assert_text_equal(read_file(folder + "/accounts"), "garbage\n");
}

void wrong_usage_exits_with_2(void**) {
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"romeo"},
      {"romeo@example.org/balcony"},
      {"@example.org"},
      {"a@b", "c@d"},
      {"--list", "a@b"},
      {"--list", "--delete"},
      {"--delete"},
      {"--unknown"},
      {"-c"},
      {"-c", "/nonexistent", "a@b"},
  };
  for (const auto& arguments : wrong) {
    const Outcome outcome = passwd(arguments, "x\n");
    assert_int_equal(outcome.status, 2);
    assert_text_equal(outcome.out, "");
    assert_true(!outcome.err.empty());
  }
  assert_int_equal(passwd({"--help"}).status, 0);
}

// Types the lines at the prompts of a terminal; returns all that it showed.
std::string type_at_terminal(const std::vector<std::string>& lines, int& status) {
  int terminal = -1;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, nullptr);
  if (child == 0) run_child(with_config({"romeo@example.org"}));
  std::string screen;
  std::size_t typed = 0;
  char buffer[256];
  for (ssize_t size; (size = read(terminal, buffer, sizeof buffer)) > 0;) {
    screen.append(buffer, static_cast<std::size_t>(size));
    if (typed == lines.size() || !screen.ends_with(": ")) continue;
    const std::string line = lines[typed++] + "\n";
    assert_int_equal(write(terminal, line.data(), line.size()), line.size());
  }
  close(terminal);
  status = wait_for(child);
  return screen;
}

void terminal_asks_twice_and_shows_nothing(void**) {
  int status = -1;
  const std::string screen = type_at_terminal({"wherefore", "wherefore"}, status);
  assert_int_equal(status, 0);
  assert_true(screen.starts_with("New password of romeo@example.org: \r\nAgain: \r\n"));
  assert_true(screen.find("wherefore") == std::string::npos);
  assert_true(has_password("romeo@example.org", "wherefore"));
}

void different_passwords_at_the_terminal_change_nothing(void**) {
  int status = -1;
  const std::string screen = type_at_terminal({"wherefore", "therefore"}, status);
  assert_int_equal(status, 1);
  assert_true(screen.find("the two passwords differ") != std::string::npos);
  assert_false(fs::exists(folder + "/accounts"));
}

}  // namespace

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main() {
  const CMUnitTest tests[] = {
      IN_FOLDER(password_from_standard_input_makes_an_account),
      IN_FOLDER(second_password_replaces_the_first),
      IN_FOLDER(accounts_are_listed_and_deleted),
      IN_FOLDER(foreign_host_is_warned_of),
      IN_FOLDER(useless_passwords_are_refused),
      IN_FOLDER(broken_accounts_file_is_left_alone),
      IN_FOLDER(wrong_usage_exits_with_2),
      IN_FOLDER(terminal_asks_twice_and_shows_nothing),
      IN_FOLDER(different_passwords_at_the_terminal_change_nothing),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
