// SPDX-License-Identifier: MIT
#include "process.h"

#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

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
