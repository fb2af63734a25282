// SPDX-License-Identifier: MIT
#include "app/auth_request.h"

#include <utility>

#include "app/roster_fetch.h"
#include "base/crypto.h"
#include "base/log.h"

namespace rosterd::app {

class AuthRequests::Exchange final : public web::FetchEvents {
 public:
  Exchange(AuthRequests& owner, std::unique_ptr<AuthQuestion> question)
      : owner_(owner), question_(std::move(question)) {}
  ~Exchange() override {
    if (ticket_ != 0) owner_.fetcher_.cancel(ticket_);
  }

  void start(AuthCall call);
  void refuse(Error error);
  void on_fetch_sent(std::uint64_t) override {
    sent_ = true;
    question_->on_sent();
  }
  void on_fetch_done(std::uint64_t, Result<http::Response> response) override;

  Handle<Exchange> handle;

 private:
  void on_due();
  void finish(Result<http::Response> response);

  AuthRequests& owner_;
  const std::unique_ptr<AuthQuestion> question_;
  std::string host_{};
  std::shared_ptr<OriginBreaker> breaker_{};
  std::uint64_t ticket_ = 0;  // 0: the web app is not asked, for this reason:
  Error refusal_{};
  bool sent_ = false;
  Timer due_ = Timer::bind<&Exchange::on_due>(this);
};

namespace {

using Outcome = OriginBreaker::Outcome;

// The web app is there, whatever it thinks of the question.
Outcome outcome_for(const Result<http::Response>& response) {
  if (response) return response->status < 500 ? Outcome::kAnswered : Outcome::kFailed;
  if (response.error().code == Errc::kCancelled) return Outcome::kUnknown;
  return is_passing(response.error().code) ? Outcome::kFailed : Outcome::kAnswered;
}

}  // namespace

void AuthRequests::Exchange::start(AuthCall call) {
  host_ = std::move(call.host);
  breaker_ = owner_.breakers_.of(host_, call.request.url.origin());
  owner_.kept_[host_ + ' ' + call.request.url.origin()] = breaker_;
  const Instant now = owner_.clock_.now();
  if (!breaker_->admit(now, false)) {
    return refuse({Errc::kUnavailable, "not asked, the web application has been failing"});
  }
  call.request.fields.add("User-Agent", owner_.user_agent_);
  call.request.fields.add("Rosterd-Host", host_);
  authorize(call.credentials, call.request, owner_.clock_.wall_now());
  owner_.timers_.arm(due_, now + call.timeout);
  ticket_ = owner_.fetcher_.fetch(std::move(call.request), this);
}

void AuthRequests::Exchange::refuse(Error error) {
  refusal_ = std::move(error);
  owner_.timers_.arm(due_, owner_.clock_.now());
}

void AuthRequests::Exchange::on_fetch_done(std::uint64_t, Result<http::Response> response) {
  ticket_ = 0;
  const Outcome outcome = outcome_for(response);
  auto judged = judge_status(std::move(response));
  breaker_->settle(outcome, judged ? "" : judged.error().text, owner_.clock_.now());
  finish(std::move(judged));
}

void AuthRequests::Exchange::on_due() {
  if (ticket_ == 0) return finish(tl::unexpected<Error>(refusal_));
  owner_.fetcher_.cancel(std::exchange(ticket_, 0));
  // One that has waited for a free connection says nothing of the web app.
  breaker_->settle(sent_ ? Outcome::kFailed : Outcome::kUnknown, "no answer to a login in time",
                   owner_.clock_.now());
  finish(make_error(Errc::kTimeout, "no answer in time"));
}

void AuthRequests::Exchange::finish(Result<http::Response> response) {
  AuthRequests& owner = owner_;
  // Who hears of it may ask again.
  const std::unique_ptr<Exchange> self = owner.exchanges_.take(handle);
  const Status used = question_->on_reply(std::move(response));
  if (!used && breaker_) owner.report(host_, used.error());
}

AuthRequests::AuthRequests(web::Fetcher& fetcher, const Clock& clock, Timers& timers,
                           Breakers& breakers, std::string user_agent)
    : fetcher_(fetcher),
      clock_(clock),
      timers_(timers),
      breakers_(breakers),
      user_agent_(std::move(user_agent)) {}

AuthRequests::~AuthRequests() = default;

AuthRequests::Exchange& AuthRequests::open(std::unique_ptr<AuthQuestion> question) {
  auto made = std::make_unique<Exchange>(*this, std::move(question));
  Exchange& placed = *made;
  placed.handle = exchanges_.insert(std::move(made));
  return placed;
}

void AuthRequests::ask(AuthCall call, std::unique_ptr<AuthQuestion> question) {
  open(std::move(question)).start(std::move(call));
}

void AuthRequests::refuse(Error error, std::unique_ptr<AuthQuestion> question) {
  open(std::move(question)).refuse(std::move(error));
}

// An outage has its two lines from the breaker, whoever logs in meanwhile. What lasts until
// somebody mends it is told again.
void AuthRequests::report(const std::string& host, const Error& error) {
  if (is_passing(error.code) || error.code == Errc::kCancelled) {
    ROSTERD_DEBUG("auth", "the web application does not say who it is",
                  {{"host", host}, {"why", error.text}});
    return;
  }
  const auto not_logged = faults_.admit(clock_.now());
  if (!not_logged) return;
  log::warn("auth", "an answer of the web application cannot be used",
            {{"host", host},
             {"kind", rosterd::to_string(error.code)},
             {"why", error.text},
             {"not_logged", *not_logged}});
}

}  // namespace rosterd::app
