// SPDX-License-Identifier: MIT
// Loop: the one libuv loop of the process, its turn, clock, timers, thread pool and signals.
//
// A turn is what happens between two waits for the kernel. It only parses, decides and appends.
// What leaves the process, or destroys, happens at its end, in this order:
//   1. due timers run            (base/timers, one uv_timer_t)
//   2. c2s flush                 (sessions' outboxes to connections to the kernel)
//   3. web flush                 (HTTP answers: whoever sees one may rely on 2 having happened)
//      Where 2 takes too long, its rest and all of 3 wait for the next turn.
//   4. reap                      (what closed during the turn is destroyed)
//   5. accounting                (turn time; a turn over the bound is logged)
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/handle.h"
#include "base/histogram.h"
#include "base/log_limit.h"
#include "base/time.h"
#include "base/timers.h"
#include "net/backlog.h"

struct uv_loop_s;

namespace rosterd::net {

class Connection;

// When in the turn's end a connection is flushed.
enum class FlushPhase : std::uint8_t { kC2s, kWeb };

// Called at the start of a flush phase: move what is pending into connections. True: there is more,
// for which it is called again when these connections have been written to, perhaps in the next
// turn.
class FlushHook {
 public:
  virtual ~FlushHook() = default;
  virtual bool on_flush() = 0;
};

// Called in the reap phase: destroy what was marked dead during the turn.
class ReapHook {
 public:
  virtual ~ReapHook() = default;
  virtual void on_reap() = 0;
};

// A piece of slow work. run() is called in the thread pool and must touch only the object itself;
// done() is called on the loop afterwards, then the object is deleted.
class Work {
 public:
  virtual ~Work() = default;
  virtual void run() = 0;
  virtual void done(bool cancelled) = 0;
};

class SignalEvents {
 public:
  virtual ~SignalEvents() = default;
  virtual void on_signal(int signum) = 0;
};

struct LoopOptions {
  // A turn longer than this is logged as a warning; 0 switches it off.
  Duration turn_warn = std::chrono::milliseconds(10);
  // A turn that has lasted this long leaves the c2s connections that it has not written to yet for
  // the next one: a thousand writes take 10 ms. It writes for a fifth of this in any case, and to
  // one connection at least.
  Duration flush_slice = std::chrono::milliseconds(5);
  // How long a closing connection waits for its peer to take what is queued and to close too.
  Duration drain_timeout = std::chrono::seconds(5);
};

// What the turns so far came to.
struct LoopStats {
  static constexpr Duration kBounds[] = {
      std::chrono::microseconds(100), std::chrono::microseconds(300), std::chrono::milliseconds(1),
      std::chrono::milliseconds(3),   std::chrono::milliseconds(10),  std::chrono::milliseconds(30),
      std::chrono::milliseconds(100), std::chrono::milliseconds(300), std::chrono::seconds(1)};
  Histogram turns{kBounds};
  std::uint64_t slow_turns = 0;  // longer than LoopOptions::turn_warn was
};

class Loop : public Clock {
 public:
  explicit Loop(const LoopOptions& options = {});
  // Everything that was opened on it must be closed by now, see run().
  ~Loop() override;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs until nothing is open any more: all listeners, connections and signal watches closed, all
  // work done. Timers alone do not keep it running.
  void run();

  Instant now() const override;        // sampled once per turn
  WallTime wall_now() const override;  // likewise
  Timers& timers() { return timers_; }
  const LoopOptions& options() const { return options_; }
  void set_options(const LoopOptions& options) { options_ = options; }

  // Hooks live as long as the loop; several per phase run in order of registration.
  void add_flush_hook(FlushPhase phase, FlushHook* hook);
  void add_reap_hook(ReapHook* hook);

  // Queues slow work. At most the pool's size runs at once, the rest waits in order.
  void post_work(std::unique_ptr<Work> work);

  // Delivers SIGTERM, SIGINT, SIGHUP, … on the loop until unwatch_signals().
  void watch_signal(int signum, SignalEvents* events);
  void unwatch_signals();

  // The number of turns so far.
  std::uint64_t turns() const { return turns_; }
  const LoopStats& stats() const { return stats_; }
  // Of its connections, and of what else stands between a peer and what is meant for it.
  Backlog& backlog() { return backlog_; }
  const Backlog& backlog() const { return backlog_; }

  std::size_t connection_count() const { return connections_.size(); }
  // Connection::abort() on every one.
  void abort_connections(std::string_view why);

 private:
  friend class Connection;
  friend class Listener;
  friend class Connector;
  friend class Resolver;
  friend class LoopProcesses;
  struct Uv;  // the libuv handles, see uv_loop.h

  void begin_turn() const;
  void end_turn();
  void flush();
  bool flush_c2s();
  bool call_hooks(FlushPhase phase);
  void account_turn();
  void rearm_timer();

  std::unique_ptr<Uv> uv_;
  LoopOptions options_;
  Timers timers_;
  Backlog backlog_;
  SlotTable<Connection> connections_;
  std::vector<FlushHook*> flush_hooks_[2];
  std::vector<ReapHook*> reap_hooks_;
  // Of this turn; sampled when first asked for.
  mutable std::optional<Instant> now_;
  mutable std::optional<WallTime> wall_now_;
  std::uint64_t last_connection_id_ = 0;
  std::uint64_t turns_ = 0;
  std::optional<Instant> web_waits_since_;  // while the web flush is postponed
  bool hooks_wait_ = false;                 // one of c2s has more, which is postponed
  Duration cpu_sampled_{0};                 // of the thread, some turns ago
  LoopStats stats_;
  LogLimit slow_turns_;
  LogLimit tls_faults_;  // of all connections
};

}  // namespace rosterd::net
