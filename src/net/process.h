// SPDX-License-Identifier: MIT
// Process: a program of the administrator's that runs beside the daemon and is spoken with by its
// standard input and output.
//
// It gets nothing of the daemon's but these three pipes: no other descriptor, no signal mask, a
// session of its own, "/" as its folder, and of the environment PATH, HOME, LANG, LC_ALL and TZ.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/loop.h"

namespace rosterd::net {

class ProcessEvents {
 public:
  virtual ~ProcessEvents() = default;
  // Of standard output. What the program had written to standard error before is told before.
  virtual void on_output(std::string_view bytes) = 0;
  virtual void on_error_output(std::string_view bytes) = 0;
  // It has ended, and all that it had written has been told: the last event, never from inside a
  // call of the holder. kUnavailable with "exit status 1" or "signal 9"; kCancelled when it was
  // stopped with all of them.
  virtual void on_exit(const Error& reason) = 0;
};

// Lives until it has ended; whoever started it holds the pointer until on_exit() or stop().
class Process {
 public:
  virtual ~Process() = default;
  // To its standard input. What it does not read is kept, so write only what it has been waiting
  // for.
  virtual void write(std::string_view bytes) = 0;
  // SIGKILL to it and to what it has started; on_exit() follows.
  virtual void kill() = 0;
  // Its standard input ends; if the program does not, SIGTERM and then SIGKILL follow, each a
  // second later. No event comes any more.
  virtual void stop() = 0;
};

// LoopProcesses, or a test's fake programs.
class ProcessStarter {
 public:
  virtual ~ProcessStarter() = default;
  // `command`: the absolute path of the program, and its arguments. kUnavailable when it cannot be
  // started, kCancelled when none is any more. `events` outlives it.
  virtual Result<Process*> start(const std::vector<std::string>& command,
                                 ProcessEvents* events) = 0;
};

class LoopProcesses final : public ProcessStarter {
 public:
  // Destroyed after the loop has run out: it runs until they all have ended.
  explicit LoopProcesses(Loop& loop) : loop_(loop) {}
  Result<Process*> start(const std::vector<std::string>& command, ProcessEvents* events) override;
  // As Process::stop() does to each, but on_exit() still comes.
  void stop();

 private:
  class Running;
  Loop& loop_;
  std::vector<Running*> running_;
  bool stopped_ = false;
};

}  // namespace rosterd::net
