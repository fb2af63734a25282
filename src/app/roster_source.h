// SPDX-License-Identifier: MIT
// RosterSource: where rosters come from: GET http_roster_url, many at once from
// http_roster_bulk_url, or files for a file:// URL. One fetch in flight per user, whoever asks;
// retries; a gate before each host's web app; the freshness rule.
//
// Freshness: a question may share a request only if that request has not been sent yet. One already
// on the wire may carry the old roster, so the user is fetched once more. Requests are numbered in
// the order in which they are sent; im::Core drops an answer older than the applied one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/credentials.h"
#include "app/fetch_stats.h"
#include "app/file_reader.h"
#include "app/login_rosters.h"
#include "app/origin_breaker.h"
#include "app/roster_json.h"
#include "app/roster_url.h"
#include "base/result.h"
#include "base/timers.h"
#include "im/core.h"
#include "im/ports.h"
#include "web/http_client.h"

namespace rosterd::app {

// Where one host's users have their rosters.
struct HostRosterOptions {
  RosterFormat format = RosterFormat::kJson;
  std::string url;            // http_roster_url, see roster_url.h; for kJsxc one that names nobody
  std::string bulk_url;       // http_roster_bulk_url; "" = users are asked for one by one
  std::string jsxc_secret{};  // kJsxc: what requests are signed with
  // How rosterd proves who is asking; see authorize() in credentials.h.
  std::vector<Credential> credentials;
  RosterLimits limits;
  std::size_t pages = 100;        // most of one roster
  bool missing_is_empty = false;  // roster_404 = "empty": 404 means no contacts, not a failure
  // One fetch with its retries. At login from the question on, as a client is waiting; in a refresh
  // from the first request on, as the batch has a deadline of its own.
  Duration timeout = std::chrono::seconds(10);
};

struct RosterSourceOptions : HostRosterOptions {  // for hosts that have no entry below
  std::map<std::string, HostRosterOptions, std::less<>> hosts;  // by prepared domain
  std::size_t parallel = 16;                                    // requests of one host at once
  std::size_t file_bytes = 4 * 1024 * 1024;  // largest file; http::Limits has the HTTP body's
  std::string user_agent = "rosterd/1.0";

  const HostRosterOptions& of(std::string_view host) const {
    const auto own = hosts.find(host);
    return own == hosts.end() ? *this : own->second;
  }
};

class RosterSink {
 public:
  virtual ~RosterSink() = default;
  // Never from inside refetch(). On success the roster may be applied.
  virtual void on_refetched(std::uint64_t ticket, const xmpp::Jid& user,
                            Result<im::RosterChange> change) = 0;
};

class RosterSource : public im::RosterFetcher {
 public:
  // All outlive it. set_core() before the first use. `files` may be null while no file:// URL is
  // configured.
  RosterSource(const RosterSourceOptions& options, web::Fetcher* fetcher, FileReader* files,
               const Clock& clock, Timers& timers);
  ~RosterSource() override;
  void set_core(im::Core* core);
  // For requests to come, also of those who wait already.
  void set_options(const RosterSourceOptions& options);
  const RosterSourceOptions& options() const;

  // Login: the result goes to im::Core::on_roster_fetched(). After a failure, which is reported as
  // well, it is tried again after 2 s, 4 s, … 30 s until it succeeds or is cancelled.
  std::uint64_t fetch_roster(const xmpp::Jid& user) override;
  void cancel_fetch(const xmpp::Jid& user) override;
  void cancel_all() override;

  FetchStats stats() const;
  // Of the web apps that rosters come from; others who ask them something share it.
  Breakers& breakers();

  // Refresh: a result at least as new as this call, for each call one on_refetched() unless
  // cancelled. Returns its ticket, never 0. `sink` outlives the question.
  std::uint64_t refetch(const xmpp::Jid& user, RosterSink* sink);
  void cancel_refetch(std::uint64_t ticket);

  // Rosters that need no fetch.
  LoginRosters& login_rosters();

  // The number of a roster that is at hand now: after all requests sent so far, before all others.
  std::uint64_t next_sequence();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rosterd::app
