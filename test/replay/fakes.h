// SPDX-License-Identifier: MIT
// The world around the rooms, played by the conversation: a clock that stands still until told,
// accounts, the web application, and the other end of an HTTP request.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "app/roster_source.h"
#include "base/time.h"
#include "im/ports.h"
#include "web/http_client.h"
#include "web/http_server.h"

namespace rosterd::replay {

class VirtualClock final : public Clock {
 public:
  Instant now() const override { return Instant(std::chrono::hours(1)) + passed; }
  WallTime wall_now() const override {
    using std::chrono::milliseconds;
    return WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 23)) +
           std::chrono::duration_cast<milliseconds>(passed);
  }
  Duration passed{};
};

// Answers when answer() is called, as its contract says: later.
class Accounts final : public im::AuthSource, public im::AccountList {
 public:
  std::map<std::string, std::string, std::less<>> passwords;  // by bare JID
  bool available = true;
  std::map<std::string, std::string, std::less<>> evidence;  // by token or cookie, whose it is
  std::optional<WallTime> expires;                           // of logins by these

  void fetch_keys(const xmpp::Jid& user, crypto::Hash hash, std::uint64_t ticket,
                  im::AuthEvents* events) override;
  void check_password(const xmpp::Jid& user, std::string password, std::uint64_t ticket,
                      im::AuthEvents* events) override;
  void identify(xmpp::Evidence evidence, std::uint64_t ticket, im::AuthEvents* events) override;
  bool has_account(const xmpp::Jid& bare) const override { return passwords.contains(bare.text()); }
  // Whether there was a question.
  bool answer();

 private:
  struct Question {
    enum class Kind { kKeys, kPassword, kIdentity };
    Kind kind;
    xmpp::Jid user;
    std::string password;
    crypto::Hash hash = crypto::Hash::kSha256;
    std::string evidence{};
    std::uint64_t ticket = 0;
    im::AuthEvents* events = nullptr;
  };
  void answer(const Question& question) const;

  std::deque<Question> questions_;
};

// Serves rosters over HTTP and as files. A user is named by what stands behind the last '/' of the
// path, without ".json", percent-decoded; or, where that is known, by "host/user".
class WebApp final : public web::Fetcher, public app::FileReader {
 public:
  struct Answer {
    int status = 404;
    std::string body = {};
    std::string location = {};     // of a redirect
    std::string retry_after = {};  //
    std::string next = {};         // where the next page is
    std::string max_age = {};      // seconds
  };

  std::map<std::string, Answer, std::less<>> answers;  // who has none gets 404
  bool down = false;                                   // connections are refused
  std::set<std::string, std::less<>> held;             // requests arrive, answers wait
  std::set<std::string, std::less<>> queued;           // requests are not even sent
  std::set<std::string, std::less<>> silent;           // requests time out at once
  std::vector<std::string> asked;                      // the users, in the order of sending
  std::string last_target;
  http::Fields last_fields;

  std::uint64_t fetch(web::FetchRequest request, web::FetchEvents* events) override;
  std::uint64_t read(const std::string& path, std::size_t limit, web::FetchEvents* events) override;
  void cancel(std::uint64_t ticket) override;

  // Sends and answers what is not held; whether anything happened.
  bool answer();
  // The oldest held request of this user gets this answer; false when there is none.
  bool answer_held(std::string_view user, const Answer& answer);

 private:
  struct Request {
    std::uint64_t ticket = 0;
    std::string user;
    bool sent = false;
    web::FetchEvents* events = nullptr;
  };
  std::uint64_t add(std::string_view path, web::FetchEvents* events);
  Result<http::Response> respond(const Request& request) const;

  std::deque<Request> requests_;
  std::uint64_t last_ticket_ = 0;
};

// Whoever posts a refresh.
class Requester final : public web::Responder {
 public:
  std::deque<http::Response> answers;  // in the order in which they came

  void respond(web::ExchangeId, http::Response response) override {
    answers.push_back(std::move(response));
  }
};

}  // namespace rosterd::replay
