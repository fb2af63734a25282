// SPDX-License-Identifier: MIT
// WorkQueue: slow work, one piece at a time, so that it takes no more than one thread of the pool
// and one core, however many ask for it.
#pragma once

#include <cstddef>
#include <memory>

#include "net/loop.h"

namespace rosterd::net {

class WorkQueue {
 public:
  // `loop` outlives it. Over `most` waiting pieces, no more are taken.
  WorkQueue(Loop& loop, std::size_t most);
  ~WorkQueue();  // what waits is never done

  // Work::done() is called as Loop::post_work() says. False, and nothing is called, when it is
  // full.
  [[nodiscard]] bool post(std::unique_ptr<Work> work);
  // What waits is done(true) before this returns; what runs goes on.
  void cancel();

 private:
  struct Line;
  std::shared_ptr<Line> line_;  // shared with the piece that runs
};

}  // namespace rosterd::net
