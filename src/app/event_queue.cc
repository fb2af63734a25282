// SPDX-License-Identifier: MIT
#include "app/event_queue.h"

#include <cassert>
#include <iterator>
#include <utility>

namespace rosterd::app {

void EventQueue::push(Event event) {
  const std::string_view key = event.jid.text();
  if (const auto older = presence_.find(key); older != presence_.end()) {
    const auto place = older->second;
    presence_.erase(older);
    if (event.kind == Event::Kind::kPresence) {
      // Not from now: a client that changes its presence all the time must be heard of too.
      event.queued = place->queued;
      events_.erase(place);
    }
    // A session's end stays between the presence before it and that of the resource's next session.
  }
  events_.push_back(std::move(event));
  if (events_.back().kind == Event::Kind::kPresence) {
    presence_.emplace(events_.back().jid.text(), std::prev(events_.end()));
  }
  while (events_.size() > options_.limit) {
    static_cast<void>(pop_front());
    lose(1);
  }
}

std::optional<Instant> EventQueue::due() const {
  if (batch_ || (events_.empty() && lost_untold_ == 0)) return std::nullopt;
  if (events_.empty() || events_.size() >= options_.batch) return Instant::min();
  return events_.front().queued + kBatchDelay;
}

const EventBatch& EventQueue::make_batch() {
  assert(due());
  EventBatch& made = batch_.emplace();
  made.seq = next_seq_;
  made.lost = std::exchange(lost_untold_, 0);
  while (!events_.empty() && made.size() < options_.batch) {
    made.events.push_back(pop_front());
  }
  next_seq_ += made.size();
  return made;
}

void EventQueue::lose_batch() {
  lose(batch_->events.size());
  // What its gap told is still to be told.
  if (options_.gaps) lost_untold_ += batch_->lost;
  batch_.reset();
}

std::size_t EventQueue::clear() {
  const std::size_t lost = size();
  batch_.reset();
  presence_.clear();
  events_.clear();
  lose(lost);
  return lost;
}

void EventQueue::lose(std::size_t count) {
  lost_ever_ += count;
  if (options_.gaps) lost_untold_ += count;
}

Event EventQueue::pop_front() {
  const auto found = presence_.find(events_.front().jid.text());
  if (found != presence_.end() && found->second == events_.begin()) presence_.erase(found);
  Event front = std::move(events_.front());
  events_.pop_front();
  return front;
}

std::size_t EventQueue::size() const {
  return events_.size() + (batch_ ? batch_->events.size() : 0);
}

}  // namespace rosterd::app
