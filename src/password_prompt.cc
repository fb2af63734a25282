// SPDX-License-Identifier: MIT
#include "password_prompt.h"

#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <utility>

#include "base/crypto.h"

namespace rosterd {

namespace {

constexpr std::size_t kLongestPassword = 1023;
constexpr int kFatalSignals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

termios saved_terminal;

// A terminal left without echo would be useless to whoever pressed Ctrl-C.
void restore_and_die(int signum) {
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved_terminal);
  raise(signum);  // SA_RESETHAND: the default takes over
}

// No echo while it lives.
class SilentTerminal {
 public:
  SilentTerminal() {
    tcgetattr(STDIN_FILENO, &saved_terminal);
    struct sigaction action {};
    action.sa_handler = restore_and_die;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    for (const int signum : kFatalSignals) sigaction(signum, &action, nullptr);
    termios silent = saved_terminal;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~SilentTerminal() {
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved_terminal);
    for (const int signum : kFatalSignals) std::signal(signum, SIG_DFL);
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;
};

// Byte by byte, so that no copy of it stays in a stream's buffer.
Result<std::string> read_line() {
  std::string line;
  line.reserve(kLongestPassword + 1);
  for (;;) {
    char c = 0;
    const ssize_t size = ::read(STDIN_FILENO, &c, 1);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0 || c == '\n') break;
    line += c;
    if (line.size() <= kLongestPassword) continue;
    crypto::wipe(line);
    return make_error(Errc::kInvalid, "the password is too long");
  }
  if (line.empty()) return make_error(Errc::kInvalid, "the password is empty");
  return line;
}

Result<std::string> prompt(const std::string& text) {
  const SilentTerminal silent;
  std::fputs(text.c_str(), stderr);
  auto line = read_line();
  std::fputc('\n', stderr);  // the one typed was not echoed
  return line;
}

}  // namespace

Result<std::string> ask_new_password(const std::string& user) {
  if (!isatty(STDIN_FILENO)) return read_line();
  auto first = prompt("New password of " + user + ": ");
  if (!first) return first;
  auto second = prompt("Again: ");
  const bool equal = second && *second == *first;
  if (second) crypto::wipe(*second);
  if (equal) return first;
  crypto::wipe(*first);
  return make_error(Errc::kInvalid, "the two passwords differ");
}

}  // namespace rosterd
