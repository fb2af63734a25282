// SPDX-License-Identifier: MIT
#include "net/loop.h"

#include <algorithm>
#include <cassert>
#include <csignal>
#include <ctime>
#include <string>
#include <utility>

#include "base/log.h"
#include "net/uv_loop.h"

namespace rosterd::net {

namespace {

struct WorkRequest {
  uv_work_t request;
  std::unique_ptr<Work> work;
};

// Of the web flush, for c2s connections that are not flushed yet.
constexpr Duration kLongestPostponement = std::chrono::milliseconds(250);

constexpr std::uint64_t kCpuSampleTurns = 16;

Duration sample_thread_cpu() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::duration_cast<Duration>(std::chrono::seconds(time.tv_sec) +
                                              std::chrono::nanoseconds(time.tv_nsec));
}

Instant sample_clock() { return Instant(Duration(static_cast<Duration::rep>(uv_hrtime() / 1000))); }

}  // namespace

void Loop::Uv::on_work_done(uv_work_t* request, int status) {
  const std::unique_ptr<WorkRequest> owned(static_cast<WorkRequest*>(request->data));
  static_cast<Loop*>(request->loop->data)->begin_turn();
  owned->work->done(status == UV_ECANCELED);
}

void Loop::Uv::on_signal(uv_signal_t* handle, int signum) {
  static_cast<Loop*>(handle->loop->data)->begin_turn();
  static_cast<SignalEvents*>(handle->data)->on_signal(signum);
}

Error make_uv_error(int code, const std::string& what) {
  return Error{Errc::kUnavailable, std::string(uv_strerror(code)) + " (" + what + ')'};
}

Loop::Loop(const LoopOptions& options) : uv_(std::make_unique<Uv>()), options_(options) {
  // libuv writes without MSG_NOSIGNAL: the first peer that resets would end the process.
  std::signal(SIGPIPE, SIG_IGN);
  uv_loop_init(&uv_->loop);
  uv_->loop.data = this;
  uv_prepare_init(&uv_->loop, &uv_->turn_end);
  uv_->turn_end.data = this;
  uv_prepare_start(&uv_->turn_end,
                   [](uv_prepare_t* handle) { static_cast<Loop*>(handle->data)->end_turn(); });
  uv_timer_init(&uv_->loop, &uv_->wake);
  uv_->wake.data = uv_.get();
  uv_unref(reinterpret_cast<uv_handle_t*>(&uv_->turn_end));
  uv_unref(reinterpret_cast<uv_handle_t*>(&uv_->wake));
}

Loop::~Loop() {
  uv_close(reinterpret_cast<uv_handle_t*>(&uv_->turn_end), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&uv_->wake), nullptr);
  uv_run(&uv_->loop, UV_RUN_DEFAULT);
  [[maybe_unused]] const int status = uv_loop_close(&uv_->loop);
  assert(status == 0);
}

void Loop::run() {
  now_.reset();  // what was done before is no turn
  // libuv returns without a last prepare; what the last close callbacks left must still be reaped,
  // and that may open something again.
  do {
    uv_run(&uv_->loop, UV_RUN_DEFAULT);
    end_turn();
  } while (uv_loop_alive(&uv_->loop));
}

void Loop::begin_turn() const {
  if (!now_) now_ = sample_clock();
}

Instant Loop::now() const {
  begin_turn();
  return *now_;
}

WallTime Loop::wall_now() const {
  if (!wall_now_) {
    wall_now_ = std::chrono::floor<WallTime::duration>(std::chrono::system_clock::now());
  }
  return *wall_now_;
}

void Loop::add_flush_hook(FlushPhase phase, FlushHook* hook) {
  flush_hooks_[static_cast<int>(phase)].push_back(hook);
}

void Loop::add_reap_hook(ReapHook* hook) { reap_hooks_.push_back(hook); }

void Loop::end_turn() {
  timers_.run_due(now());
  flush();
  for (ReapHook* hook : reap_hooks_) hook->on_reap();
  account_turn();
  for (const Handle<Connection> handle : std::exchange(uv_->throttled, {})) {
    if (Connection* connection = connections_.find(handle)) connection->update_reading();
  }
  rearm_timer();
}

void Loop::flush() {
  if (!flush_c2s()) {
    if (!web_waits_since_) web_waits_since_ = now();
    return;
  }
  web_waits_since_.reset();
  auto& dirty = uv_->dirty[static_cast<int>(FlushPhase::kWeb)];
  for (bool more = true; more;) {
    more = call_hooks(FlushPhase::kWeb);
    while (Connection* connection = dirty.pop_front()) connection->flush();
  }
}

