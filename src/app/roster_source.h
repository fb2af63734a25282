// SPDX-License-Identifier: MIT
// RosterSource: where rosters come from: GET http_roster_url, or files for a file:// URL. One fetch
// in flight per user, whoever asks; retries; the freshness rule.
//
// Freshness: a refresh may share a fetch only if that fetch has not been sent yet. One already on
// the wire when the POST came may carry the old roster, so the user is fetched once more. Each
// answer has a sequence number; im::Core drops an answer older than the applied one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "app/roster_json.h"
#include "base/result.h"
#include "base/timers.h"
#include "im/core.h"
#include "im/ports.h"
#include "web/http_client.h"

namespace rosterd::app {

struct RosterSourceOptions {
  std::string url;  // http_roster_url: %s or {user} = encoded username, {host}, %% = %
  RosterLimits limits;
  bool missing_is_empty = false;  // roster_404 = "empty": 404 means no contacts, not a failure
  Duration timeout = std::chrono::seconds(10);  // one fetch with its retries
  std::string user_agent = "rosterd/1.0";
};

// Checks a template: one %s or {user}, a known scheme. Used by -t as well.
Status check_roster_url(std::string_view url);
// The template filled in; `user` and `host` are percent-encoded here.
std::string expand_roster_url(std::string_view url, std::string_view user, std::string_view host);

class RosterSink {
 public:
  virtual ~RosterSink() = default;
  // Never from inside refetch(). On success the roster may be applied.
  virtual void on_refetched(std::uint64_t ticket, const xmpp::Jid& user,
                            Result<im::RosterChange> change) = 0;
};

// Reads a whole file off the loop thread; the answer comes later like a fetch. net::Loop's pool in
// the daemon, a fake in tests.
class FileReader {
 public:
  virtual ~FileReader() = default;
  // Exactly one web::FetchEvents::on_fetch_done per call: 200 with the contents, 404, or an error.
  virtual std::uint64_t read(const std::string& path, std::size_t limit,
                             web::FetchEvents* events) = 0;
};

class RosterSource : public im::RosterFetcher {
 public:
  // All outlive it. set_core() before the first use.
  RosterSource(const RosterSourceOptions& options, web::Fetcher* fetcher, FileReader* files,
               const Clock& clock, Timers& timers);
  ~RosterSource() override;
  void set_core(im::Core* core);
  void set_options(const RosterSourceOptions& options);

  // Login: the result goes to im::Core::on_roster_fetched().
  void fetch_roster(const xmpp::Jid& user) override;
  void cancel_fetch(const xmpp::Jid& user) override;

  // Refresh: a result at least as new as this call, for each call one on_refetched(). Returns its
  // ticket.
  std::uint64_t refetch(const xmpp::Jid& user, RosterSink* sink);
  void cancel_refetch(std::uint64_t ticket);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rosterd::app
