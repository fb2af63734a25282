// SPDX-License-Identifier: MIT
// HostGate: how many roster requests one host's web app gets at once, in the order in which they
// were wanted, and whether it gets any. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

#include "app/origin_breaker.h"
#include "base/intrusive_list.h"
#include "base/timers.h"

namespace rosterd::app {

class BulkFetch;

class HostGate final : private OriginBreaker::Watcher {
 public:
  // With it goes the breaker of the web app that its holder asks, which another may have followed
  // when he leaves.
  using Place = std::shared_ptr<OriginBreaker>;

  // Who wants to send a request.
  class Visitor {
   public:
    virtual ~Visitor() = default;
    // He gives the place back with leave(). From inside enter() or later.
    virtual void on_admitted(Place place) = 0;
    // He is one of those for whom this request asks, and has no place of his own. Never from inside
    // enter().
    virtual void on_admitted_to(BulkFetch& bulk) = 0;
    // The web app has been failing and is not asked. Never from inside enter(). May destroy him.
    virtual void on_turned_away() = 0;
    // He would rather wait for the outcome of a probe, and be it himself, than be turned away.
    virtual bool insists() const = 0;
    // One request for many cannot bring what he wants.
    virtual bool goes_alone() const = 0;

    ListNode waiting;
  };

  // Sends one request for many visitors.
  class BulkSender {
   public:
    virtual ~BulkSender() = default;
    // Somebody waits and there is a place. True when take_place() was called and at least one
    // visitor was taken by take_front(); false to have the first one admitted.
    virtual bool try_send(HostGate& gate) = 0;
  };

  using Outcome = OriginBreaker::Outcome;

  // All outlive it. set_breaker() before the first visitor.
  HostGate(const Clock& clock, Timers& timers, BulkSender& bulk_sender)
      : clock_(clock), timers_(timers), bulk_sender_(bulk_sender) {}

  void set_places(std::size_t places) { places_ = places; }
  // Of the web app before which the gate stands from now on.
  void set_breaker(std::shared_ptr<OriginBreaker> breaker);

  void enter(Visitor& visitor);
  // He waits no longer; harmless when he does not.
  void withdraw(Visitor& visitor);
  void leave(const Place& place, Outcome outcome, std::string_view why = {});

  // For BulkSender.
  Visitor& front() const { return *queue_.front(); }
  Visitor& take_front();
  Place take_place();

  std::size_t waiting() const { return waiting_; }
  std::size_t taken() const { return taken_; }  // places
  std::size_t free_places() const { return places_ - std::min(taken_, places_); }
  Breaker::State state() const { return breaker_->state(); }

 private:
  void pump();
  void pump_soon() { timers_.arm(pump_, clock_.now()); }
  void on_probe_over(bool failed) override;
  enum class Whom { kAll, kUnlessInsisting };
  void turn_away(Whom whom);

  const Clock& clock_;
  Timers& timers_;
  BulkSender& bulk_sender_;
  std::shared_ptr<OriginBreaker> breaker_;
  std::size_t places_ = 16;
  std::size_t taken_ = 0;
  std::size_t waiting_ = 0;
  bool probe_failed_ = false;  // those who waited for its outcome are still to be told
  IntrusiveList<Visitor, &Visitor::waiting> queue_;
  Timer pump_ = Timer::bind<&HostGate::pump>(this);
};

}  // namespace rosterd::app
