// SPDX-License-Identifier: MIT
// BulkFetch: one request for the rosters of many users of a host (the protocol's section 1, bulk).
// Each of them goes on as a RosterFetch of its own when it is over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "app/credentials.h"
#include "app/host_gate.h"
#include "app/roster_fetch.h"
#include "base/handle.h"
#include "http/url.h"
#include "web/http_client.h"

namespace rosterd::app {

struct BulkPlan {
  std::string host;
  http::Url url;
  http::Fields fields;
  std::vector<Credential> credentials;
  bool missing_is_empty = false;
};

class BulkFetch final : private web::FetchEvents {
 public:
  static constexpr std::size_t kUsers = 200;  // most of one request

  class Events {
   public:
    virtual ~Events() = default;
    // Exactly once; its members have been told and none is left. Destroys it. `refusal` is not
    // empty when the web app does not serve such requests, and says how.
    virtual void on_bulk_finished(BulkFetch& bulk, const std::string& refusal) = 0;
  };

  // All outlive it.
  BulkFetch(FetchContext& context, HostGate& gate, HostGate::Place place, BulkPlan plan,
            Events& events)
      : context_(context),
        gate_(gate),
        place_(std::move(place)),
        plan_(std::move(plan)),
        events_(events) {}
  ~BulkFetch() override;
  BulkFetch(const BulkFetch&) = delete;
  BulkFetch& operator=(const BulkFetch&) = delete;

  void add(RosterFetch& member) { members_.push_back(&member); }
  void start();
  const std::string& host() const { return plan_.host; }
  const std::string& request_id() const { return request_id_; }
  // Nobody waits for this one any more. Without any it ends.
  void remove(RosterFetch& member);

  Handle<BulkFetch> handle;  // in the table of its owner

 private:
  void on_fetch_sent(std::uint64_t ticket) override;
  void on_fetch_done(std::uint64_t ticket, Result<http::Response> response) override;
  void handle_answer(const http::Response& response);
  void fail(const Error& error, Duration at_least);
  void cancel(const Error& error);
  void refuse(const std::string& why);
  void count(FetchOutcome outcome);
  RosterFetch* take_member();

  FetchContext& context_;
  HostGate& gate_;
  const HostGate::Place place_;
  BulkPlan plan_;
  Events& events_;
  std::vector<RosterFetch*> members_;
  std::uint64_t ticket_ = 0;
  std::string request_id_;
  Instant sent_at_{};
  bool telling_ = false;  // the members, who may take others away meanwhile
};

}  // namespace rosterd::app
