// SPDX-License-Identifier: MIT
// model --seeds A-B,C     plays these, the first failing one is shrunk and shown
// model --seed N          plays one and shows what happened
// model --replay FILE     likewise, of a history in a file ("-": standard input)
// model --search SECONDS  plays seeds that nobody has played yet
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <random>
#include <sstream>
#include <string>

#include "base/log.h"
#include "history.h"
#include "runner.h"

namespace {

using namespace rosterd;
using namespace rosterd::model;

int show(const History& history) {
  const Outcome outcome = run_apart(history, true, true);
  std::fputs(outcome.transcript.c_str(), stdout);
  if (!outcome.violation) {
    std::puts("every rule holds");
    return 0;
  }
  std::printf("\nBROKEN: %s\n        %s\n", outcome.violation->rule.c_str(),
              outcome.violation->what.c_str());
  return 1;
}

int show_failing(std::uint64_t seed) {
  const History history = make_history(seed);
  const Outcome outcome = run_apart(history, false, false);
  std::printf("seed %llu fails, of %zu steps\n", static_cast<unsigned long long>(seed),
              history.size());
  if (!outcome.violation) {
    std::puts("but not when it is played alone: what do the histories share?");
    return 1;
  }
  const History shortest = shrink(history, outcome.violation->rule);
  std::printf("\nthe shortest that breaks the same rule:\n\n%s\nand how it goes:\n\n",
              to_text(shortest).c_str());
  return show(shortest);
}

int play_seeds(std::uint64_t first, std::uint64_t last, int seconds) {
  const auto start = std::chrono::steady_clock::now();
  std::uint64_t played = 0;
  const std::optional<std::uint64_t> failing = find_failing(first, last, seconds, played);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("%llu histories in %.1f s, %.0f seeds/s\n", static_cast<unsigned long long>(played),
              took.count(), static_cast<double>(played) / took.count());
  return failing ? show_failing(*failing) : 0;
}

// "1-100,5854"
int play_ranges(const std::string& ranges) {
  std::istringstream in(ranges);
  for (std::string range; std::getline(in, range, ',');) {
    const std::size_t dash = range.find('-');
    const std::uint64_t first = std::stoull(range);
    const std::uint64_t last =
        dash == std::string::npos ? first : std::stoull(range.substr(dash + 1));
    if (const int failed = play_seeds(first, last, 0); failed != 0) return failed;
  }
  return 0;
}

int play_file(const std::string& name) {
  std::string text;
  if (name == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
  } else {
    std::ifstream file(name);
    text.assign(std::istreambuf_iterator<char>(file), {});
  }
  const auto history = parse_history(text);
  if (!history) {
    std::fprintf(stderr, "%s: %s\n", name.c_str(), history.error().text.c_str());
    return 2;
  }
  return show(*history);
}

int search(int seconds) {
  const std::uint64_t first = std::random_device{}();
  std::printf("from seed %llu\n", static_cast<unsigned long long>(first));
  return play_seeds(first, first + 1'000'000'000, seconds);
}

}  // namespace

int main(int argc, char** argv) {
  log::set_sink([](void*, log::Level, std::string_view) {}, nullptr);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const std::string what = argc == 3 ? argv[1] : "";
  if (what == "--seeds") return play_ranges(argv[2]);
  if (what == "--seed") return show(make_history(std::stoull(argv[2])));
  if (what == "--replay") return play_file(argv[2]);
  if (what == "--search") return search(std::stoi(argv[2]));
  std::fputs("usage: model --seeds A-B,C | --seed N | --replay FILE | --search SECONDS\n", stderr);
  return 2;
}
