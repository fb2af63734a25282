// SPDX-License-Identifier: MIT
// WebApp: the owner of all rosters. It remembers every version of its data and every answer that it
// gave, so that the rules can tell what the server may know.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "app/roster_source.h"
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
  Contacts contacts;               // when good
  Instant fresh_until{};           // no login need ask before
  bool tagged = true;              // an entity tag came with it
  bool perhaps = false;            // nobody may have waited for it any more
  std::uint32_t post = 0;          // that said it; 0: it was asked for
  std::optional<Contacts> base{};  // what the edits were made to
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
  // Of each user there is one at most that somebody waits for: his own, or one for many.
  bool is_asked(const std::string& user) const { return requests_.contains(user); }
  // When that was sent, 0: it has not been.
  Moment sent(const std::string& user) const { return requests_.at(user).sent; }
  std::vector<std::string> asked() const;  // users, in the order of asking
  std::vector<std::string> asked_among_many() const;
  // Perhaps nobody waits any more for what the request for many will bring of this user: it may go
  // on without him.
  void forsake(const std::string& user) { requests_.at(user).forsaken = true; }
  // No more requests may be out at once.
  void set_places(std::size_t places) { places_ = places; }
  // The request leaves the queue for a connection.
  void send(const std::string& user);
  // `how`: good (its data when the request was sent), young (likewise, with a life in
  // Cache-Control), late (its data now), an HTTP status, or one of html, cut, list, huge, moved,
  // refused, timeout. Who names the ETag of those data gets 304. Where `options` say so 404 means:
  // no contacts. page or link: the next contact alone, and where there are more; what a roster in
  // pages comes to is what each page has said, of the moment at which that one was asked for.
  // A request for many is answered as a whole, but with 404 for this user alone, or without him
  // (missing).
  void answer(const std::string& user, std::string_view how, const app::HostRosterOptions& options);
  static bool knows(std::string_view how);
  // Whether the last answer was one for many, until end_answer().
  bool answers_many() const { return answers_many_; }
  void end_answer() { answers_many_ = false; }

  // A POST says that this is the roster, or what the roster comes to.
  void say(const std::string& user, Told said);
  // That POST has come to nothing.
  void unsay(std::uint32_t post);
  // Has the server any word on this user's roster since then, asked for or not?
  bool has_said(const std::string& user, Moment since);
  // A roster, to a request sent at `since` or later, that somebody waited for; or, then or later,
  // that there is none.
  bool has_told(const std::string& user, bool good, Moment since);
  // A roster, even if perhaps nobody waited for it.
  bool may_have_told(const std::string& user, Moment since);
  // So many failures in a row that the server may stop asking for a while.
  bool is_shunned() const { return failures_ >= kManyFailures; }
  // One of these came then or later, while nothing had been told of this user since and he was not
  // asked for: it may have been the probe for whose outcome he waited.
  bool may_have_turned_away(const std::string& user, Moment since);
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
    bool many = false;
    bool forsaken = false;
    // Of a request that goes on where another one ended:
    Contacts said;  // on the pages before
    int pages = 0;
    int redirects = 0;

    std::string after() const { return said.empty() ? "" : said.rbegin()->first; }
    bool goes_on() const { return pages + redirects > 0; }
  };
  using Requests = std::map<std::string, Request>;  // by user

  std::uint64_t fetch(web::FetchRequest request, web::FetchEvents* events) override;
  void cancel(std::uint64_t ticket) override;
  std::vector<Version>& versions(const std::string& user);
  void ask(const std::string& user, Request request);
  Requests take(std::uint64_t ticket);
  Contacts rest(const std::string& user, const Request& request, std::string_view how);
  void answer_many(const std::string& user, std::string_view how,
                   const app::HostRosterOptions& options);
  std::string write_many(const Requests& requests, const std::string& user, std::string_view how,
                         bool missing_is_empty);
  void answer_page(const std::string& user, const Request& request, std::string_view how,
                   std::size_t most);
  void answer_all(const std::string& user, const Request& request, std::string_view how);
  void redirect(const std::string& user, const Request& request);
  void go_on(const Request& request, http::Response response);
  void fail(const Requests& requests, Result<http::Response> response);
  void count_failure();
  Told& note_told(const std::string& user, const Request& request, bool good, Contacts contacts);

  Verdict& verdict_;
  const Clock& clock_;
  Events* events_ = nullptr;
  std::map<std::string, std::vector<Version>> versions_;
  std::map<std::string, std::vector<Told>> told_;
  Requests requests_;
  std::set<std::uint64_t> out_;  // tickets
  std::size_t places_ = 16;
  static constexpr int kManyFailures = 5;
  // Perhaps a probe that failed.
  struct FailedProbe {
    Moment at = 0;
    std::set<std::string> out;  // who was asked for
  };
  int failures_ = 0;  // since the last roster, of any user
  std::vector<FailedProbe> failed_probes_;
  std::uint64_t last_ticket_ = 0;
  std::optional<Request> next_;  // what the one that is being answered leads to
  bool answers_many_ = false;
};

}  // namespace rosterd::model
