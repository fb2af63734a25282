// SPDX-License-Identifier: MIT
#include "app/roster_fetch.h"

#include <algorithm>
#include <utility>

#include "app/bulk_fetch.h"
#include "app/jsxc.h"

namespace rosterd::app {

namespace {

constexpr int kMaxRedirects = 3;

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// The web app is there, whatever it thinks of the request. 408, 425 and 429 are its ways of staying
// so.
bool is_alive(int status) { return status < 500; }

}  // namespace

http::Fields make_request_fields(const std::string& user_agent, std::string_view host,
                                 FetchReason reason) {
  http::Fields fields;
  fields.add("Accept", "application/json, text/plain, */*");
  fields.add("User-Agent", user_agent);
  fields.add("Rosterd-Host", std::string(host));
  fields.add("Rosterd-Reason", std::string(to_string(reason)));
  return fields;
}

std::string add_request_id(FetchContext& context, http::Fields& fields) {
  std::string id = context.run + '-' + std::to_string(++context.last_request);
  fields.add("Rosterd-Request-Id", id);
  return id;
}

Error make_status_error(int status) {
  const std::string text = "HTTP status " + std::to_string(status);
  if (status == 404) return {Errc::kNotFound, text};
  if (status == 401 || status == 403) return {Errc::kDenied, text};
  return {is_passing_status(status) ? Errc::kUnavailable : Errc::kInvalid, text};
}

bool is_passing(Errc code) { return code == Errc::kTimeout || code == Errc::kUnavailable; }

FetchOutcome outcome_of(Errc code) {
  switch (code) {
    case Errc::kNotFound:
      return FetchOutcome::kNotFound;
    case Errc::kDenied:
      return FetchOutcome::kDenied;
    case Errc::kTooLarge:
      return FetchOutcome::kTooLarge;
    case Errc::kTimeout:
      return FetchOutcome::kTimeout;
    case Errc::kUnavailable:
      return FetchOutcome::kUnavailable;
    case Errc::kCancelled:
      return FetchOutcome::kCancelled;
    default:
      return FetchOutcome::kInvalid;
  }
}

RosterFetch::RosterFetch(FetchContext& context, HostGate& gate,
                         const std::shared_ptr<const FetchPlan>& plan, const xmpp::Jid& user,
                         FetchReason reason, Events& events)
    : context_(context),
      gate_(gate),
      plan_(plan),
      user_(user),
      events_(events),
      reason_(reason),
      insists_(reason == FetchReason::kRefresh),
      sequence_(++context.last_sequence) {}

RosterFetch::~RosterFetch() {
  if (ticket_ != 0) count(FetchOutcome::kCancelled);
  leave_wire();
  leave_gate(HostGate::Outcome::kUnknown);
}

// A name that cannot stand in the URL is told of later; the URL itself is made again when it is
// needed, as thousands may be waiting.
void RosterFetch::start() {
  if (make_target()) return attempt();
  context_.timers.arm(retry_, context_.clock.now());
}

void RosterFetch::restart_timeout(bool now) {
  if (now || deadline_.armed()) start_timeout();
}

void RosterFetch::start_timeout() {
  due_ = context_.clock.now() + plan_->timeout;
  context_.timers.arm(deadline_, due_);
}

// --- attempts ------------------------------------------------------------------------------------

void RosterFetch::attempt() {
  if (!plan_->is_folder) return gate_.enter(*this);
  read_file();
}

void RosterFetch::attempt_or_tell() {
  const auto target = make_target();
  if (!target) return finish(tl::unexpected<Error>(target.error()));
  attempt();
}

Result<RosterTarget> RosterFetch::make_target() const {
  return make_roster_target(plan_->url, user_.node(), user_.domain());
}

// What is held is looked at when the question leaves: only of that can the answer say that it has
// not changed.
void RosterFetch::begin_attempt(HostGate::Place place) {
  RosterBase base;
  if (const im::HeldRoster* held = context_.core->find_held_roster(user_)) {
    base = {held->roster, held->tag};
  }
  if (plan_->format == RosterFormat::kJsxc) base.tag.etag.clear();  // POSTs have no conditions
  attempt_ = std::unique_ptr<Attempt>(new Attempt{
      plan_, std::move(place), {context_.core->interner(), user_, plan_->limits, std::move(base)}});
}

void RosterFetch::read_file() {
  const auto target = make_target();
  begin_attempt(nullptr);
  mark_sent();
  ticket_ = context_.files->read(std::get<FilePath>(*target).path, plan_->file_limit, this);
  if (!deadline_.armed()) start_timeout();
}

void RosterFetch::on_admitted(HostGate::Place place) {
  auto target = make_target();
  if (auto* const url = target ? std::get_if<http::Url>(&*target) : nullptr) {
    begin_attempt(std::move(place));
    return send_request(std::move(*url));
  }
  // The options have been loaded again since it came to the gate.
  gate_.leave(place, HostGate::Outcome::kUnknown);
  attempt_or_tell();
}

void RosterFetch::send_request(http::Url url) {
  if (!sent_) sent_at_ = context_.clock.now();
  attempt_->url = std::move(url);
  web::FetchRequest request = make_request();
  request_id_ = add_request_id(context_, request.fields);
  // A later page has no tag of its own: the roster is held as a whole.
  if (attempt_->pages == 0 && !attempt_->assembly.etag().empty()) {
    request.fields.add("If-None-Match", attempt_->assembly.etag());
  }
  authorize(attempt_->plan->credentials, request, context_.clock.wall_now());
  ticket_ = context_.fetcher->fetch(std::move(request), this);
}

web::FetchRequest RosterFetch::make_request() const {
  const FetchPlan& plan = *attempt_->plan;
  http::Fields fields = make_request_fields(plan.user_agent, user_.domain(), reason_);
  if (plan.format == RosterFormat::kJsxc) {
    auto request = make_jsxc_request(attempt_->url, plan.jsxc_secret, "sharedroster", user_);
    for (const auto& [name, value] : fields.all()) request.fields.add(name, value);
    return request;
  }
  web::FetchRequest request;
  request.url = attempt_->url;
  request.in_parts = true;
  request.fields = std::move(fields);
  return request;
}

void RosterFetch::on_admitted_to(BulkFetch& bulk) {
  bulk_ = &bulk;
  bulk.add(*this);
}

void RosterFetch::on_turned_away() {
  finish(make_error(Errc::kUnavailable, "not asked, the web application has been failing"));
}

// Whatever a POST has brought while the request was in the queue is older than its answer.
void RosterFetch::mark_sent() {
  if (sent_) return;  // redirected, or another page
  sent_ = true;
  sent_at_ = context_.clock.now();
  renumber();
}

void RosterFetch::on_fetch_sent(std::uint64_t) {
  mark_sent();
  if (!deadline_.armed()) start_timeout();
}

void RosterFetch::leave_wire() {
  if (bulk_) std::exchange(bulk_, nullptr)->remove(*this);
  const std::uint64_t ticket = std::exchange(ticket_, 0);
  if (ticket == 0) return;
  if (attempt_->plan->is_folder) {
    context_.files->cancel(ticket);
  } else {
    context_.fetcher->cancel(ticket);
  }
}

void RosterFetch::leave_gate(HostGate::Outcome outcome, std::string_view why) {
  gate_.withdraw(*this);
  const HostGate::Place place = attempt_ ? std::exchange(attempt_->place, nullptr) : nullptr;
  if (place) gate_.leave(place, outcome, why);
}

// --- answers -------------------------------------------------------------------------------------

void RosterFetch::on_fetch_body(std::uint64_t, std::string part) {
  attempt_->assembly.add_part(part);
}

void RosterFetch::on_fetch_done(std::uint64_t, Result<http::Response> response) {
  ticket_ = 0;
  if (response) return handle_response(std::move(*response));
  if (!is_passing(response.error().code)) return fail(std::move(response.error()));
  count(outcome_of(response.error().code));
  retry_or_finish(std::move(response.error()), Duration(0));
}

void RosterFetch::handle_response(http::Response response) {
  const bool jsxc = attempt_->plan->format == RosterFormat::kJsxc;
  if (response.status == 200) return jsxc ? handle_jsxc(response) : handle_page(response);
  if (is_redirect(response.status) && !jsxc) return redirect(response);
  if (response.status == 304 && attempt_->pages == 0 && !attempt_->assembly.etag().empty()) {
    return succeed(attempt_->assembly.not_modified(response, context_.clock.now()));
  }
  Error error = make_status_error(response.status);
  if (error.code == Errc::kNotFound && attempt_->plan->missing_is_empty && attempt_->pages == 0) {
    FetchedRoster nothing;
    nothing.roster = im::RosterDraft(context_.core->interner(), nullptr).take().roster;
    return succeed(std::move(nothing));
  }
  if (is_alive(response.status)) leave_gate(HostGate::Outcome::kAnswered);
  if (!is_passing(error.code)) return fail(std::move(error));
  count(outcome_of(error.code));
  const auto at_least =
      parse_retry_after(response.fields.get("Retry-After"), context_.clock.wall_now());
  retry_or_finish(std::move(error), at_least.value_or(Duration(0)));
}

void RosterFetch::handle_page(const http::Response& response) {
  auto next = attempt_->assembly.add_page(response, context_.clock.now());
  if (!next) return fail(std::move(next.error()));
  if (next->empty()) return succeed(attempt_->assembly.take());
  const FetchPlan& plan = *attempt_->plan;
  if (plan.is_folder) return fail({Errc::kInvalid, "a file has no next page"});
  if (++attempt_->pages >= plan.pages) {
    return fail({Errc::kTooLarge, "more than " + std::to_string(plan.pages) + " pages"});
  }
  if (auto followed = follow(*next, "a next page at"); !followed) fail(std::move(followed.error()));
}

void RosterFetch::handle_jsxc(const http::Response& response) {
  auto added = attempt_->assembly.add_jsxc(response, context_.clock.now());
  if (added) return succeed(attempt_->assembly.take());
  if (!is_passing(added.error().code)) return fail(std::move(added.error()));
  count(outcome_of(added.error().code));
  retry_or_finish(std::move(added.error()), Duration(0));
}

void RosterFetch::redirect(const http::Response& response) {
  if (++attempt_->redirects > kMaxRedirects) return fail({Errc::kInvalid, "too many redirects"});
  if (!response.fields.has("Location")) {
    return fail({Errc::kInvalid, "a redirect without a Location"});
  }
  if (auto followed = follow(response.fields.get("Location"), "a redirect to"); !followed) {
    fail(std::move(followed.error()));
  }
}

// Another origin would get the usernames, and whatever authorizes us, without having been named in
// the configuration.
Status RosterFetch::follow(std::string_view reference, std::string_view what) {
  auto to = http::resolve_url(attempt_->url, reference);
  if (!to) return make_error(Errc::kInvalid, std::string(what) + " a " + to.error().text);
  if (to->origin() != attempt_->url.origin()) {
    return make_error(Errc::kInvalid, std::string(what) + " another origin: " + to->origin());
  }
  to->userinfo = attempt_->url.userinfo;
  send_request(std::move(*to));
  return {};
}

// --- as one of many ------------------------------------------------------------------------------

void RosterFetch::on_bulk_sent(const std::string& request_id) {
  request_id_ = request_id;
  mark_sent();
  if (!deadline_.armed()) start_timeout();
}

void RosterFetch::on_bulk_answer(Result<FetchedRoster> roster) {
  bulk_ = nullptr;
  finish(std::move(roster));
}

void RosterFetch::on_bulk_failed(const Error& error, Duration at_least) {
  bulk_ = nullptr;
  retry_or_finish(error, at_least);
}

void RosterFetch::on_bulk_refused() {
  bulk_ = nullptr;
  // The roster may change before the next request leaves: that one's answer is newer.
  sent_ = false;
  renumber();
  attempt();
}

void RosterFetch::on_bulk_page() {
  goes_alone_ = true;
  on_bulk_refused();
}

// --- outcome -------------------------------------------------------------------------------------

void RosterFetch::retry_or_finish(Error error, Duration at_least) {
  if (!deadline_.armed()) start_timeout();  // it failed before anything could be sent
  leave_gate(HostGate::Outcome::kFailed, error.text);
  last_error_ = std::make_unique<Error>(error);
  const auto delay = schedule_.next(context_.random);
  const Instant when = context_.clock.now() + std::max(delay.value_or(Duration(0)), at_least);
  if (!delay || when >= due_) return finish(tl::unexpected<Error>(std::move(error)));
  attempt_.reset();
  // From here on the answer will be newer than anybody who asks meanwhile.
  sent_ = false;
  renumber();
  context_.timers.arm(retry_, when);
}

void RosterFetch::count(FetchOutcome outcome) {
  context_.counters.count(outcome, reason_, context_.clock.now() - sent_at_);
}

void RosterFetch::succeed(FetchedRoster roster) {
  count(roster.unchanged ? FetchOutcome::kUnchanged : FetchOutcome::kOk);
  finish(std::move(roster));
}

void RosterFetch::fail(Error error) {
  count(outcome_of(error.code));
  finish(tl::unexpected<Error>(std::move(error)));
}

void RosterFetch::finish(Result<FetchedRoster> roster) {
  retry_.cancel();
  deadline_.cancel();
  const bool cancelled = !roster && roster.error().code == Errc::kCancelled;
  // Only an app that is there can have given an answer of any other kind.
  leave_gate(cancelled ? HostGate::Outcome::kUnknown : HostGate::Outcome::kAnswered);
  events_.on_fetch_finished(std::move(roster));
}

void RosterFetch::on_deadline() {
  const bool unanswered = ticket_ != 0;
  if (unanswered) count(FetchOutcome::kTimeout);
  leave_wire();
  const Error error = last_error_ ? *last_error_ : Error{Errc::kTimeout, "no answer in time"};
  if (unanswered) leave_gate(HostGate::Outcome::kFailed, error.text);
  finish(tl::unexpected<Error>(error));
}

}  // namespace rosterd::app
