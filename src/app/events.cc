// SPDX-License-Identifier: MIT
#include "app/events.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace rosterd::app {

namespace {

// A status is a line under a name. The queue holds thousands, and a stanza may be large.
constexpr std::size_t kStatusBytes = 1023;

std::string cut(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size()) {
    const std::size_t size = text::utf8_size(text.substr(end));
    if (size == 0 || end + size > kStatusBytes) break;
    end += size;
  }
  return std::string(text.substr(0, end));
}

}  // namespace

struct Events::Impl final : EventStream::Owner {
  Impl(web::Fetcher& fetcher, const Clock& the_clock, Timers& timers, EventsOwner* who)
      : context{fetcher, the_clock, timers, make_random(), {}, {}}, owner(who) {}

  // Null when nobody is to hear of this host.
  EventStream* find(const xmpp::Jid& jid);
  void push(EventStream& stream, Event::Kind kind, const xmpp::Jid& jid, Event event = {});
  void set_options(const EventsOptions& options);
  void set_target(const EventTarget& target);
  void drop(std::string_view host, std::string_view why);
  void on_stream_finished() override;
  void on_report() { owner->on_events_stopped(); }

  EventContext context;
  EventsOwner* const owner;
  std::map<std::string, std::unique_ptr<EventStream>, std::less<>> streams;  // by host
  EventStats ended;  // of streams that are gone
  bool stopping = false;
  std::size_t unfinished = 0;  // streams, while stopping
  Timer report = Timer::bind<&Impl::on_report>(this);
};

EventStream* Events::Impl::find(const xmpp::Jid& jid) {
  if (stopping) return nullptr;
  const auto found = streams.find(jid.domain());
  return found == streams.end() ? nullptr : found->second.get();
}

void Events::Impl::push(EventStream& stream, Event::Kind kind, const xmpp::Jid& jid, Event event) {
  event.kind = kind;
  event.jid = jid;
  event.at = context.clock.wall_now();
  stream.push(std::move(event));
}

void Events::Impl::set_options(const EventsOptions& options) {
  std::vector<std::string> gone;
  for (const auto& entry : streams) {
    const bool wanted =
        std::any_of(options.targets.begin(), options.targets.end(), [&](const EventTarget& target) {
          return target.host == entry.first && target.format == entry.second->format();
        });
    if (!wanted) gone.push_back(entry.first);
  }
  for (const std::string& host : gone) drop(host, "webhook_url or webhook_format has changed");
  context.node = options.node;
  context.user_agent = options.user_agent;
  context.queue_limit = options.queue_limit;
  for (const EventTarget& target : options.targets) set_target(target);
}

void Events::Impl::set_target(const EventTarget& target) {
  std::unique_ptr<EventStream>& stream = streams[target.host];
  if (stream) return stream->set_target(target);
  stream = std::make_unique<EventStream>(context, target, *this);
}

void Events::Impl::drop(std::string_view host, std::string_view why) {
  const auto found = streams.find(host);
  found->second->abandon(why);
  ended += found->second->stats();
  streams.erase(found);
}

void Events::Impl::on_stream_finished() {
  if (--unfinished == 0) context.timers.arm(report, context.clock.now());
}

Events::Events(const EventsOptions& options, web::Fetcher& fetcher, const Clock& clock,
               Timers& timers, EventsOwner* owner)
    : impl_(std::make_unique<Impl>(fetcher, clock, timers, owner)) {
  impl_->set_options(options);
}

Events::~Events() = default;

void Events::set_options(const EventsOptions& options) { impl_->set_options(options); }

void Events::stop() {
  Impl& impl = *impl_;
  impl.stopping = true;
  impl.unfinished = impl.streams.size() + 1;  // and this call
  for (const auto& [host, stream] : impl.streams) stream->finish();
  impl.on_stream_finished();
}

void Events::abandon() {
  for (const auto& [host, stream] : impl_->streams) {
    stream->abandon("drain_timeout has passed");
  }
  if (std::exchange(impl_->unfinished, 0) == 0) return;
  impl_->context.timers.arm(impl_->report, impl_->context.clock.now());
}

EventStats Events::stats() const {
  EventStats sum = impl_->ended;
  for (const auto& [host, stream] : impl_->streams) sum += stream->stats();
  return sum;
}

void Events::on_user_online(const xmpp::Jid& user) {
  if (auto* stream = impl_->find(user)) impl_->push(*stream, Event::Kind::kUserOnline, user);
}

void Events::on_user_offline(const xmpp::Jid& user) {
  if (auto* stream = impl_->find(user)) impl_->push(*stream, Event::Kind::kUserOffline, user);
}

void Events::on_presence(const xmpp::Jid& session, const im::ObservedPresence& presence) {
  auto* const stream = impl_->find(session);
  if (!stream) return;
  Event event;
  event.available = presence.available;
  event.show = presence.show;
  event.status = cut(presence.status);
  event.priority = presence.priority;
  impl_->push(*stream, Event::Kind::kPresence, session, std::move(event));
}

void Events::on_session_end(const xmpp::Jid& session, im::SessionEnd reason) {
  auto* const stream = impl_->find(session);
  if (!stream) return;
  Event event;
  event.reason = reason;
  impl_->push(*stream, Event::Kind::kSessionEnd, session, std::move(event));
}

}  // namespace rosterd::app
