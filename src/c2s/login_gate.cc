// SPDX-License-Identifier: MIT
#include "c2s/login_gate.h"

#include <utility>

#include "base/log.h"

namespace rosterd::c2s {

namespace {

std::string account_of(const LoginGate::Question& question) {
  if (const auto* keys = std::get_if<xmpp::action::NeedKeys>(&question)) {
    return std::string(keys->user.text());
  }
  const auto* password = std::get_if<xmpp::action::NeedPassword>(&question);
  return password ? std::string(password->user.text()) : "";
}

// What is never asked must not be left in memory either.
void wipe(LoginGate::Question& question) {
  if (auto* password = std::get_if<xmpp::action::NeedPassword>(&question)) {
    crypto::wipe(password->password);
  } else if (auto* identity = std::get_if<xmpp::action::NeedIdentity>(&question)) {
    crypto::wipe(identity->evidence.token);
    crypto::wipe(identity->evidence.cookie);
  }
}

}  // namespace

struct LoginGate::Attempt {
  Attempt(LoginGate& of, std::uint64_t of_stream, const net::Address& from, Question what)
      : gate(of),
        ticket(of_stream),
        address(from),
        account(account_of(what)),
        question(std::move(what)) {}
  ~Attempt() { wipe(question); }

  void on_time() {
    if (!refused) return gate.pass_on(ticket, question);
    // Takes the attempt with it.
    const std::uint64_t of_stream = ticket;
    im::AuthEvents& events = gate.events_;
    const bool wants_keys = std::holds_alternative<xmpp::action::NeedKeys>(question);
    gate.attempts_.erase(of_stream);
    const Error why{Errc::kUnavailable, "too many failed logins"};
    if (wants_keys) return events.on_keys(of_stream, tl::make_unexpected(why));
    events.on_login(of_stream, tl::make_unexpected(why));
  }

  LoginGate& gate;
  const std::uint64_t ticket;
  const net::Address address;
  const std::string account;
  Question question;
  bool refused = false;
  Timer timer = Timer::bind<&Attempt::on_time>(this);
};

LoginGate::LoginGate(im::AuthSource& auth, im::AuthEvents& events, const LoginLimitOptions& options,
                     const Clock& clock, Timers& timers)
    : auth_(auth), events_(events), clock_(clock), timers_(timers), limit_(options) {}

LoginGate::~LoginGate() = default;

void LoginGate::ask(std::uint64_t ticket, const net::Address& address, Question question) {
  settle(ticket, Outcome::kUnknown);
  auto attempt = std::make_unique<Attempt>(*this, ticket, address, std::move(question));
  Attempt& made = *attempt;
  attempts_.emplace(ticket, std::move(attempt));
  const auto wait = limit_.begin(address, made.account, clock_.now());
  made.refused = !wait;
  if (wait == Duration(0)) return pass_on(ticket, made.question);
  if (wait) {
    log::info("c2s", "login delayed",
              {{"peer", address.to_string()},
               {"user", made.account},
               {"ms", std::chrono::duration_cast<std::chrono::milliseconds>(*wait).count()}});
  }
  timers_.arm(made.timer, clock_.now() + wait.value_or(Duration(0)));
}

void LoginGate::settle(std::uint64_t ticket, Outcome outcome) {
  const auto found = attempts_.find(ticket);
  if (found == attempts_.end()) return;
  const std::unique_ptr<Attempt> attempt = std::move(found->second);
  attempts_.erase(found);
  if (attempt->refused) return;
  if (outcome == Outcome::kUnknown) return limit_.abandon(attempt->account);
  if (outcome == Outcome::kWrong) {
    return limit_.fail(attempt->address, attempt->account, clock_.now());
  }
  limit_.succeed(attempt->address, attempt->account, clock_.now());
}

void LoginGate::pass_on(std::uint64_t ticket, Question& question) {
  if (auto* keys = std::get_if<xmpp::action::NeedKeys>(&question)) {
    auth_.fetch_keys(keys->user, keys->hash, ticket, &events_);
  } else if (auto* password = std::get_if<xmpp::action::NeedPassword>(&question)) {
    auth_.check_password(password->user, std::move(password->password), ticket, &events_);
  } else {
    auto& identity = std::get<xmpp::action::NeedIdentity>(question);
    auth_.identify(std::move(identity.evidence), ticket, &events_);
  }
}

}  // namespace rosterd::c2s
