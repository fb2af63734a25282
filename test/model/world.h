// SPDX-License-Identifier: MIT
// World: the real rooms im and app, put together as server.cc does it, with everything outside
// played: the web app, the clients, whoever posts, the clock. It does what it is told and tells
// Events what happened; whether that was right is for Rules.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "app/refresh.h"
#include "app/roster_source.h"
#include "base/timers.h"
#include "client.h"
#include "im/core.h"
#include "posting.h"
#include "replay/fakes.h"
#include "support/describer.h"
#include "verdict.h"
#include "web_app.h"
#include "xml/parser.h"

namespace rosterd::model {

struct Options {
  im::Options im;
  app::RosterSourceOptions roster;
  app::RefreshOptions refresh;
};

// What a turn was about.
struct Action {
  enum class Kind {
    kWorld,        // anything but a client
    kAvailable,    // `actor` sent presence
    kUnavailable,  // likewise
    kGone,         // `actor` is no more
    kDirected,     // `actor` sent `target` presence, an available one or not
    kProbe,        // `actor` asked for the presence of the account `target`
    kOther,        // a client did something that nobody is to see
  };
  Kind kind = Kind::kWorld;
  std::string actor = {};   // full JID
  std::string target = {};  // bare or full JID
  bool available = false;
};

// What a refresh came to.
struct Counts {
  std::size_t updated = 0;
  std::size_t errors = 0;
};

class World final : private web::Responder {
 public:
  class Events {
   public:
    virtual ~Events() = default;
    virtual void on_user_came(const std::string& user) = 0;
    virtual void on_user_left(const std::string& user) = 0;
    // Somebody asks for a refresh, or what he has said is refused.
    virtual void on_post(std::uint32_t number, const Posting& posting) = 0;
    virtual void on_post_answered(std::uint32_t number, const http::Response& response) = 0;
    // It has been answered before anything was done, and is over now.
    virtual void on_post_over(std::uint32_t number, const std::optional<Counts>& counts) = 0;
    // All that was done has been done, and is in the outboxes.
    virtual void on_turn(const Action& action) = 0;
  };

  explicit World(Verdict& verdict);
  ~World() override;
  void set_events(Events* events) { events_ = events; }

  // --- clients
  // ------------------------------------------------------------------------------------ Null when
  // that resource cannot be had.
  Client* connect(const std::string& user, const std::string& resource);
  void disconnect(Client& client);
  Client* find_client(const std::string& full);
  void tell(Client& client, std::string_view stanza, const Action& action);
  // Asks, and waits for turn().
  void ask_roster(Client& client, const std::string& version);
  // A stream that has authenticated and not bound yet.
  void authenticate(const std::string& user);
  void hang_up(const std::string& user);
  bool is_online(const std::string& user) const { return streams_.contains(user); }
  // What came for a client since the last time.
  std::vector<Event> read(Client& client);

  // By full JID.
  std::map<std::string, std::unique_ptr<Client>> clients;
  // For each user who is online a resource that sees nobody and asks for the roster at once: by
  // what it is told the roster in force is known. By user.
  std::map<std::string, std::unique_ptr<Client>> witnesses;
  std::map<std::string, KeptRosters> kept;  // by user

  // --- the web app and its refreshes
  // --------------------------------------------------------------
  void send_request(const std::string& user);
  void answer(const std::string& user, std::string_view how);
  // One that is answered first waits for another such to be over: which one of two is could not be
  // told.
  void post(const Posting& posting);
  void abandon(std::uint32_t number);
  void stop();

  // --- the rest
  // -----------------------------------------------------------------------------------
  void turn(const Action& action = {});
  void pass(Duration duration);
  void expire() { core_.expire(); }
  void set_options(const Options& options);
  const Options& options() const { return options_; }
  Instant now() const { return clock_.now(); }
  // When somebody last asked for a refresh, and began to wait for who is fetched already.
  Instant last_post() const { return last_post_; }
  std::size_t batches() const { return refresh_.running(); }
  // The least that a fetch may ever have been given so far.
  Duration least_timeout() const { return least_timeout_; }
  // The refresh that has been answered first is over, in this turn.
  bool is_silent_over() const {
    return silent_ && refresh_.running() < unanswered_.size() + (responding_ == 0 ? 1 : 0);
  }
  // What this refresh said itself may be in force: it is over, or comes to its end in this turn.
  bool may_be_applied(std::uint32_t post) const {
    if (silent_ && silent_->number == post) return is_silent_over();
    return responding_ == post || !unanswered_.contains(post);
  }

 private:
  void respond(web::ExchangeId exchange, http::Response response) override;
  void end_stream(const std::string& user);
  void close_ended();
  void run_timers();

  Verdict& verdict_;
  Options options_;
  replay::VirtualClock clock_;
  Timers timers_;
  Events* events_ = nullptr;
  void look_after_silent();

  // A refresh that has been answered before it is over.
  struct Silent {
    std::uint32_t number = 0;
    std::uint64_t batches = 0;  // over when it began; updated and errors, likewise
    Counts counts;
  };
  Counts total() const;

  std::map<std::string, std::size_t> streams_;  // by user
  std::map<std::string, std::size_t> unbound_;
  std::uint32_t requests_ = 0;
  Instant last_post_{};
  std::set<std::uint32_t> unanswered_;
  std::optional<Silent> silent_;
  std::uint32_t responding_ = 0;  // the refresh that is being answered
  Duration least_timeout_ = options_.roster.timeout;
  xml::Parser parser_;
  test::Describer describer_;

 public:
  WebApp web_app{verdict_, clock_};

 private:
  app::RosterSource source_;
  im::Core core_;
  app::Refresh refresh_;
};

}  // namespace rosterd::model
