// SPDX-License-Identifier: MIT
// AuthStage: a back end of the login, and around it a web app, time and a client that the test
// plays.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/auth_backend.h"
#include "net/process.h"
#include "unit/app/stage.h"

namespace rosterd::app {

// What became of each question, in the order of the answers: "1:romeo@h", "1:denied", "1:keys".
class Logins final : public im::AuthEvents {
 public:
  void on_keys(std::uint64_t ticket, const Result<xmpp::ScramKeys>& answer) override {
    tell(ticket, answer ? "keys" : to_string(answer.error().code));
    if (answer) keys = *answer;
  }
  void on_login(std::uint64_t ticket, const Result<xmpp::Login>& answer) override {
    tell(ticket, answer ? std::string(answer->user.text()) : to_string(answer.error().code));
    if (answer) expires = answer->expires;
  }
  std::string take() { return std::exchange(told_, {}); }

  xmpp::ScramKeys keys;
  std::optional<WallTime> expires;

 private:
  void tell(std::uint64_t ticket, const std::string& what) {
    told_ += (told_.empty() ? "" : " ") + std::to_string(ticket) + ':' + what;
  }
  std::string told_;
};

// The web app at http://app.example.org. The path of a question is its method and its target, but
// for GET.
class AccountsApp final : public web::Fetcher, public Outside {
 public:
  std::uint64_t fetch(web::FetchRequest request, web::FetchEvents* events) override {
    assert_text_equal(request.url.origin(), "http://app.example.org");
    assert_true(request.secret);
    std::string path = request.method == "GET" ? "" : request.method + ' ';
    return ask(path + request.url.target, std::move(request.fields), events,
               std::move(request.body));
  }
  void cancel(std::uint64_t ticket) override { withdraw(ticket); }
};

class AuthStage {
 public:
  explicit AuthStage(AuthOptions options) { set_options(std::move(options)); }

  void set_options(AuthOptions options) { backends.set_options({{"h", std::move(options)}}); }
  void check(std::string_view user, std::string password, std::uint64_t ticket = 1) {
    routes.check_password(make_jid(user), std::move(password), ticket, &logins);
  }
  void pass(Duration time) {
    clock.passed += time;
    timers.run_due(clock.now());
  }
  void settle() { pass(Duration(0)); }

  Journal journal;
  im::ManualClock clock;
  Timers timers;
  AccountsApp web_app;
  Breakers breakers;
  AuthRequests requests{web_app, clock, timers, breakers, "rosterd/1.0"};
  Logins logins;
  // For whoever is asked about another host.
  class Nobody final : public im::AuthSource {
    void fetch_keys(const xmpp::Jid&, crypto::Hash, std::uint64_t, im::AuthEvents*) override {}
    void check_password(const xmpp::Jid&, std::string, std::uint64_t, im::AuthEvents*) override {}
    void identify(xmpp::Evidence, std::uint64_t, im::AuthEvents*) override {}
  } nobody;
  HostAuth routes{nobody};
  // For caches, of which there are none.
  class NoHasher final : public PasswordHasher {
    std::uint64_t hash(std::string, const std::string&, Events*) override { return 0; }
    void cancel(std::uint64_t) override {}
  } hasher;
  std::uint64_t last_sequence = 0;
  LoginRosters rosters{clock, last_sequence};
  net::Loop loop{net::LoopOptions{}};
  net::WorkQueue hashes{loop, 3};
  // For programs, of which there are none either.
  class NoProcesses final : public net::ProcessStarter {
    Result<net::Process*> start(const std::vector<std::string>&, net::ProcessEvents*) override {
      return make_error(Errc::kUnavailable, "none");
    }
  } processes;
  AuthBackends backends{routes,
                        {requests, hasher, web_app, clock, timers, rosters, hashes, processes}};
};

}  // namespace rosterd::app
