// SPDX-License-Identifier: MIT
// RosterFetch: one user's roster asked for once: by a request of its own, or as one of many in a
// bulk request; pages and redirects followed, faults of the moment retried, all inside one
// deadline.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "app/credentials.h"
#include "app/fetch_stats.h"
#include "app/file_reader.h"
#include "app/host_gate.h"
#include "app/retry.h"
#include "app/roster_assembly.h"
#include "app/roster_url.h"
#include "base/result.h"
#include "base/timers.h"
#include "im/core.h"
#include "web/http_client.h"

namespace rosterd::app {

// What all fetches of a source share; it outlives them.
struct FetchContext {
  web::Fetcher* fetcher = nullptr;
  FileReader* files = nullptr;
  const Clock& clock;
  Timers& timers;
  Random random;
  im::Core* core = nullptr;
  std::uint64_t last_sequence = 0;  // attempts are numbered in the order in which they are sent
  std::string run{};                // of this process: what request ids begin with
  std::uint64_t last_request = 0;   // what they end with
  FetchCounters counters{};
};

// How the users of a host are asked for, by the options as they are now.
struct FetchPlan {
  std::string url;         // a template, see roster_url.h
  bool is_folder = false;  // it names files
  RosterFormat format = RosterFormat::kJson;
  std::string jsxc_secret;
  std::string user_agent;
  std::vector<Credential> credentials;
  RosterLimits limits;
  std::size_t pages = 0;       // most of one roster
  std::size_t file_limit = 0;  // bytes
  bool missing_is_empty = false;
  Duration timeout{};
};

// The fields of every request, whichever it asks for.
http::Fields make_request_fields(const std::string& user_agent, std::string_view host,
                                 FetchReason reason);
// A new Rosterd-Request-Id, added to `fields`; it stands in our log as well.
std::string add_request_id(FetchContext& context, http::Fields& fields);

// An error for a status that is no success; kUnavailable where another attempt may do better.
Error make_status_error(int status);
bool is_passing(Errc code);
FetchOutcome outcome_of(Errc code);

class RosterFetch final : private web::FetchEvents, private HostGate::Visitor {
 public:
  class Events {
   public:
    virtual ~Events() = default;
    // Exactly once, never from inside start(); may destroy the fetch. The roster, or: kNotFound
    // (404), kDenied (401, 403), kInvalid (another refusal, a malformed answer, a redirect or a
    // next page that may not be followed), kTooLarge, or, after the retries, kTimeout,
    // kUnavailable.
    virtual void on_fetch_finished(Result<FetchedRoster> roster) = 0;
  };

  // Of this user, a bare JID. All outlive it, the pointer to the plan as well: when that is
  // exchanged, whoever is still to be asked for is asked for by the new one; a request that has
  // left, its redirects and next pages keep to the old one.
  RosterFetch(FetchContext& context, HostGate& gate, const std::shared_ptr<const FetchPlan>& plan,
              const xmpp::Jid& user, FetchReason reason, Events& events);
  ~RosterFetch() override;
  RosterFetch(const RosterFetch&) = delete;
  RosterFetch& operator=(const RosterFetch&) = delete;

  void start();
  // Somebody begins to wait for the present attempt: the timeout runs anew, so that he is not
  // failed by time that has passed before. Unless `now`, time in the queue does not count: the
  // timeout starts when the first request is sent.
  void restart_timeout(bool now);
  // A refresh has joined.
  void insist() { insists_ = true; }
  // Not sent yet: the attempt will be newer than all that there is now.
  void renumber() { sequence_ = ++context_.last_sequence; }

  // The present attempt is on its way, or the next one's, while one is waiting to be sent again.
  bool sent() const { return sent_; }
  // Of the present attempt; greater once that has been sent.
  std::uint64_t sequence() const { return sequence_; }
  // Of the last request, "" before the first: to be found in the web app's log.
  const std::string& request_id() const { return request_id_; }

  // --- for BulkFetch --------------------------------------------------------------------------
  const xmpp::Jid& user() const { return user_; }
  const RosterLimits& limits() const { return plan_->limits; }
  void on_bulk_sent(const std::string& request_id);
  // What the bulk answer says of this user; kNotFound for null.
  void on_bulk_answer(Result<FetchedRoster> roster);
  // Nothing, for now.
  void on_bulk_failed(const Error& error, Duration at_least);
  // Such requests are not to be had: a request of its own takes its place.
  void on_bulk_refused();
  // It has only the first page of this user's roster: likewise, whatever others do.
  void on_bulk_page();

 private:
  void on_admitted(HostGate::Place place) override;
  void on_admitted_to(BulkFetch& bulk) override;
  void on_turned_away() override;
  bool insists() const override { return insists_; }
  bool goes_alone() const override { return goes_alone_; }
  void on_fetch_sent(std::uint64_t ticket) override;
  void on_fetch_body(std::uint64_t ticket, std::string part) override;
  void on_fetch_done(std::uint64_t ticket, Result<http::Response> response) override;

  // From the place at the gate to the outcome of all its requests: what thousands who wait for
  // their turn do without.
  struct Attempt {
    std::shared_ptr<const FetchPlan> plan;
    HostGate::Place place;  // null: none is needed, or it has been given back
    RosterAssembly assembly;
    http::Url url{};  // of the request that is out: the target, or where that led to
    int redirects = 0;
    std::size_t pages = 0;
  };

  void attempt();
  void attempt_or_tell();
  Result<RosterTarget> make_target() const;
  void read_file();
  void send_request(http::Url url);
  web::FetchRequest make_request() const;
  void mark_sent();
  void begin_attempt(HostGate::Place place);
  void leave_wire();
  void leave_gate(HostGate::Outcome outcome, std::string_view why = {});
  void start_timeout();
  void handle_response(http::Response response);
  void handle_page(const http::Response& response);
  void handle_jsxc(const http::Response& response);
  Status follow(std::string_view reference, std::string_view what);
  void redirect(const http::Response& response);
  void retry_or_finish(Error error, Duration at_least);
  void count(FetchOutcome outcome);
  void succeed(FetchedRoster roster);
  void fail(Error error);
  void finish(Result<FetchedRoster> roster);
  void on_deadline();

  FetchContext& context_;
  HostGate& gate_;
  const std::shared_ptr<const FetchPlan>& plan_;
  const xmpp::Jid& user_;
  Events& events_;
  const FetchReason reason_;
  bool insists_;             // see HostGate::Visitor
  bool goes_alone_ = false;  // likewise
  RetrySchedule schedule_;
  std::unique_ptr<Attempt> attempt_;  // once it has a place
  std::uint64_t ticket_ = 0;          // 0: no request of its own is out
  BulkFetch* bulk_ = nullptr;         // not null: one among many in that
  std::uint64_t sequence_ = 0;
  bool sent_ = false;
  std::string request_id_;
  Instant sent_at_{};
  std::unique_ptr<Error> last_error_;  // null: there has been no answer
  Instant due_{};                      // of deadline_, while that is armed
  Timer retry_ = Timer::bind<&RosterFetch::attempt_or_tell>(this);
  Timer deadline_ = Timer::bind<&RosterFetch::on_deadline>(this);
};

}  // namespace rosterd::app
