// SPDX-License-Identifier: MIT
// AuthQuestion: a question of the login that the web app answers (the protocol's section 5), and
// what its answer means.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "http/message.h"
#include "im/ports.h"

namespace rosterd::app {

// What an answer means for who logs in: any 2xx as it is; kDenied (401, 403) or kNotFound (404) is
// the web app's no; all else says nothing about him: kUnavailable (another status that passes),
// kInvalid (a redirect, another refusal), or what the exchange itself failed with.
Result<http::Response> judge_status(Result<http::Response> response);

// Asked once, answered once.
class AuthQuestion {
 public:
  virtual ~AuthQuestion() = default;
  // It is on its way: what the web app decides from here on may not be in its answer.
  virtual void on_sent() {}
  // What judge_status() makes of the answer. Returns what is wrong with one that cannot be used,
  // for the log.
  virtual Status on_reply(Result<http::Response> reply) = 0;
};

// Who may log in, or whether he may.
class LoginQuestion : public AuthQuestion {
 public:
  // `events` outlives the answer.
  LoginQuestion(std::uint64_t ticket, im::AuthEvents* events) : ticket_(ticket), events_(events) {}
  Status on_reply(Result<http::Response> reply) final;

 protected:
  // Of a 2xx: who it is; kDenied for a no; kInvalid for what is neither.
  virtual Result<xmpp::Login> judge(const http::Response& response) = 0;
  // For judge(): he is not let in, and for a reason that is worth a line in the log.
  Result<xmpp::Login> complain(Error error);

 private:
  const std::uint64_t ticket_;
  im::AuthEvents* const events_;
  Status complaint_;
};

// By what he can prove that he knows his password.
class KeysQuestion : public AuthQuestion {
 public:
  // `events` outlives the answer.
  KeysQuestion(std::uint64_t ticket, im::AuthEvents* events) : ticket_(ticket), events_(events) {}
  Status on_reply(Result<http::Response> reply) final;

 protected:
  // Of the answer, or of what judge_status() makes of it.
  virtual Result<xmpp::ScramKeys> judge(const Result<http::Response>& reply) = 0;

 private:
  const std::uint64_t ticket_;
  im::AuthEvents* const events_;
};

}  // namespace rosterd::app
