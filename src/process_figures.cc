// SPDX-License-Identifier: MIT
#include "process_figures.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

namespace rosterd {

namespace {

Duration to_duration(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

// proc(5): sizes in pages, of which the second is what is resident. It is no file on a disk, so
// reading it does not wait.
std::size_t read_resident_bytes() {
  std::size_t size = 0;
  std::size_t resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

app::ProcessFigures read_process_figures() {
  app::ProcessFigures figures;
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    figures.cpu = to_duration(usage.ru_utime) + to_duration(usage.ru_stime);
  }
  figures.resident_bytes = read_resident_bytes();
  return figures;
}

}  // namespace rosterd
