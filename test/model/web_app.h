// SPDX-License-Identifier: MIT
// WebApp: the owner of all rosters. It remembers every version of its data and every answer that it
// gave, so that the rules can tell what the server may know.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "contacts.h"
#include "verdict.h"
#include "web/http_client.h"

namespace rosterd::model {

struct Version {
  Contacts contacts;
  Moment since = 0;
};

// What the server was told about one user: a roster, or that there is none to be had now. Or what a
// POST has said of him, which is an answer as well, to a question of the moment at which it came.
struct Told {
  Moment sent = 0;  // the request
  Moment at = 0;    // the answer
  Instant time{};   // likewise
  bool good = false;
  Contacts contacts;       // when good
  Instant fresh_until{};   // no login need ask before
  bool tagged = true;      // an entity tag came with it
  std::uint32_t post = 0;  // that said it; 0: it was asked for
};

class WebApp final : public web::Fetcher {
 public:
  class Events {
   public:
    virtual ~Events() = default;
    virtual void on_asked(const std::string& user) = 0;
  };

  WebApp(Verdict& verdict, const Clock& clock) : verdict_(verdict), clock_(clock) {}
  void set_events(Events* events) { events_ = events; }

  // --- its data
  // -----------------------------------------------------------------------------------
  const Contacts& data(const std::string& user);
  void edit(const std::string& user, Contacts contacts);
  // The data of so many versions ago.
  const Contacts& data_before(const std::string& user, std::size_t versions);
  // Those again.
  void revert(const std::string& user, std::size_t versions);
  // Their entity tag: data that come back have the one that they had.
  std::string tag_of(const std::string& user, const Contacts& contacts);
  // Was this its data at `moment` or at some time after it, or what it said then?
  bool said_since(const std::string& user, const Contacts& contacts, Moment moment);
  // When its data last changed; and whose have changed since.
  Moment changed(const std::string& user) { return versions(user).back().since; }
  std::vector<std::string> changed_since(Moment moment) const;

  // --- requests
  // ----------------------------------------------------------------------------------- Of each
  // user there is one at most.
  bool is_asked(const std::string& user) const { return requests_.contains(user); }
  std::vector<std::string> asked() const;  // users, in the order of asking
  // The request leaves the queue for a connection.
  void send(const std::string& user);
  // `how`: good (its data when the request was sent), young (likewise, with a life in
  // Cache-Control), late (its data now), an HTTP status, or one of html, cut, list, huge, moved,
  // refused, timeout. Who names the ETag of those data gets 304. With `missing_is_empty` 404 means:
  // no contacts.
  void answer(const std::string& user, std::string_view how, bool missing_is_empty);
  static bool knows(std::string_view how);

  // A POST says that this is the roster, or what the roster comes to.
  void say(const std::string& user, Contacts contacts, bool tagged, std::uint32_t post, Moment at);
  // That POST has come to nothing.
  void unsay(std::uint32_t post);
  // Has the server any word on this user's roster since then, asked for or not?
  bool has_said(const std::string& user, Moment since);
  // A roster, to a request sent at `since` or later; or, then or later, that there is none.
  bool has_told(const std::string& user, bool good, Moment since);
  // So many failures in a row that the server may stop asking for a while.
  bool is_shunned() const { return failures_ >= kManyFailures; }
  // When the first such roster was told; never: the end of time.
  Moment told_good_at(const std::string& user, Moment since);
  const std::vector<Told>& told(const std::string& user) { return told_[user]; }

 private:
  struct Request {
    std::uint64_t ticket = 0;
    web::FetchEvents* events = nullptr;
    Moment sent = 0;  // 0: it waits in the queue
    Contacts contacts;
    std::string tag;  // of If-None-Match
  };

  std::uint64_t fetch(web::FetchRequest request, web::FetchEvents* events) override;
  void cancel(std::uint64_t ticket) override;
  std::vector<Version>& versions(const std::string& user);
  Told& note_told(const std::string& user, const Request& request, bool good, Contacts contacts);

  Verdict& verdict_;
  const Clock& clock_;
  Events* events_ = nullptr;
  std::map<std::string, std::vector<Version>> versions_;
  std::map<std::string, std::vector<Told>> told_;
  std::map<std::string, Request> requests_;  // by user
  static constexpr int kManyFailures = 5;
  int failures_ = 0;  // since the last roster, of any user
  std::uint64_t last_ticket_ = 0;
  Moment redirected_ = 0;  // of the request that is being redirected
};

}  // namespace rosterd::model
