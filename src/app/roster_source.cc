// SPDX-License-Identifier: MIT
#include "app/roster_source.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <utility>
#include <vector>

#include "app/retry.h"
#include "app/roster_fetch.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/log_limit.h"

namespace rosterd::app {

namespace {

constexpr Duration kLogInterval = std::chrono::seconds(10);

enum class Reason { kLogin, kRefresh, kRetry };

const char* to_string(Reason reason) {
  switch (reason) {
    case Reason::kLogin:
      return "login";
    case Reason::kRefresh:
      return "refresh";
    case Reason::kRetry:
      return "retry";
  }
  return "";
}

Random make_random() {
  Random::result_type seed = 0;
  const std::string bytes = crypto::random_bytes(sizeof seed);
  std::memcpy(&seed, bytes.data(), sizeof seed);
  return Random(seed);
}

}  // namespace

struct RosterSource::Impl {
  // Who waits for one user's roster, and the fetch that is to bring it. Exists while somebody does.
  struct Question final : RosterFetch::Events {
    Question(Impl& source, xmpp::Jid whose) : impl(source), user(std::move(whose)) {}
    void on_fetch_finished(Result<std::string> body) override { impl.settle(*this, body); }
    void on_retry() { impl.start(*this, Reason::kRetry); }
    bool wanted() const { return login || !tickets.empty(); }

    Impl& impl;
    const xmpp::Jid user;
    bool login = false;  // im::Core waits, for a request of this number or later
    std::uint64_t login_needs = 0;
    std::vector<std::uint64_t> tickets;  // of refreshes that wait
    std::unique_ptr<RosterFetch> fetch;
    Backoff backoff;
    Timer retry = Timer::bind<&Question::on_retry>(this);  // of a login that failed
  };

  struct Refetch {
    RosterSink* sink = nullptr;
    std::string user;         // bare text
    std::uint64_t needs = 0;  // the number of the first request that is new enough
  };

  Impl(const RosterSourceOptions& opts, web::Fetcher* fetcher, FileReader* files,
       const Clock& clock, Timers& timers)
      : options(opts), context{fetcher, files, clock, timers, make_random()} {}

  Question& open(const xmpp::Jid& user);
  void close_unless_wanted(Question& question);
  std::uint64_t join(Question& question, Reason reason);
  void start(Question& question, Reason reason);
  FetchPlan make_plan(const xmpp::Jid& user, Reason reason) const;
  void settle(Question& question, const Result<std::string>& body);
  void go_on(Question& question, std::uint64_t answered);
  Result<ParsedRoster> parse(const xmpp::Jid& user, const Result<std::string>& body) const;
  void report(const xmpp::Jid& user, const Result<ParsedRoster>& roster);
  void report_failure(const xmpp::Jid& user, const Error& error);
  Result<im::RosterChange> make_change(const xmpp::Jid& user, const Result<ParsedRoster>& roster,
                                       std::uint64_t sequence) const;

