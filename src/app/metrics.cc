// SPDX-License-Identifier: MIT
#include "app/metrics.h"

namespace rosterd::app {

namespace {

void write_process(MetricsText& text, const Figures& figures) {
  text.gauge("rosterd_build_info", "Always 1; the version is a label.");
  text.sample(1, {{"version", figures.version}});
  const ProcessFigures& process = figures.process;
  text.gauge("process_start_time_seconds", "When the process was started, in seconds since 1970.");
  text.seconds(process.started.time_since_epoch());
  text.counter("process_cpu_seconds", "Time that the process has spent on a processor.");
  text.seconds(process.cpu);
  text.gauge("process_resident_memory_bytes", "Memory of the process that is not swapped out.");
  text.sample(process.resident_bytes);
}

void write_loop(MetricsText& text, const Figures& figures) {
  const net::LoopStats& loop = figures.loop;
  text.histogram("rosterd_turn_seconds", "How long turns of the event loop took.", loop.turns);
  text.counter("rosterd_slow_turns", "Turns that took longer than turn_warn.");
  text.sample(loop.slow_turns);
  text.gauge("rosterd_unsent_bytes", "What waits for peers that do not read.");
  text.sample(figures.backlog_bytes);
}

void write_streams(MetricsText& text, const StreamFigures& streams) {
  text.gauge("rosterd_streams", "Connections of clients, logged in or not.").sample(streams.open);
  text.counter("rosterd_streams_opened", "Connections of clients so far.").sample(streams.opened);
  text.counter("rosterd_logins", "Successful logins.").sample(streams.logins);
  text.counter("rosterd_login_failures", "Failed logins.").sample(streams.failed_logins);
}

void write_stanzas(MetricsText& text, const Figures& figures) {
  text.counter("rosterd_stanzas_received", "Stanzas from clients.");
  text.sample(figures.core.messages, {{"kind", "message"}});
  text.sample(figures.core.presences, {{"kind", "presence"}});
  text.sample(figures.core.iqs, {{"kind", "iq"}});
  text.counter("rosterd_stanzas_sent", "Stanzas to clients.");
  text.sample(figures.streams.messages_sent, {{"kind", "message"}});
  text.sample(figures.streams.presences_sent, {{"kind", "presence"}});
  text.sample(figures.streams.iqs_sent, {{"kind", "iq"}});
}

void write_core(MetricsText& text, const im::CoreStats& core) {
  text.gauge("rosterd_users_online", "Users who are logged in.").sample(core.users);
  text.gauge("rosterd_sessions", "Sessions of these users.").sample(core.sessions);
  text.gauge("rosterd_rosters", "Rosters in memory.").sample(core.rosters);
  text.gauge("rosterd_rosters_kept", "Of these, the ones kept of users who are not online.");
  text.sample(core.kept_rosters);
  text.gauge("rosterd_contacts", "Contacts in all rosters in memory.").sample(core.contacts);
  text.gauge("rosterd_strings", "Distinct addresses, names and groups in memory.");
  text.sample(core.strings);
  text.gauge("rosterd_last_seen_users", "Users of whom it is remembered when they left.");
  text.sample(core.last_seen);
}

void write_refreshes(MetricsText& text, const Figures& figures) {
  const RefreshStats& refresh = figures.refresh;
  text.histogram("rosterd_refresh_seconds", "How long refreshes took.", refresh.durations);
  text.gauge("rosterd_refreshes_running", "Refreshes that are not answered yet.");
  text.sample(figures.refreshes_running);
  text.counter("rosterd_refreshes_refused", "Refreshes that were not understood, or too many.");
  text.sample(refresh.refused);
  text.counter("rosterd_refresh_users", "Users named in refreshes, by what came of it.");
  text.sample(refresh.updated, {{"outcome", "updated"}});
  text.sample(refresh.errors, {{"outcome", "error"}});
}

void write_fetches(MetricsText& text, const FetchStats& fetches) {
  text.counter("rosterd_fetches", "Roster requests to web applications, by outcome and reason.");
  for (std::size_t i = 0; i < kFetchOutcomes; ++i) {
    for (std::size_t j = 0; j < kFetchReasons; ++j) {
      const auto outcome = static_cast<FetchOutcome>(i);
      const auto reason = static_cast<FetchReason>(j);
      text.sample(fetches.counters.fetches(outcome, reason),
                  {{"outcome", to_string(outcome)}, {"reason", to_string(reason)}});
    }
  }
  text.histogram("rosterd_fetch_seconds", "How long roster requests took, once sent.",
                 fetches.counters.durations());
  text.gauge("rosterd_fetches_in_flight", "Roster requests that are sent and not answered.");
  text.sample(fetches.in_flight);
  text.gauge("rosterd_fetches_queued", "Roster requests that wait for a free place.");
  text.sample(fetches.queued);
}

void write_breakers(MetricsText& text, const std::vector<BreakerStats>& breakers) {
  using State = BreakerStats::State;
  text.gauge("rosterd_breaker_state", "1 for the state that a web application's breaker is in.");
  for (const BreakerStats& breaker : breakers) {
    for (const auto& [state, name] :
         {std::pair{State::kClosed, "closed"}, std::pair{State::kOpen, "open"},
          std::pair{State::kHalfOpen, "half_open"}}) {
      text.sample(breaker.state == state ? 1 : 0, {{"origin", breaker.origin}, {"state", name}});
    }
  }
}

void write_events(MetricsText& text, const EventStats& events) {
  text.gauge("rosterd_events_queued", "Events that webhook receivers have not taken yet.");
  text.sample(events.queued);
  text.counter("rosterd_events", "Events, by what became of them.");
  text.sample(events.sent, {{"outcome", "taken"}});
  text.sample(events.lost, {{"outcome", "lost"}});
  text.counter("rosterd_event_retries", "Requests with events that repeated an earlier one.");
  text.sample(events.retries);
  if (!events.last_success) return;
  text.gauge("rosterd_events_last_success_timestamp_seconds",
             "When a receiver last took events, in seconds since 1970.");
  text.seconds(events.last_success->time_since_epoch());
}

void write_http(MetricsText& text, const web::HttpServerStats& http) {
  text.gauge("rosterd_http_connections", "Connections of web applications and administrators.");
  text.sample(http.connections);
  text.counter("rosterd_http_connections_refused",
               "Connections turned away at http_max_connections.");
  text.sample(http.refused);
  text.counter("rosterd_http_requests", "Answers, by route (empty: no such path) and status.");
  for (const auto& [key, count] : http.answers) {
    text.sample(count, {{"route", key.first}, {"status", std::to_string(key.second)}});
  }
}

}  // namespace

std::string write_metrics(const Figures& figures, MetricsFormat format) {
  MetricsText text(format);
  write_process(text, figures);
  write_loop(text, figures);
  write_streams(text, figures.streams);
  write_stanzas(text, figures);
  write_core(text, figures.core);
  write_refreshes(text, figures);
  write_fetches(text, figures.fetches);
  write_breakers(text, figures.fetches.breakers);
  write_events(text, figures.events);
  write_http(text, figures.http);
  return text.take();
}

}  // namespace rosterd::app
