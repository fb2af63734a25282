// SPDX-License-Identifier: MIT
// EventQueue: what one host's web app has yet to be told, in order, within a limit (the protocol's
// section 3). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "im/ports.h"
#include "xmpp/jid.h"

namespace rosterd::app {

struct Event {
  enum class Kind : std::uint8_t { kUserOnline, kUserOffline, kPresence, kSessionEnd };
  Kind kind = Kind::kPresence;
  xmpp::Jid jid;  // of the user, or of the session
  // kPresence
  bool available = false;
  std::string show;
  std::string status;
  int priority = 0;
  // kSessionEnd
  im::SessionEnd reason = im::SessionEnd::kClosed;
  WallTime at{};
  Instant queued{};  // the batch waits for others from here on
};

// What goes out in one request, and goes out again unchanged until it is taken.
struct EventBatch {
  std::uint64_t seq = 0;  // the number of its first event, the gap included
  std::size_t lost = 0;   // not 0: it begins with a gap
  std::vector<Event> events;

  std::size_t size() const { return events.size() + (lost > 0 ? 1 : 0); }
};

struct EventQueueOptions {
  std::size_t limit = 10'000;  // of events that wait, besides the batch on its way
  std::size_t batch = 200;     // events in one
  bool gaps = true;            // tell the web app how many were lost
};

class EventQueue {
 public:
  static constexpr Duration kBatchDelay = std::chrono::milliseconds(250);

  explicit EventQueue(const EventQueueOptions& options) : options_(options) {}
  // A lower limit takes effect with the next push().
  void set_options(const EventQueueOptions& options) { options_ = options; }

  // Over the limit the oldest event is lost. Presence replaces what waits of that session's
  // presence and goes to the end of the queue.
  void push(Event event);

  // When a batch is to be made of what waits; nullopt while one is on its way or nothing waits.
  std::optional<Instant> due() const;
  // Makes it: there is none, and due() has a value. It stays the same until one of the next two.
  const EventBatch& make_batch();
  const std::optional<EventBatch>& batch() const { return batch_; }
  void take_batch() { batch_.reset(); }  // the web app has it
  void lose_batch();                     // the web app will never take it

  // Loses everything; returns how many events.
  std::size_t clear();

  // Events that wait or are on their way.
  std::size_t size() const;
  // Ever lost.
  std::uint64_t lost() const { return lost_ever_; }

 private:
  void lose(std::size_t count);
  Event pop_front();

  EventQueueOptions options_;
  std::list<Event> events_;
  // The presence that waits, by full JID; the key is a view of the event's.
  std::unordered_map<std::string_view, std::list<Event>::iterator> presence_;
  std::optional<EventBatch> batch_;
  std::uint64_t next_seq_ = 1;
  std::size_t lost_untold_ = 0;
  std::uint64_t lost_ever_ = 0;
};

}  // namespace rosterd::app