  RosterSourceOptions options;
  FetchContext context;
  im::Core* core = nullptr;
  LogLimit alarms{kLogInterval};
  LogLimit failures{kLogInterval};
  LogLimit skips{kLogInterval};
  std::uint64_t last_ticket = 0;
  std::unordered_map<std::uint64_t, Refetch> refetches;
  std::unordered_map<std::string, std::unique_ptr<Question>> questions;  // by bare JID
};

RosterSource::Impl::Question& RosterSource::Impl::open(const xmpp::Jid& user) {
  std::unique_ptr<Question>& question = questions[std::string(user.bare_text())];
  if (!question) question = std::make_unique<Question>(*this, user.bare());
  return *question;
}

void RosterSource::Impl::close_unless_wanted(Question& question) {
  if (!question.wanted()) questions.erase(std::string(question.user.bare_text()));
}

// The number of the first request whose answer is new enough for a question asked now.
std::uint64_t RosterSource::Impl::join(Question& question, Reason reason) {
  if (!question.fetch) {
    start(question, reason);
    return question.fetch->sequence();
  }
  const RosterFetch& fetch = *question.fetch;
  if (fetch.sent()) return fetch.sequence() + 1;
  question.fetch->restart_timeout(reason == Reason::kLogin);
  return fetch.sequence();
}

void RosterSource::Impl::start(Question& question, Reason reason) {
  question.retry.cancel();
  question.fetch =
      std::make_unique<RosterFetch>(context, make_plan(question.user, reason), question);
  question.fetch->start();
  question.fetch->restart_timeout(reason != Reason::kRefresh);
}

FetchPlan RosterSource::Impl::make_plan(const xmpp::Jid& user, Reason reason) const {
  const HostRosterOptions& host = options.of(user.domain());
  FetchPlan plan{make_roster_target(host.url, user.node(), user.domain()),
                 {},
                 host.credentials,
                 options.file_bytes,
                 host.timeout};
  plan.fields.add("Accept", "application/json, text/plain, */*");
  plan.fields.add("User-Agent", options.user_agent);
  plan.fields.add("Rosterd-Host", std::string(user.domain()));
  plan.fields.add("Rosterd-Reason", to_string(reason));
  return plan;
}

// A fetch is over. The books are put in order first: whoever is told may ask or cancel anything.
void RosterSource::Impl::settle(Question& question, const Result<std::string>& body) {
  const std::unique_ptr<RosterFetch> fetch = std::move(question.fetch);
  const std::uint64_t sequence = fetch->sequence();
  const xmpp::Jid user = question.user;
  const Result<ParsedRoster> roster = parse(user, body);
  report(user, roster);

  const auto waits_on = [&](std::uint64_t ticket) {
    return refetches.find(ticket)->second.needs > sequence;
  };
  const auto rest =
      std::stable_partition(question.tickets.begin(), question.tickets.end(), waits_on);
  const std::vector<std::uint64_t> answered(rest, question.tickets.end());
  question.tickets.erase(rest, question.tickets.end());
  const bool answers_login = question.login && question.login_needs <= sequence;
  if (answers_login && roster) question.login = false;
  go_on(question, sequence);

  if (answers_login) core->on_roster_fetched(user, make_change(user, roster, sequence));
  for (const std::uint64_t ticket : answered) {
    const auto found = refetches.find(ticket);
    if (found == refetches.end()) continue;
    RosterSink* const sink = found->second.sink;
    refetches.erase(found);
    sink->on_refetched(ticket, user, make_change(user, roster, sequence));
  }
}

// What a question needs next when its fetch of number `answered` is over. It may be gone
// afterwards.
void RosterSource::Impl::go_on(Question& question, std::uint64_t answered) {
  if (question.login && question.login_needs > answered) return start(question, Reason::kLogin);
  if (!question.tickets.empty()) return start(question, Reason::kRefresh);
  if (!question.login) return close_unless_wanted(question);
  context.timers.arm(question.retry, context.clock.now() + question.backoff.next(context.random));
}

Result<ParsedRoster> RosterSource::Impl::parse(const xmpp::Jid& user,
                                               const Result<std::string>& body) const {
  const HostRosterOptions& host = options.of(user.domain());
  if (body) return parse_roster(*body, user, host.limits);
  if (body.error().code == Errc::kNotFound && host.missing_is_empty) return ParsedRoster{};
  return tl::unexpected<Error>(body.error());
}

void RosterSource::Impl::report(const xmpp::Jid& user, const Result<ParsedRoster>& roster) {
  if (!roster) return report_failure(user, roster.error());
  ROSTERD_DEBUG("roster", "fetched", {{"user", user.text()}, {"contacts", roster->entries.size()}});
  if (roster->skipped + roster->dropped == 0) return;
  const auto not_logged = skips.admit(context.clock.now());
  if (!not_logged) return;
  log::warn("roster", "what cannot be used is skipped",
            {{"user", user.text()},
             {"contacts", roster->skipped},
             {"texts", roster->dropped},
             {"first", roster->first_fault},
             {"not_logged", *not_logged}});
}

// Refused credentials are the administrator's to mend; all else may pass.
void RosterSource::Impl::report_failure(const xmpp::Jid& user, const Error& error) {
  if (error.code == Errc::kCancelled) return;
  const bool denied = error.code == Errc::kDenied;
  const auto not_logged = (denied ? alarms : failures).admit(context.clock.now());
  if (!not_logged) return;
  log::write(denied ? log::Level::kError : log::Level::kWarn, "roster", "fetch failed",
             {{"user", user.text()},
              {"kind", rosterd::to_string(error.code)},
              {"why", error.text},
              {"not_logged", *not_logged}});
}

Result<im::RosterChange> RosterSource::Impl::make_change(const xmpp::Jid& user,
                                                         const Result<ParsedRoster>& roster,
                                                         std::uint64_t sequence) const {
  if (!roster) return tl::unexpected<Error>(roster.error());
  return im::RosterChange{
      user, std::make_shared<const im::Roster>(core->interner(), roster->entries), {}, sequence};
}

RosterSource::RosterSource(const RosterSourceOptions& options, web::Fetcher* fetcher,
                           FileReader* files, const Clock& clock, Timers& timers)
    : impl_(std::make_unique<Impl>(options, fetcher, files, clock, timers)) {}

RosterSource::~RosterSource() = default;

void RosterSource::set_core(im::Core* core) { impl_->core = core; }

void RosterSource::set_options(const RosterSourceOptions& options) { impl_->options = options; }

std::uint64_t RosterSource::fetch_roster(const xmpp::Jid& user) {
  Impl::Question& question = impl_->open(user);
  question.login = true;
  question.backoff = Backoff();
  question.login_needs = impl_->join(question, Reason::kLogin);
  return question.login_needs;
}

void RosterSource::cancel_fetch(const xmpp::Jid& user) {
  const auto found = impl_->questions.find(std::string(user.bare_text()));
  if (found == impl_->questions.end()) return;
  found->second->login = false;
  impl_->close_unless_wanted(*found->second);
}

std::uint64_t RosterSource::refetch(const xmpp::Jid& user, RosterSink* sink) {
  Impl::Question& question = impl_->open(user);
  const std::uint64_t ticket = ++impl_->last_ticket;
  question.tickets.push_back(ticket);
  const std::uint64_t needs = impl_->join(question, Reason::kRefresh);
  impl_->refetches.emplace(ticket, Impl::Refetch{sink, std::string(user.bare_text()), needs});
  return ticket;
}

void RosterSource::cancel_refetch(std::uint64_t ticket) {
  const auto found = impl_->refetches.find(ticket);
  if (found == impl_->refetches.end()) return;
  const auto question = impl_->questions.find(found->second.user);
  impl_->refetches.erase(found);
  if (question == impl_->questions.end()) return;
  std::erase(question->second->tickets, ticket);
  impl_->close_unless_wanted(*question->second);
}

}  // namespace rosterd::app
