// SPDX-License-Identifier: MIT
// RefreshBatch: one refresh on its way: whose rosters are still to come, and those that have
// arrived and wait to be applied together.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "app/refresh_request.h"
#include "app/roster_source.h"
#include "base/timers.h"
#include "im/core.h"
#include "web/http_server.h"

namespace rosterd::app {

class RefreshBatch final : private RosterSink {
 public:
  // Who gets the answer.
  struct Client {
    web::Responder* responder = nullptr;
    web::ExchangeId exchange;
    bool wants_counts = true;  // of a POST
  };

  class Events {
   public:
    virtual ~Events() = default;
    // Nothing is pending any more; not called from inside start() or give_up(). May destroy it.
    virtual void on_batch_complete(RefreshBatch& batch) = 0;
  };

  RefreshBatch(const Client& client, im::Core& core, RosterSource& source, const Clock& clock,
               Events& events);
  ~RefreshBatch() override;

  // Users who are offline need no fetch: what is kept of them is forgotten.
  void start(const std::vector<RefreshUser>& users, Timers& timers, Duration deadline);
  // What has not arrived counts as an error.
  void give_up(const std::string& why);

  bool complete() const { return pending_.empty(); }
  const Client& client() const { return client_; }
  std::size_t updated() const { return updated_; }  // elements of the request
  std::size_t errors() const { return errors_; }    // likewise
  const std::string& first_error() const { return first_error_; }
  Duration age() const { return clock_.now() - started_; }
  std::vector<im::RosterChange> take_changes() { return std::move(changes_); }

  Handle<RefreshBatch> handle;  // in the table of its owner

 private:
  void on_refetched(std::uint64_t ticket, const xmpp::Jid& user,
                    Result<im::RosterChange> change) override;
  void ask(const xmpp::Jid& user, std::size_t elements);
  void ask_counterparts();
  void on_deadline();
  void count_error(std::size_t elements, const std::string& why);

  const Client client_;
  im::Core& core_;
  RosterSource& source_;
  const Clock& clock_;
  Events& events_;
  const Instant started_;
  std::unordered_map<std::uint64_t, std::size_t> pending_;  // ticket -> elements; 0: not named
  std::unordered_set<std::string> asked_;                   // bare JIDs
  bool counterparts_asked_ = false;
  std::vector<im::RosterChange> changes_;
  std::size_t updated_ = 0;
  std::size_t errors_ = 0;
  std::string first_error_;
  Timer deadline_ = Timer::bind<&RefreshBatch::on_deadline>(this);
};

}  // namespace rosterd::app
