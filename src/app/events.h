// SPDX-License-Identifier: MIT
// Events: tells the web app who comes and goes, by POST to webhook_url (the protocol's section 3).
// Each host has a stream of its own, so that one receiver that is down holds up no other.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "app/event_stream.h"
#include "im/ports.h"

namespace rosterd::app {

struct EventsOptions {
  std::string node;                  // this server among those of one web app
  std::size_t queue_limit = 10'000;  // of each host
  std::vector<EventTarget> targets;  // hosts that are not here tell nobody
  std::string user_agent = "rosterd/1.0";
};

// Who waits for Events::stop().
class EventsOwner {
 public:
  virtual ~EventsOwner() = default;
  // Once, never from inside stop() or abandon(): nothing is left, no request is on its way.
  virtual void on_events_stopped() = 0;
};

class Events final : public im::PresenceObserver {
 public:
  // All outlive it. `fetcher` is for nothing else, as a receiver may leave requests hanging.
  Events(const EventsOptions& options, web::Fetcher& fetcher, const Clock& clock, Timers& timers,
         EventsOwner* owner);
  ~Events() override;

  // A new address, credentials or name count from the next try on, which is now. What waits for a
  // host that has no target any more, or gets another format, is lost.
  void set_options(const EventsOptions& options);

  // Sends all that is left, once; what fails is lost. Facts that come later are not heard.
  void stop();
  // The time for that is over.
  void abandon();

  // Of all hosts together.
  EventStats stats() const;

  void on_user_online(const xmpp::Jid& user) override;
  void on_user_offline(const xmpp::Jid& user) override;
  void on_presence(const xmpp::Jid& session, const im::ObservedPresence& presence) override;
  void on_session_end(const xmpp::Jid& session, im::SessionEnd reason) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rosterd::app
