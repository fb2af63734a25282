// SPDX-License-Identifier: MIT
// RefreshBatch: one refresh on its way: whose rosters are still to come, and those that have
// arrived, or came with the request, and wait to be applied together.
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
  // What is asked for, and who gets the answer.
  struct Client {
    enum class Form { kNames, kOneName, kEdges };
    Form form = Form::kNames;
    web::Responder* responder = nullptr;  // null: the answer has been given
    web::ExchangeId exchange;
    bool atomic = false;  // one failure ends it, and nothing is to be applied
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

  // Users who are offline need no roster: what is kept of them is forgotten.
  void start(RefreshRequest request, Timers& timers, Duration deadline);
  // What has not arrived counts as an error.
  void give_up(const std::string& why);

  bool complete() const { return pending_.empty(); }
  bool failed() const { return client_.atomic && errors_ > 0; }
  const Client& client() const { return client_; }
  // When it is complete; together they are the elements of the request.
  std::size_t updated() const { return failed() ? 0 : elements_.size() - errors_; }
  std::size_t errors() const { return elements_.size() - updated(); }
  const std::string& first_error() const { return first_error_; }
  Duration age() const { return clock_.now() - started_; }
  // What is to be applied; once.
  im::RosterBatch take_changes();

  Handle<RefreshBatch> handle;  // in the table of its owner

 private:
  using Elements = std::vector<std::uint32_t>;  // indices; none: the request did not name the user
  struct Delivered {
    DeliveredRoster roster;
    Elements elements;
  };

  void on_refetched(std::uint64_t ticket, const xmpp::Jid& user,
                    Result<im::RosterChange> change) override;
  void begin(RefreshUser named);
  void ask(const xmpp::Jid& user, Elements elements);
  void ask_for_more();
  std::vector<Delivered> withdraw_unusable();
  void mark_asked(const xmpp::Jid& user);
  bool is_asked(std::string_view user) const {
    return asked_.contains(core_.interner().find(user));
  }
  bool gives_to_others(const im::RosterChange& change) const;
  void ask_counterparts();
  void ask_counterparts_of(const im::RosterChange& change);
  void cancel_pending();
  void on_deadline();
  void count_errors(const Elements& elements, const std::string& why);

  const Client client_;
  im::Core& core_;
  RosterSource& source_;
  const Clock& clock_;
  Events& events_;
  const Instant started_;
  // Of the request as such: what came inside it is older than what is asked for because of it.
  const std::uint64_t sequence_;
  std::unordered_map<std::uint64_t, Elements> pending_;  // by ticket
  std::unordered_set<Atom> asked_;  // bare JIDs that need not be asked for; with references
  bool counterparts_asked_ = false;
  std::vector<Delivered> delivered_;
  im::RosterBatch changes_;            // fetched
  std::vector<bool> gives_to_others_;  // by change: to contacts who were not asked for then
  std::vector<bool> elements_;         // of the request: has it failed?
  std::size_t errors_ = 0;             // of these
  std::string first_error_;
  Timer deadline_ = Timer::bind<&RefreshBatch::on_deadline>(this);
};

}  // namespace rosterd::app
