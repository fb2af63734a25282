// SPDX-License-Identifier: MIT
// What a process has cost so far, from /proc; and how these programs end.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace bench {

// CPU time of all threads, in nanoseconds.
std::int64_t cpu_nanoseconds(pid_t pid);
// Proportional set size, in bytes.
std::int64_t pss_bytes(pid_t pid);

// The most that was resident at any time since reset_peak(), in bytes.
std::int64_t peak_bytes(pid_t pid);
void reset_peak(pid_t pid);

// Returns when the process has used no CPU for a while.
void await_idle(pid_t pid);

// Prints `what` and ends the program with 1: a measurement that went wrong measures nothing.
[[noreturn]] void give_up(const std::string& what);

// As many descriptors as the hard limit allows.
void raise_descriptor_limit();

}  // namespace bench
