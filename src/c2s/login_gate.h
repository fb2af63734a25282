// SPDX-License-Identifier: MIT
// LoginGate: between the streams and the accounts. A question waits here for as long as LoginLimit
// says; it is asked once its time has come.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>

#include "base/timers.h"
#include "c2s/login_limit.h"
#include "im/ports.h"
#include "xmpp/negotiation.h"

namespace rosterd::c2s {

class LoginGate {
 public:
  using Question =
      std::variant<xmpp::action::NeedKeys, xmpp::action::NeedPassword, xmpp::action::NeedIdentity>;
  enum class Outcome : std::uint8_t { kRight, kWrong, kUnknown };

  // All outlive it; answers go to `events`.
  LoginGate(im::AuthSource& auth, im::AuthEvents& events, const LoginLimitOptions& options,
            const Clock& clock, Timers& timers);
  ~LoginGate();

  void set_options(const LoginLimitOptions& options) { limit_.set_options(options); }

  // One question at a time of one stream, which `ticket` names. Who would have to wait too long
  // gets kUnavailable.
  void ask(std::uint64_t ticket, const net::Address& address, Question question);
  // What came of it. Harmless where nothing has been asked.
  void settle(std::uint64_t ticket, Outcome outcome);

 private:
  struct Attempt;

  void pass_on(std::uint64_t ticket, Question& question);

  im::AuthSource& auth_;
  im::AuthEvents& events_;
  const Clock& clock_;
  Timers& timers_;
  LoginLimit limit_;
  std::map<std::uint64_t, std::unique_ptr<Attempt>> attempts_;  // by ticket
};

}  // namespace rosterd::c2s
