// SPDX-License-Identifier: MIT
#include "runner.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "base/log.h"
#include "player.h"
#include "steady_random.h"

namespace rosterd::model {

namespace {

constexpr std::string_view kCrash = "the program goes on";
// Between the parts of what a process says about its history.
constexpr char kSeparator = '\0';

void silence() {
  const int nowhere = open("/dev/null", O_WRONLY);
  dup2(nowhere, STDERR_FILENO);
  close(nowhere);
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string read_all(int fd) {
  std::string text;
  char buffer[4096];
  for (ssize_t count = 0; (count = read(fd, buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(count));
  }
  return text;
}

std::string to_report(const Outcome& outcome) {
  std::string report;
  if (outcome.violation) report = outcome.violation->rule + kSeparator + outcome.violation->what;
  return report + kSeparator + outcome.transcript + kSeparator;
}

// The last part, without it the process has not come to its end.
bool parse_report(std::string report, Outcome& outcome) {
  if (report.empty() || report.back() != kSeparator) return false;
  report.pop_back();
  const std::size_t last = report.rfind(kSeparator);
  outcome.transcript = report.substr(last + 1);
  report.resize(last);
  if (report.empty()) return true;
  const std::size_t middle = report.find(kSeparator);
  outcome.violation = Violation{report.substr(0, middle), report.substr(middle + 1)};
  return true;
}

bool wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// What a worker shares with the process that waits for it.
struct Progress {
  std::uint64_t played = 0;
  std::uint64_t seed = 0;  // that is being played
};

[[noreturn]] void work(Progress& progress, std::uint64_t first, std::uint64_t last, int seconds) {
  const auto start = std::chrono::steady_clock::now();
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    progress.seed = seed;
    if (run(make_history(seed), false).violation) std::exit(1);
    ++progress.played;
    if (seconds > 0 && std::chrono::steady_clock::now() - start >= std::chrono::seconds(seconds)) {
      break;
    }
  }
  std::exit(0);
}

// A crash needs a process for each try, all else goes fast.
bool breaks(const History& history, const std::string& rule) {
  const Outcome outcome = rule == kCrash ? run_apart(history, false, false) : run(history, false);
  return outcome.violation && outcome.violation->rule == rule;
}

// Without runs of `size` steps, from the end: what comes last is mostly what the violation needs.
bool leave_out_runs(History& history, std::size_t size, const std::string& rule) {
  bool any = false;
  for (std::size_t end = history.size(); end > 0;) {
    const std::size_t begin = end > size ? end - size : 0;
    History shorter(history.begin(), history.begin() + static_cast<std::ptrdiff_t>(begin));
    shorter.insert(shorter.end(), history.begin() + static_cast<std::ptrdiff_t>(end),
                   history.end());
    if (breaks(shorter, rule)) {
      history = std::move(shorter);
      any = true;
    }
    end = begin;
  }
  return any;
}

// The plainest word for this argument; the word itself when there is none.
std::string plainest(const Step& step, std::size_t i) {
  const std::string& word = step.arguments[i];
  if (word.find_first_not_of("0123456789") == std::string::npos) return "0";
  if (step.verb == "answer" && i == 1) return "good";
  if (step.verb == "come" && i == 2) return "silent";
  if (step.verb == "go" && i == 2) return "silently";
  const bool subscription = (step.verb == "item" || step.verb == "stranger") && i == 2;
  return subscription ? "both" : word;
}

// What a step may be replaced by: itself with a word less, or with a plainer one. Each way ends.
std::vector<Step> simpler(const Step& step) {
  std::vector<Step> steps;
  for (std::size_t i = 0; i < step.arguments.size(); ++i) {
    Step other = step;
    if (step.verb == "post" || step.verb == "edges") {
      other.arguments.erase(other.arguments.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      other.arguments[i] = plainest(step, i);
    }
    if (other.arguments != step.arguments) steps.push_back(std::move(other));
  }
  return steps;
}

bool simplify_steps(History& history, const std::string& rule) {
  bool any = false;
  for (std::size_t i = 0; i < history.size(); ++i) {
    for (Step& step : simpler(history[i])) {
      History other = history;
      other[i] = std::move(step);
      if (!breaks(other, rule)) continue;
      history = std::move(other);
      any = true;
      break;
    }
  }
  return any;
}

}  // namespace

Outcome run(const History& history, bool writes) {
  restart_random();
  Verdict verdict;
  verdict.writes = writes;
  {
    Player player(verdict);
    if (const auto played = player.play(history); !played) {
      verdict.broke("every step can be played", played.error().text);
    }
  }
  Outcome outcome{std::move(verdict.first), {}};
  for (const std::string& line : verdict.transcript) outcome.transcript += line + "\n";
  return outcome;
}

Outcome run_apart(const History& history, bool writes, bool loud) {
  int ends[2];
  if (pipe(ends) != 0) std::abort();
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    if (!loud) silence();
    write_all(ends[1], to_report(run(history, writes)));
    std::exit(0);
  }
  close(ends[1]);
  Outcome outcome;
  const bool whole = parse_report(read_all(ends[0]), outcome);
  close(ends[0]);
  if ((!wait_for(child) || !whole) && !outcome.violation) {
    outcome.violation = Violation{std::string(kCrash), "it was ended"};
  }
  return outcome;
}

std::optional<std::uint64_t> find_failing(std::uint64_t first, std::uint64_t last, int seconds,
                                          std::uint64_t& played) {
  void* const shared =
      mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) std::abort();
  Progress& progress = *new (shared) Progress;
  const pid_t child = fork();
  if (child == 0) work(progress, first, last, seconds);
  const bool passed = wait_for(child);
  const Progress done = progress;
  munmap(shared, sizeof(Progress));
  played += done.played;
  if (passed) return std::nullopt;
  return done.seed;
}

History shrink(History history, const std::string& rule) {
  for (bool any = true; any;) {
    any = false;
    for (std::size_t size = (history.size() + 1) / 2; size > 0; size /= 2) {
      any |= leave_out_runs(history, size, rule);
    }
    any |= simplify_steps(history, rule);
  }
  return history;
}

}  // namespace rosterd::model