// True when all is flushed. Clients that keep the loop busier than it can be must not hold up the
// web application for ever: then one long turn flushes all.
bool Loop::flush_c2s() {
  auto& dirty = uv_->dirty[static_cast<int>(FlushPhase::kC2s)];
  const Instant end =
      std::max(now() + options_.flush_slice, sample_clock() + options_.flush_slice / 5);
  const bool may_postpone = !web_waits_since_ || now() - *web_waits_since_ < kLongestPostponement;
  do {
    hooks_wait_ = call_hooks(FlushPhase::kC2s);
    while (Connection* connection = dirty.pop_front()) {
      connection->flush();
      const bool done = dirty.empty() && !hooks_wait_;
      if (may_postpone && !done && sample_clock() >= end) return false;
    }
  } while (hooks_wait_);
  return true;
}

bool Loop::call_hooks(FlushPhase phase) {
  bool more = false;
  for (FlushHook* hook : flush_hooks_[static_cast<int>(phase)]) more = hook->on_flush() || more;
  return more;
}

// A turn may be slow because the machine is busy elsewhere; the thread's own time tells. Asking for
// it is a system call, so it is asked for now and then, and the turns since count as one.
void Loop::account_turn() {
  const Duration took = sample_clock() - *now_;
  now_.reset();
  wall_now_.reset();
  const bool is_slow = options_.turn_warn > Duration(0) && took > options_.turn_warn;
  stats_.turns.observe(took);
  if (is_slow) ++stats_.slow_turns;
  if (++turns_ % kCpuSampleTurns != 0 && !is_slow) return;
  const Duration cpu = sample_thread_cpu();
  const Duration spent = std::min(cpu - std::exchange(cpu_sampled_, cpu), took);
  if (!is_slow) return;
  if (const auto left_out = slow_turns_.admit(sample_clock())) {
    log::warn("loop", "slow turn",
              {{"microseconds", took.count()},
               {"of_cpu_at_most", spent.count()},
               {"not_logged", *left_out}});
  }
}

// Times are compared as libuv's milliseconds since its own epoch, rounded up, so that the wake-up
// is never before the timer is due.
void Loop::rearm_timer() {
  std::uint64_t wake_at = 0;
  if (const auto due = timers_.next_due()) {
    const auto micros = static_cast<std::uint64_t>(due->time_since_epoch().count());
    wake_at = std::max<std::uint64_t>((micros + 999) / 1000, 1);
  }
  // A hook may have written to a connection whose phase was over: it goes out in the next turn.
  if (hooks_wait_ || !uv_->dirty[0].empty() || !uv_->dirty[1].empty()) wake_at = 1;
  if (wake_at == uv_->wake_at) return;
  uv_->wake_at = wake_at;
  if (wake_at == 0) {
    uv_timer_stop(&uv_->wake);
    return;
  }
  uv_update_time(&uv_->loop);
  const std::uint64_t now_ms = uv_now(&uv_->loop);
  uv_timer_start(
      &uv_->wake, [](uv_timer_t* wake) { static_cast<Loop::Uv*>(wake->data)->wake_at = 0; },
      wake_at > now_ms ? wake_at - now_ms : 0, 0);
}

void Loop::post_work(std::unique_ptr<Work> work) {
  auto request = std::make_unique<WorkRequest>();
  request->work = std::move(work);
  request->request.data = request.get();
  // Fails only for a null callback.
  uv_queue_work(
      &uv_->loop, &request->request,
      [](uv_work_t* started) { static_cast<WorkRequest*>(started->data)->work->run(); },
      Uv::on_work_done);
  request.release();
}

void Loop::watch_signal(int signum, SignalEvents* events) {
  auto* const handle = new uv_signal_t;
  uv_signal_init(&uv_->loop, handle);
  handle->data = events;
  uv_->signals.push_back(handle);
  if (const int status = uv_signal_start(handle, Uv::on_signal, signum); status != 0) {
    log::error("loop", "cannot watch a signal",
               {{"signal", signum}, {"reason", uv_strerror(status)}});
  }
}

void Loop::unwatch_signals() {
  for (uv_signal_t* signal : std::exchange(uv_->signals, {})) {
    uv_close(reinterpret_cast<uv_handle_t*>(signal),
             [](uv_handle_t* handle) { delete reinterpret_cast<uv_signal_t*>(handle); });
  }
}

void Loop::abort_connections(std::string_view why) {
  connections_.for_each([why](Handle<Connection>, Connection& one) { one.abort(why); });
}

}  // namespace rosterd::net
