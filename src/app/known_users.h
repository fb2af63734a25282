// SPDX-License-Identifier: MIT
// KnownUsers: whether there is such a user (the end of the protocol's section 5): as the host's
// accounts say, or else a HEAD of where his roster is, remembered for a while. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "app/auth_options.h"
#include "app/auth_request.h"
#include "im/ports.h"

namespace rosterd::app {

// How one host's users are looked for.
struct UserSearchOptions {
  AuthOptions auth;
  std::string roster_url;               // http_roster_url, see roster_url.h
  std::vector<Credential> credentials;  // of requests there
  bool missing_is_empty = false;        // a roster that is not there says nothing
  bool by_default = true;               // where nobody can tell
};

class KnownUsers final : public im::UserFinder, im::UserEvents {
 public:
  static constexpr Duration kLifetime = std::chrono::minutes(5);
  static constexpr std::size_t kMost = 10'000;  // answers that are remembered, and users looked for
  // Questions of one host that are out at once. Clients cause them, and logins need the same
  // connections and programs.
  static constexpr std::size_t kAtOnce = 2;

  // All outlive it, and it outlives what `sources` still owes. A web app that fails at this has
  // breakers of its own: it may be one that does not know such questions, and logs users in well.
  KnownUsers(web::Fetcher& fetcher, im::AuthSource& sources, const im::AccountList& accounts,
             const Clock& clock, Timers& timers, const std::string& user_agent)
      : sources_(sources),
        accounts_(accounts),
        clock_(clock),
        timers_(timers),
        requests_(fetcher, clock, timers, breakers_, user_agent) {}

  // By host. What is remembered is forgotten.
  void set_options(std::map<std::string, UserSearchOptions, std::less<>> hosts);

  // Who waits for others longer than for the web app is answered as where nobody can tell.
  void find_user(const xmpp::Jid& user, std::uint64_t ticket,
                 im::UserFinderEvents* events) override;

 private:
  class Question;
  struct Asker {
    std::uint64_t ticket;
    im::UserFinderEvents* events;
  };
  struct Answer {
    Asker asker;
    bool exists;
  };
  struct Known {
    bool exists;
    Instant expires;
  };
  // Somebody who is looked for.
  struct Search {
    xmpp::Jid user;
    std::vector<Asker> askers;
    Instant patience;         // until when it waits to be asked
    std::uint64_t epoch = 0;  // in which it was asked
  };
  struct Line {
    std::size_t asked = 0;            // questions that are out
    std::deque<std::string> waiting;  // bare JIDs
  };

  const UserSearchOptions* find_host(std::string_view host) const;
  std::optional<bool> find_known(std::string_view user) const;
  void pump(const std::string& host);
  void ask(Search& search, const UserSearchOptions& options);
  void ask_for_roster(const xmpp::Jid& user, const UserSearchOptions& options);
  void on_user(std::uint64_t ticket, const Result<bool>& exists) override;
  void settle(const xmpp::Jid& user, std::optional<bool> exists);
  void finish(const std::string& user, std::optional<bool> exists);
  void remember(const std::string& user, bool exists);
  void answer_soon(Asker asker, bool exists);
  void give_answers();

  im::AuthSource& sources_;
  const im::AccountList& accounts_;
  const Clock& clock_;
  Timers& timers_;
  Breakers breakers_;
  AuthRequests requests_;
  std::map<std::string, UserSearchOptions, std::less<>> hosts_;
  std::uint64_t epoch_ = 0;                              // of the options
  std::unordered_map<std::string, Known> known_;         // by bare JID
  std::deque<std::string> oldest_first_;                 // of these
  std::unordered_map<std::string, Search> searches_;     // by bare JID
  std::map<std::string, Line> lines_;                    // by host
  std::map<std::uint64_t, xmpp::Jid> asked_of_sources_;  // by ticket
  std::uint64_t last_ticket_ = 0;
  std::vector<Answer> answers_;  // to be given when the call that asked has returned
  Timer answering_ = Timer::bind<&KnownUsers::give_answers>(this);
};

}  // namespace rosterd::app
