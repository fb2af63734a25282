// SPDX-License-Identifier: MIT
#include "process.h"

#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

namespace bench {

// schedstat(5) counts nanoseconds, where stat(5) has ticks of 10 ms.
std::int64_t cpu_nanoseconds(pid_t pid) {
  std::int64_t sum = 0;
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator(tasks, error)) {
    std::int64_t nanoseconds = 0;
    if (std::ifstream(task.path() / "schedstat") >> nanoseconds) sum += nanoseconds;
  }
  if (sum == 0) give_up("cannot read the CPU time of process " + std::to_string(pid));
  return sum;
}

std::int64_t pss_bytes(pid_t pid) {
  std::ifstream rollup("/proc/" + std::to_string(pid) + "/smaps_rollup");
  for (std::string line; std::getline(rollup, line);) {
    long kilobytes = 0;
    if (std::sscanf(line.c_str(), "Pss: %ld kB", &kilobytes) == 1) return kilobytes * 1024;
  }
  give_up("cannot read the memory of process " + std::to_string(pid));
}

std::int64_t peak_bytes(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    long kilobytes = 0;
    if (std::sscanf(line.c_str(), "VmHWM: %ld kB", &kilobytes) == 1) return kilobytes * 1024;
  }
  give_up("cannot read the peak memory of process " + std::to_string(pid));
}

// proc(5): 5 makes the peak what is resident now.
void reset_peak(pid_t pid) { std::ofstream("/proc/" + std::to_string(pid) + "/clear_refs") << "5"; }

void await_idle(pid_t pid) {
  constexpr int kQuietSamples = 5;
  std::int64_t last = 0;
  for (int quiet = 0; quiet < kQuietSamples;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const std::int64_t now = cpu_nanoseconds(pid);
    quiet = now == last ? quiet + 1 : 0;
    last = now;
  }
}

void give_up(const std::string& what) {
  std::fprintf(stderr, "bench: %s\n", what.c_str());
  std::exit(1);
}

void raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace bench
