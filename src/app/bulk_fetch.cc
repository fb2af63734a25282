// SPDX-License-Identifier: MIT
#include "app/bulk_fetch.h"

#include <memory>
#include <utility>

#include "app/bulk_json.h"
#include "app/response_fields.h"

namespace rosterd::app {

namespace {

using Answers = std::unordered_map<std::string, json::Tape>;

const json::Tape* find_answer(const Answers& answers, const xmpp::Jid& user) {
  auto found = answers.find(std::string(user.node()));
  if (found == answers.end()) found = answers.find(std::string(user.text()));
  return found == answers.end() ? nullptr : &found->second;
}

// Where the web app has nothing of a user whose roster may be missing.
const json::Tape& empty_roster() {
  static const json::Tape empty = [] {
    json::Tape tape;
    tape.on_object_start();
    tape.on_object_end();
    return tape;
  }();
  return empty;
}

Result<ParsedRoster> read_answer(const json::Tape* answer, const RosterFetch& member,
                                 bool missing_is_empty, im::Core& core) {
  if (!answer) return make_error(Errc::kInvalid, "the bulk answer does not name the user");
  if (answer->is_null()) {
    if (!missing_is_empty) return make_error(Errc::kNotFound, "null in the bulk answer");
    answer = &empty_roster();
  }
  const im::HeldRoster* const held = core.find_held_roster(member.user());
  return parse_roster(*answer, member.user(), member.limits(), core.interner(),
                      held ? held->roster : nullptr, NextPage::kTold);
}

}  // namespace

BulkFetch::~BulkFetch() {
  if (ticket_ != 0) context_.fetcher->cancel(ticket_);
}

void BulkFetch::start() {
  std::vector<std::string_view> names;
  for (const RosterFetch* member : members_) names.push_back(member->user().node());
  web::FetchRequest request;
  request.method = "POST";
  request.url = plan_.url;
  request.fields = plan_.fields;
  request.fields.add("Content-Type", "application/json");
  request_id_ = add_request_id(context_, request.fields);
  request.body = write_bulk_question(names);
  authorize(plan_.credentials, request, context_.clock.wall_now());
  sent_at_ = context_.clock.now();
  ticket_ = context_.fetcher->fetch(std::move(request), this);
}

void BulkFetch::remove(RosterFetch& member) {
  std::erase(members_, &member);
  if (!members_.empty() || telling_) return;
  count(FetchOutcome::kCancelled);
  gate_.leave(place_, HostGate::Outcome::kUnknown);
  events_.on_bulk_finished(*this, {});
}

// From the back: whoever is told may take others away.
RosterFetch* BulkFetch::take_member() {
  if (members_.empty()) return nullptr;
  RosterFetch* const member = members_.back();
  members_.pop_back();
  return member;
}

void BulkFetch::on_fetch_sent(std::uint64_t) {
  sent_at_ = context_.clock.now();
  for (RosterFetch* member : members_) member->on_bulk_sent(request_id_);
}

void BulkFetch::on_fetch_done(std::uint64_t, Result<http::Response> response) {
  ticket_ = 0;
  telling_ = true;
  if (!response) {
    if (is_passing(response.error().code)) return fail(response.error(), Duration(0));
    if (response.error().code == Errc::kCancelled) return cancel(response.error());
    return refuse(response.error().text);
  }
  const int status = response->status;
  if (status == 200) return handle_answer(*response);
  const Error error = make_status_error(status);
  // 501: it is there, but not for this.
  if (!is_passing(error.code) || status == 501) return refuse(error.text);
  const auto at_least =
      parse_retry_after(response->fields.get("Retry-After"), context_.clock.wall_now());
  fail(error, at_least.value_or(Duration(0)));
}

void BulkFetch::handle_answer(const http::Response& response) {
  const auto answers = parse_bulk_answer(response.body);
  if (!answers) return refuse(answers.error().text);
  count(FetchOutcome::kOk);
  gate_.leave(place_, HostGate::Outcome::kAnswered);
  const Instant fresh_until = context_.clock.now() + read_max_age(response.fields);
  while (RosterFetch* const member = take_member()) {
    auto parsed = read_answer(find_answer(*answers, member->user()), *member,
                              plan_.missing_is_empty, *context_.core);
    if (!parsed) {
      member->on_bulk_answer(tl::unexpected<Error>(std::move(parsed.error())));
      continue;
    }
    if (!parsed->meta.next.empty()) {
      member->on_bulk_page();
      continue;
    }
    FetchedRoster fetched;
    fetched.roster = std::move(parsed->roster);
    fetched.tag = {std::move(parsed->meta.etag), {}, fresh_until};
    fetched.faults = std::move(*parsed);
    member->on_bulk_answer(std::move(fetched));
  }
  events_.on_bulk_finished(*this, {});
}

void BulkFetch::fail(const Error& error, Duration at_least) {
  count(outcome_of(error.code));
  gate_.leave(place_, HostGate::Outcome::kFailed, error.text);
  while (RosterFetch* const member = take_member()) member->on_bulk_failed(error, at_least);
  events_.on_bulk_finished(*this, {});
}

// The server is shutting down.
void BulkFetch::cancel(const Error& error) {
  count(FetchOutcome::kCancelled);
  gate_.leave(place_, HostGate::Outcome::kUnknown);
  while (RosterFetch* const member = take_member()) {
    member->on_bulk_answer(tl::unexpected<Error>(error));
  }
  events_.on_bulk_finished(*this, {});
}

void BulkFetch::refuse(const std::string& why) {
  count(FetchOutcome::kInvalid);
  gate_.leave(place_, HostGate::Outcome::kAnswered);
  while (RosterFetch* const member = take_member()) member->on_bulk_refused();
  events_.on_bulk_finished(*this, why);
}

void BulkFetch::count(FetchOutcome outcome) {
  context_.counters.count(outcome, FetchReason::kBulk, context_.clock.now() - sent_at_);
}

}  // namespace rosterd::app
