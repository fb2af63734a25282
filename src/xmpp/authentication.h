// SPDX-License-Identifier: MIT
// Authentication: a stream's logins, one exchange after the other, from <auth/> or <authenticate/>
// to a user who is known. Both profiles of SASL; never mixed within one exchange.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "xmpp/features.h"
#include "xmpp/negotiation.h"
#include "xmpp/sasl_profile.h"

namespace rosterd::xmpp {

// Who has logged in, and how. He has not been told yet.
struct LoginOutcome {
  Jid user;  // bare
  Mechanism mechanism;
  SaslProfile profile;
  std::optional<WallTime> expires;
  std::string message;  // of the mechanism, for its client
  LoginRequest request;
  bool rotate = false;  // the token that he has used up half of its life
};

class Authentication {
 public:
  // `options` outlive it.
  explicit Authentication(const NegotiationOptions& options) : options_(options) {}

  // An element that find_profile() knows; not while a question is out.
  void on_element(xml::Element element, const LoginStage& stage, Actions& actions);
  // Answers to the question that is out.
  void on_keys(const Result<ScramKeys>& keys, Actions& actions);
  void on_login(const Result<Login>& login, Actions& actions);
  void on_token(const Result<FastLogin>& login, Actions& actions);

  // A question is out: what the client sends has to wait.
  bool asking() const { return running_ && running_->asking; }
  // That was one failure too many: the stream must end.
  bool exhausted() const { return failures_ >= options_.sasl_attempts && !running_; }
  // Once; nullopt while nobody has logged in.
  std::optional<LoginOutcome> take_outcome() { return std::exchange(outcome_, {}); }
  // TLS begins: all but the failures is forgotten.
  void forget() { running_.reset(); }

 private:
  // An exchange.
  struct Running {
    SaslProfile profile;
    std::string host;
    Jid peer;  // whom the stream header names, or empty
    Mechanism mechanism = Mechanism::kPlain;
    LoginRequest request{};
    std::string cookie{};
    std::unique_ptr<SaslExchange> sasl{};
    std::string username{};  // for the log
    std::optional<WallTime> expires{};
    bool rotate = false;  // the token that he logs in by
    bool asking = false;
    bool refused = false;  // and counted; he has not been told the whole of it
  };

  void start(xml::Element element, const LoginStage& stage, Actions& actions);
  void take_message(std::string_view encoded, Actions& actions);
  void take_step(SaslStep step, Actions& actions);
  void take(SaslChallenge& step, Actions& actions);
  void take(SaslRefusal& step, Actions& actions);
  void take(SaslNeedKeys& step, Actions& actions);
  void take(SaslNeedPassword& step, Actions& actions);
  void take(SaslNeedIdentity& step, Actions& actions);
  void take(SaslNeedToken& step, Actions& actions);
  void take(SaslSuccess& step, Actions& actions);
  void take(SaslFail& step, Actions& actions) { fail(step.failure, step.log_text, actions); }
  std::optional<Jid> admit(const std::string& username, Actions& actions);
  void fail(SaslFailure failure, std::string why, Actions& actions, std::string_view text = {});

  const NegotiationOptions& options_;
  std::optional<Running> running_;
  std::optional<LoginOutcome> outcome_;
  int failures_ = 0;
};

}  // namespace rosterd::xmpp
