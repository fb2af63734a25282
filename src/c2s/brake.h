// SPDX-License-Identifier: MIT
// Brake: holds back one client that sends faster than it may, or to somebody who does not read, or
// makes too much work at once, so that it waits itself instead of filling the memory, having the
// other cut off, or holding everybody up.
#pragma once

#include <cstddef>

#include "base/handle.h"
#include "base/time.h"
#include "base/timers.h"
#include "im/session.h"

namespace rosterd::c2s {

// How much a client may send once it has logged in.
struct RateOptions {
  std::size_t bytes_per_second = 0;  // 0 = as much as it likes
  std::size_t burst = 256 * 1024;    // bytes that it may be ahead of that
};

class Brake {
 public:
  // For so long does somebody who does not read hold up a sender with each stanza: he may be a
  // phone without a network, of which the sender knows nothing.
  static constexpr Duration kPatience = std::chrono::seconds(1);
  // In a turn a client may send so many stanzas, and those counted too that they bring to others:
  // less than a millisecond's work. Then it is the others' turn.
  static constexpr std::size_t kWorkOfTurn = 300;
  static constexpr Duration kRest = std::chrono::milliseconds(1);
  // How often it is looked whether he reads again.
  static constexpr Duration kLookAgain = std::chrono::milliseconds(20);

  // `on_look` is called when it is time for hold() again. `timers` outlives it.
  Brake(Timers& timers, Timer::Callback on_look, void* owner)
      : timers_(timers), timer_(on_look, owner) {}

  // A stanza of so many bytes has been handled.
  void count(std::size_t bytes, const RateOptions& rate, Instant now);
  // It has had its share of this turn; after count().
  void rest(Instant now);
  // It went to somebody who does not read.
  void wait_for(Handle<im::Session> reader, Instant now);
  Handle<im::Session> reader() const { return reader_; }

  // Must the client wait, now that its reader is congested or not? Then `on_look` will be called.
  bool hold(bool reader_is_congested, Instant now);
  bool holds() const { return timer_.armed(); }
  void release() { timer_.cancel(); }

 private:
  Timers& timers_;
  Timer timer_;
  Instant in_time_{};   // when the client would have sent all so far, had it kept to its rate
  Instant may_send_{};  // the burst before that
  Handle<im::Session> reader_;
  Instant patience_end_{};
};

}  // namespace rosterd::c2s
