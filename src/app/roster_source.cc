// SPDX-License-Identifier: MIT
#include "app/roster_source.h"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include "app/bulk_fetch.h"
#include "app/fault_log.h"
#include "app/retry.h"
#include "app/roster_fetch.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/log_limit.h"

namespace rosterd::app {

namespace {

constexpr Duration kLogInterval = std::chrono::seconds(10);
// How long a web app that does not serve bulk requests is asked for users one by one.
constexpr Duration kBulkPause = std::chrono::minutes(1);

constexpr std::size_t kRunBits = 32;

}  // namespace

struct RosterSource::Impl final : BulkFetch::Events {
  // Who waits for one user's roster, and the fetch that is to bring it. Exists while somebody does.
  struct Question final : RosterFetch::Events {
    Question(Impl& source, xmpp::Jid whose) : impl(source), user(std::move(whose)) {}
    void on_fetch_finished(Result<FetchedRoster> roster) override {
      impl.settle(*this, std::move(roster));
    }
    void on_retry() { impl.start(*this, FetchReason::kRetry); }
    void on_late() { impl.tell_late(*this); }
    bool wanted() const { return login || !tickets.empty(); }

    Impl& impl;
    const xmpp::Jid user;
    bool login = false;  // im::Core waits, for a request of this number or later
    std::uint64_t login_needs = 0;
    std::vector<std::uint64_t> tickets;  // of refreshes that wait
    std::unique_ptr<RosterFetch> fetch;
    Backoff backoff;
    Timer retry = Timer::bind<&Question::on_retry>(this);  // of a login that failed
    // Of a login that waits for the end of an earlier request before its own can be sent.
    Timer late = Timer::bind<&Question::on_late>(this);
  };

  struct Refetch {
    RosterSink* sink = nullptr;
    Question* question = nullptr;  // null: answered, and about to be told
    std::uint64_t needs = 0;       // the number of the first request that is new enough
  };

  // One host's web app, since its first user came.
  struct Host final : HostGate::BulkSender {
    Host(Impl& source, std::string domain)
        : impl(source),
          name(std::move(domain)),
          gate(source.context.clock, source.context.timers, *this) {}
    bool try_send(HostGate&) override { return impl.try_send_bulk(*this); }

    Impl& impl;
    const std::string name;
    HostGate gate;
    std::shared_ptr<const FetchPlan> plan;  // for requests to come
    Instant no_bulk_before{};
  };

  Impl(const RosterSourceOptions& opts, web::Fetcher* fetcher, FileReader* files,
       const Clock& clock, Timers& timers)
      : options(opts),
        context{.fetcher = fetcher,
                .files = files,
                .clock = clock,
                .timers = timers,
                .random = make_random(),
                .run = crypto::random_token(kRunBits)} {}

  Host& host_of(const xmpp::Jid& user);
  void set_up(Host& host);
  Question& open(const xmpp::Jid& user);
  void close_unless_wanted(Question& question);
  std::uint64_t join(Question& question, FetchReason reason);
  void start(Question& question, FetchReason reason);
  std::shared_ptr<const FetchPlan> make_plan(const Host& host, bool is_folder) const;
  bool try_send_bulk(Host& host);
  void on_bulk_finished(BulkFetch& bulk, const std::string& refusal) override;
  void settle(Question& question, Result<FetchedRoster> roster);
  void go_on(Question& question, std::uint64_t answered);
  void tell_late(Question& question);
  std::optional<im::RosterChange> take_brought(const xmpp::Jid& user);
  void give_brought();
  void report(const RosterFetch& fetch, const Result<FetchedRoster>& roster);
  void report_failure(const RosterFetch& fetch, const Error& error);

