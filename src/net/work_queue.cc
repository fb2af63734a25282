// SPDX-License-Identifier: MIT
#include "net/work_queue.h"

#include <deque>
#include <utility>

namespace rosterd::net {

struct WorkQueue::Line : std::enable_shared_from_this<Line> {
  // One piece in the pool, and what lets the next one follow.
  struct Turn final : Work {
    Turn(std::shared_ptr<Line> of, std::unique_ptr<Work> what)
        : line(std::move(of)), work(std::move(what)) {}
    void run() override { work->run(); }
    void done(bool cancelled) override {
      line->start_next();
      work->done(cancelled);
    }

    std::shared_ptr<Line> line;
    std::unique_ptr<Work> work;
  };

  Line(Loop& on, std::size_t limit) : loop(on), most(limit) {}

  void start_next() {
    running = !waiting.empty();
    if (!running) return;
    loop.post_work(std::make_unique<Turn>(shared_from_this(), std::move(waiting.front())));
    waiting.pop_front();
  }

  Loop& loop;
  const std::size_t most;
  bool running = false;
  std::deque<std::unique_ptr<Work>> waiting;
};

WorkQueue::WorkQueue(Loop& loop, std::size_t most) : line_(std::make_shared<Line>(loop, most)) {}

WorkQueue::~WorkQueue() { line_->waiting.clear(); }

void WorkQueue::cancel() {
  for (const auto& work : std::exchange(line_->waiting, {})) work->done(true);
}

bool WorkQueue::post(std::unique_ptr<Work> work) {
  if (line_->waiting.size() >= line_->most) return false;
  line_->waiting.push_back(std::move(work));
  if (!line_->running) line_->start_next();
  return true;
}

}  // namespace rosterd::net
