// SPDX-License-Identifier: MIT
// AuthRequests: questions to the web app about who logs in (the protocol's section 5): each is one
// HTTP exchange with a deadline, behind the breaker that roster fetches of that host and origin
// use. Nothing is sent twice, and no redirect followed: it would carry passwords elsewhere.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/auth_question.h"
#include "app/credentials.h"
#include "app/origin_breaker.h"
#include "base/handle.h"
#include "base/log_limit.h"
#include "base/timers.h"
#include "web/http_client.h"

namespace rosterd::app {

struct AuthCall {
  std::string host;  // whose user it is
  web::FetchRequest request;
  std::vector<Credential> credentials{};  // see authorize()
  Duration timeout{};
};

class AuthRequests {
 public:
  // All outlive it. `fetcher` is for nothing else, as logins must not wait for rosters.
  AuthRequests(web::Fetcher& fetcher, const Clock& clock, Timers& timers, Breakers& breakers,
               std::string user_agent);
  ~AuthRequests();
  AuthRequests(const AuthRequests&) = delete;
  AuthRequests& operator=(const AuthRequests&) = delete;

  // Answered later, never from inside the call: at the latest after the timeout. An app that has
  // been failing is not asked: kUnavailable.
  void ask(AuthCall call, std::unique_ptr<AuthQuestion> question);
  // One that is not worth a request has this answer, later as well.
  void refuse(Error error, std::unique_ptr<AuthQuestion> question);

 private:
  class Exchange;
  Exchange& open(std::unique_ptr<AuthQuestion> question);
  void report(const std::string& host, const Error& error);

  web::Fetcher& fetcher_;
  const Clock& clock_;
  Timers& timers_;
  Breakers& breakers_;
  // By host and origin, which come from the configuration: between their questions.
  std::map<std::string, std::shared_ptr<OriginBreaker>> kept_;
  const std::string user_agent_;
  LogLimit faults_{std::chrono::seconds(10)};
  SlotTable<Exchange> exchanges_;
};

}  // namespace rosterd::app