  RosterSourceOptions options;
  FetchContext context;
  LogLimit alarms{kLogInterval};
  LogLimit failures{kLogInterval};
  LogLimit skips{kLogInterval};
  std::uint64_t last_ticket = 0;
  Breakers breakers;
  std::map<std::string, Host, std::less<>> hosts;
  SlotTable<BulkFetch> bulks;  // outlived by the questions that are their members
  std::unordered_map<std::uint64_t, Refetch> refetches;
  std::unordered_map<std::string_view, std::unique_ptr<Question>> questions;  // by Question::user
  LoginRosters login_rosters{context.clock, context.last_sequence};
  std::vector<im::RosterChange> brought;  // to be told when the call that asked has returned
  Timer giving = Timer::bind<&Impl::give_brought>(this);
};

RosterSource::Impl::Host& RosterSource::Impl::host_of(const xmpp::Jid& user) {
  const auto known = hosts.find(user.domain());
  if (known != hosts.end()) return known->second;
  const std::string name(user.domain());
  Host& host = hosts.try_emplace(name, *this, name).first->second;
  set_up(host);
  return host;
}

// By the options as they are now.
void RosterSource::Impl::set_up(Host& host) {
  host.gate.set_places(options.parallel);
  host.no_bulk_before = Instant();
  const auto target = make_roster_target(options.of(host.name).url, "user", host.name);
  host.plan = make_plan(host, target && std::holds_alternative<FilePath>(*target));
  const auto* url = target ? std::get_if<http::Url>(&*target) : nullptr;
  const std::string origin = url ? url->origin() : std::string();
  // A folder has none, but somebody may have come to the gate before it was one.
  host.gate.set_breaker(host.plan->is_folder
                            ? std::make_shared<OriginBreaker>(host.name, context.random)
                            : breakers.of(host.name, origin));
}

RosterSource::Impl::Question& RosterSource::Impl::open(const xmpp::Jid& user) {
  const auto found = questions.find(user.bare_text());
  if (found != questions.end()) return *found->second;
  auto made = std::make_unique<Question>(*this, user.bare());
  Question& question = *made;
  questions.emplace(question.user.text(), std::move(made));
  return question;
}

void RosterSource::Impl::close_unless_wanted(Question& question) {
  if (!question.wanted()) questions.erase(questions.find(question.user.text()));
}

// The number of the first request whose answer is new enough for a question asked now: whatever has
// a lower one, a roster that came inside a POST as well, was at hand before the question.
std::uint64_t RosterSource::Impl::join(Question& question, FetchReason reason) {
  if (!question.fetch) {
    start(question, reason);
    return question.fetch->sequence();
  }
  RosterFetch& fetch = *question.fetch;
  if (fetch.sent()) {
    if (reason == FetchReason::kLogin) {
      context.timers.arm(question.late, context.clock.now() + host_of(question.user).plan->timeout);
    }
    return context.last_sequence + 1;
  }
  fetch.restart_timeout(reason == FetchReason::kLogin);
  if (reason == FetchReason::kRefresh) fetch.insist();
  fetch.renumber();
  return fetch.sequence();
}

void RosterSource::Impl::start(Question& question, FetchReason reason) {
  question.retry.cancel();
  Host& host = host_of(question.user);
  question.fetch =
      std::make_unique<RosterFetch>(context, host.gate, host.plan, question.user, reason, question);
  question.fetch->start();
  question.fetch->restart_timeout(reason != FetchReason::kRefresh);
}

std::shared_ptr<const FetchPlan> RosterSource::Impl::make_plan(const Host& host,
                                                               bool is_folder) const {
  const HostRosterOptions& of_host = options.of(host.name);
  return std::make_shared<const FetchPlan>(FetchPlan{.url = of_host.url,
                                                     .is_folder = is_folder,
                                                     .format = of_host.format,
                                                     .jsxc_secret = of_host.jsxc_secret,
                                                     .user_agent = options.user_agent,
                                                     .credentials = of_host.credentials,
                                                     .limits = of_host.limits,
                                                     .pages = of_host.pages,
                                                     .file_limit = options.file_bytes,
                                                     .missing_is_empty = of_host.missing_is_empty,
                                                     .timeout = of_host.timeout});
}

// --- many at once --------------------------------------------------------------------------------

// A full request, so that a storm of logins costs the fewest; or, as a refresh names all its users
// at once and waits for the last of them, whatever is more than can be asked for one by one now.
bool RosterSource::Impl::try_send_bulk(Host& host) {
  HostGate& gate = host.gate;
  const HostRosterOptions& of_host = options.of(host.name);
  if (of_host.bulk_url.empty() || context.clock.now() < host.no_bulk_before) return false;
  if (gate.front().goes_alone()) return false;
  const bool many = gate.waiting() >= BulkFetch::kUsers;
  const bool refresh = gate.front().insists();
  if (!many && !(refresh && gate.waiting() > gate.free_places())) return false;
  auto url = make_bulk_target(of_host.bulk_url, host.name);
  if (!url) return false;  // check_bulk_url() has refused it at start
  const FetchReason reason = refresh ? FetchReason::kRefresh : FetchReason::kLogin;
  BulkPlan plan{host.name, std::move(*url),
                make_request_fields(options.user_agent, host.name, reason), of_host.credentials,
                of_host.missing_is_empty};
  auto made = std::make_unique<BulkFetch>(context, gate, gate.take_place(), std::move(plan), *this);
  BulkFetch& bulk = *made;
  bulk.handle = bulks.insert(std::move(made));
  for (std::size_t i = 0; i < BulkFetch::kUsers && gate.waiting() > 0; ++i) {
    if (gate.front().goes_alone()) break;
    gate.take_front().on_admitted_to(bulk);
  }
  bulk.start();
  return true;
}

void RosterSource::Impl::on_bulk_finished(BulkFetch& bulk, const std::string& refusal) {
  if (!refusal.empty()) {
    Host& host = hosts.find(bulk.host())->second;
    host.no_bulk_before = context.clock.now() + kBulkPause;
    log::warn("roster", "bulk requests are refused, asking one by one",
              {{"host", host.name}, {"why", refusal}, {"request", bulk.request_id()}});
  }
  bulks.erase(bulk.handle);
}

// --- answers -------------------------------------------------------------------------------------

// A fetch is over. The books are put in order first: whoever is told may ask or cancel anything.
void RosterSource::Impl::settle(Question& question, Result<FetchedRoster> roster) {
  const std::uint64_t sequence = question.fetch->sequence();
  const xmpp::Jid user = question.user;
  report(*question.fetch, roster);
  question.fetch.reset();

  const auto waits_on = [&](std::uint64_t ticket) {
    return refetches.find(ticket)->second.needs > sequence;
  };
  const auto rest =
      std::stable_partition(question.tickets.begin(), question.tickets.end(), waits_on);
  const std::vector<std::uint64_t> answered(rest, question.tickets.end());
  for (const std::uint64_t ticket : answered) refetches.find(ticket)->second.question = nullptr;
  question.tickets.erase(rest, question.tickets.end());
  const bool answers_login = question.login && question.login_needs <= sequence;
  if (answers_login) question.late.cancel();
  if (answers_login && roster) question.login = false;
  go_on(question, sequence);

  std::size_t waiting = answered.size() + (answers_login ? 1 : 0);
  const auto make_change = [&]() -> Result<im::RosterChange> {
    if (!roster) return tl::unexpected<Error>(roster.error());
    if (--waiting == 0) {
      return im::RosterChange{user, std::move(roster->roster), std::move(roster->tag), sequence};
    }
    return im::RosterChange{user, roster->roster, roster->tag, sequence};
  };
  for (const std::uint64_t ticket : answered) {
    const auto found = refetches.find(ticket);
    if (found == refetches.end()) continue;
    RosterSink* const sink = found->second.sink;
    refetches.erase(found);
    sink->on_refetched(ticket, user, make_change());
  }
  // Last, so that a refresh sees what the roster changes: it may have to ask for contacts as well.
  if (answers_login) context.core->on_roster_fetched(user, make_change());
}

// What a question needs next when its fetch of number `answered` is over. It may be gone
// afterwards.
void RosterSource::Impl::go_on(Question& question, std::uint64_t answered) {
  if (question.login && question.login_needs > answered) {
    return start(question, FetchReason::kLogin);
  }
  if (!question.tickets.empty()) return start(question, FetchReason::kRefresh);
  if (!question.login) return close_unless_wanted(question);
  context.timers.arm(question.retry, context.clock.now() + question.backoff.next(context.random));
}

// Two requests, one after the other, may take twice the time that a client is to wait. He is told
// that it has failed; what comes later is applied as after other failures.
void RosterSource::Impl::tell_late(Question& question) {
  const Error error{Errc::kTimeout, "no answer in time, an earlier request was waited for"};
  report_failure(*question.fetch, error);
  context.core->on_roster_fetched(question.user, tl::unexpected<Error>(error));
}

// What came with the login, as if it had been fetched.
std::optional<im::RosterChange> RosterSource::Impl::take_brought(const xmpp::Jid& user) {
  auto taken = login_rosters.take(user);
  if (!taken) return std::nullopt;
  const im::HeldRoster* const held = context.core->find_held_roster(user);
  auto parsed = parse_roster(taken->roster, user, options.of(user.domain()).limits,
                             context.core->interner(), held ? held->roster : im::SharedRoster());
  if (!parsed) {
    const auto not_logged = failures.admit(context.clock.now());
    if (!not_logged) return std::nullopt;
    log::warn("roster", "what came with a login is fetched instead",
              {{"user", user.text()}, {"why", parsed.error().text}, {"not_logged", *not_logged}});
    return std::nullopt;
  }
  log_faults("roster", user.text(), *parsed, skips, context.clock.now());
  return im::RosterChange{
      user.bare(), std::move(parsed->roster), {std::move(taken->etag), {}, {}}, taken->sequence};
}

void RosterSource::Impl::give_brought() {
  for (im::RosterChange& change : std::exchange(brought, {})) {
    const xmpp::Jid user = change.user;
    context.core->on_roster_fetched(user, std::move(change));
  }
}

void RosterSource::Impl::report(const RosterFetch& fetch, const Result<FetchedRoster>& roster) {
  if (!roster) return report_failure(fetch, roster.error());
  ROSTERD_DEBUG("roster", roster->unchanged ? "fetched, not modified" : "fetched",
                {{"user", fetch.user().text()},
                 {"contacts", roster->roster.contacts()},
                 {"request", fetch.request_id()}});
  log_faults("roster", fetch.user().text(), roster->faults, skips, context.clock.now());
}

// Refused credentials are the administrator's to mend; all else may pass.
void RosterSource::Impl::report_failure(const RosterFetch& fetch, const Error& error) {
  if (error.code == Errc::kCancelled) return;
  const bool denied = error.code == Errc::kDenied;
  const auto not_logged = (denied ? alarms : failures).admit(context.clock.now());
  if (!not_logged) return;
  log::write(denied ? log::Level::kError : log::Level::kWarn, "roster", "fetch failed",
             {{"user", fetch.user().text()},
              {"kind", rosterd::to_string(error.code)},
              {"why", error.text},
              {"request", fetch.request_id()},
              {"not_logged", *not_logged}});
}

RosterSource::RosterSource(const RosterSourceOptions& options, web::Fetcher* fetcher,
                           FileReader* files, const Clock& clock, Timers& timers)
    : impl_(std::make_unique<Impl>(options, fetcher, files, clock, timers)) {}

RosterSource::~RosterSource() = default;

void RosterSource::set_core(im::Core* core) { impl_->context.core = core; }

void RosterSource::set_options(const RosterSourceOptions& options) {
  impl_->options = options;
  for (auto& [name, host] : impl_->hosts) impl_->set_up(host);
}

FetchStats RosterSource::stats() const {
  FetchStats stats{impl_->context.counters, 0, 0, impl_->breakers.stats()};
  for (const auto& [name, host] : impl_->hosts) {
    stats.in_flight += host.gate.taken();
    stats.queued += host.gate.waiting();
  }
  return stats;
}

Breakers& RosterSource::breakers() { return impl_->breakers; }

const RosterSourceOptions& RosterSource::options() const { return impl_->options; }

std::uint64_t RosterSource::fetch_roster(const xmpp::Jid& user) {
  // A question that others wait on goes on, and its answer will be newer.
  if (!impl_->questions.contains(user.bare_text())) {
    if (auto change = impl_->take_brought(user)) {
      const std::uint64_t sequence = change->sequence;
      impl_->brought.push_back(std::move(*change));
      impl_->context.timers.arm(impl_->giving, impl_->context.clock.now());
      return sequence;
    }
  }
  Impl::Question& question = impl_->open(user);
  question.login = true;
  question.backoff = Backoff();
  question.login_needs = impl_->join(question, FetchReason::kLogin);
  return question.login_needs;
}

void RosterSource::cancel_fetch(const xmpp::Jid& user) {
  std::erase_if(impl_->brought,
                [&](const im::RosterChange& one) { return one.user == user.bare(); });
  const auto found = impl_->questions.find(user.bare_text());
  if (found == impl_->questions.end()) return;
  found->second->login = false;
  found->second->late.cancel();
  impl_->close_unless_wanted(*found->second);
}

void RosterSource::cancel_all() {
  impl_->brought.clear();
  impl_->questions.clear();
  impl_->refetches.clear();
}

std::uint64_t RosterSource::refetch(const xmpp::Jid& user, RosterSink* sink) {
  Impl::Question& question = impl_->open(user);
  const std::uint64_t ticket = ++impl_->last_ticket;
  question.tickets.push_back(ticket);
  const std::uint64_t needs = impl_->join(question, FetchReason::kRefresh);
  impl_->refetches.emplace(ticket, Impl::Refetch{sink, &question, needs});
  return ticket;
}

void RosterSource::cancel_refetch(std::uint64_t ticket) {
  const auto found = impl_->refetches.find(ticket);
  if (found == impl_->refetches.end()) return;
  Impl::Question* const question = found->second.question;
  impl_->refetches.erase(found);
  if (!question) return;
  std::erase(question->tickets, ticket);
  impl_->close_unless_wanted(*question);
}

LoginRosters& RosterSource::login_rosters() { return impl_->login_rosters; }

std::uint64_t RosterSource::next_sequence() { return ++impl_->context.last_sequence; }

}  // namespace rosterd::app
