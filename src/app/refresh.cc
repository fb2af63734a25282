// SPDX-License-Identifier: MIT
#include "app/refresh.h"

#include <string_view>
#include <utility>

#include "app/edges_request.h"
#include "app/fault_log.h"
#include "app/refresh_batch.h"
#include "app/refresh_request.h"
#include "base/json.h"
#include "base/log.h"
#include "base/log_limit.h"
#include "base/text.h"

namespace rosterd::app {

namespace {

using Form = RefreshBatch::Client::Form;

constexpr std::string_view kPathOfOne = "/roster_admin/refresh/";
constexpr std::string_view kPathOfEdges = "/roster_admin/edges";

// What the forms of a request are called.
struct Words {
  std::string_view elements, done, failed;  // the first in log lines, the others in answers
};
constexpr Words kRefreshWords = {"users", "roster update complete", "roster update failed: "};
constexpr Words kEdgesWords = {"edges", "edges applied", "edges failed: "};

const Words& words_of(const RefreshBatch& batch) {
  return batch.client().form == Form::kEdges ? kEdgesWords : kRefreshWords;
}

http::Response make_busy(std::string_view why, std::string retry_after) {
  http::Response response = web::make_json_error(503, why);
  response.fields.add("Retry-After", std::move(retry_after));
  return response;
}

// Another host is a mistake, or a trespass of who may touch one alone.
http::Response make_refusal(const Error& error, const web::Client& client) {
  int status = error.code == Errc::kTooLarge ? 413 : error.code == Errc::kInvalid ? 400 : 500;
  if (error.code == Errc::kDenied) status = client.host.empty() ? 400 : 403;
  return web::make_json_error(status, error.text);
}

http::Response make_not_allowed(std::string allowed) {
  http::Response response = web::make_json_error(405, "use " + allowed);
  response.fields.add("Allow", std::move(allowed));
  return response;
}

// RFC 7240 section 4.1.
http::Response make_accepted() {
  json::Writer out;
  out.object().key("status").string("ok").key("message").string("accepted");
  http::Response response = web::make_json(202, out.end().take());
  response.fields.add("Preference-Applied", "respond-async");
  return response;
}

void write_counts(json::Writer& out, const RefreshBatch& batch) {
  out.key("updated").number(static_cast<std::int64_t>(batch.updated()));
  out.key("errors").number(static_cast<std::int64_t>(batch.errors()));
}

// One failure, and nothing has been applied, as the client asked.
http::Response make_nothing_applied(const RefreshBatch& batch) {
  json::Writer out;
  out.object().key("status").string("error");
  out.key("message").string("nothing is applied: " + batch.first_error());
  write_counts(out, batch);
  return web::make_json(502, out.end().take());
}

// As mod_http_roster_admin answers, status 200 in every case; `status` tells.
http::Response make_answer(const RefreshBatch& batch, bool all_failed_ok) {
  if (batch.failed()) return make_nothing_applied(batch);
  const bool all_failed = batch.errors() > 0 && batch.updated() == 0;
  const bool failed = all_failed && !all_failed_ok;
  const Words& words = words_of(batch);
  json::Writer out;
  out.object().key("status").string(failed ? "error" : "ok");
  out.key("message").string(failed ? std::string(words.failed) + batch.first_error()
                                   : std::string(words.done));
  if (batch.client().form != Form::kOneName) write_counts(out, batch);
  return web::make_json(200, out.end().take());
}

void log_batch(const RefreshBatch& batch) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(batch.age()).count();
  const log::Field elements(words_of(batch).elements, batch.updated() + batch.errors());
  const log::Field updated("updated", batch.updated());
  const log::Field errors("errors", batch.errors());
  const log::Field took("ms", ms);
  if (batch.errors() == 0) return log::info("refresh", "done", {elements, updated, errors, took});
  log::warn("refresh", batch.failed() ? "nothing applied" : "done with errors",
            {elements, updated, errors, took, {"first_error", batch.first_error()}});
}

Result<RefreshRequest> parse_path(std::string_view path, const std::vector<std::string>& hosts) {
  const auto name = text::percent_decode(path.substr(kPathOfOne.size()));
  if (!name) return make_error(Errc::kInvalid, "bad percent-encoding in the path");
  const auto user = parse_refresh_name(*name, hosts);
  if (!user) return tl::unexpected<Error>(user.error());
  return make_refresh_request(*user);
}

// As if nothing but names had come.
void ask_for_all(RefreshRequest& request) {
  for (RefreshUser& user : request.users) user.deltas.clear();
}

Form form_of(std::string_view path) {
  if (path == kPathOfEdges) return Form::kEdges;
  return path.starts_with(kPathOfOne) ? Form::kOneName : Form::kNames;
}

// Rosterd-Atomic, which is either not there or "all".
Result<bool> parse_atomic(const http::Fields& fields) {
  constexpr std::string_view kName = "Rosterd-Atomic";
  if (!fields.has(kName)) return false;
  if (text::ascii_iequals(fields.get(kName), "all")) return true;
  return make_error(Errc::kInvalid, "Rosterd-Atomic can be \"all\" only");
}

}  // namespace

struct Refresh::Impl final : RefreshBatch::Events {
  Impl(const RefreshOptions& opts, im::Core& the_core, RosterSource& the_source,
       const Clock& the_clock, Timers& the_timers)
      : options(opts), core(the_core), source(the_source), clock(the_clock), timers(the_timers) {}

  Result<RefreshRequest> parse(Form form, const http::Request& request,
                               const std::vector<std::string>& hosts) const;
  void begin(const RefreshBatch::Client& client, RefreshRequest request);
  void on_batch_complete(RefreshBatch& batch) override { finish(batches.take(batch.handle)); }
  void finish(const std::unique_ptr<RefreshBatch>& batch);
  void log_refusal(const web::Client& client, const std::string& why);

  RefreshOptions options;
  im::Core& core;
  RosterSource& source;
  const Clock& clock;
  Timers& timers;
  bool stopping = false;
  SlotTable<RefreshBatch> batches;
  LogLimit refusals;
  LogLimit skips;
  RefreshStats stats;
};

Result<RefreshRequest> Refresh::Impl::parse(Form form, const http::Request& request,
                                            const std::vector<std::string>& hosts) const {
  const RefreshRequestLimits limits{options.batch_users, source.options()};
  switch (form) {
    case Form::kNames:
      return parse_refresh_body(request.body, hosts, limits, core.interner());
    case Form::kEdges:
      return parse_edges_body(request.body, hosts, limits);
    case Form::kOneName:
      break;
  }
  return parse_path(request.path(), hosts);
}

void Refresh::Impl::begin(const RefreshBatch::Client& client, RefreshRequest request) {
  log_faults("refresh", request.faulty_user, request.faults, skips, clock.now());
  auto made = std::make_unique<RefreshBatch>(client, core, source, clock, *this);
  RefreshBatch& batch = *made;
  batch.handle = batches.insert(std::move(made));
  batch.start(std::move(request), timers, options.deadline);
  if (batch.complete()) on_batch_complete(batch);
}

// Apply, then answer, in one turn: the loop flushes the pushes before the answer, so whoever reads
// the answer may rely on them.
void Refresh::Impl::finish(const std::unique_ptr<RefreshBatch>& batch) {
  auto changes = batch->take_changes();
  if (!changes.empty()) core.apply(std::move(changes));
  const RefreshBatch::Client& client = batch->client();
  if (client.responder) {
    client.responder->respond(client.exchange, make_answer(*batch, options.all_failed_ok));
  }
  log_batch(*batch);
  stats.durations.observe(batch->age());
  stats.updated += batch->updated();
  stats.errors += batch->errors();
}

void Refresh::Impl::log_refusal(const web::Client& client, const std::string& why) {
  ++stats.refused;
  const auto not_logged = refusals.admit(clock.now());
  if (!not_logged) return;
  log::warn("refresh", "refused",
            {{"connection", client.connection},
             {"peer", client.address.to_string()},
             {"why", why},
             {"not_logged", *not_logged}});
}

Refresh::Refresh(const RefreshOptions& options, im::Core& core, RosterSource& source,
                 const Clock& clock, Timers& timers)
    : impl_(std::make_unique<Impl>(options, core, source, clock, timers)) {}

Refresh::~Refresh() = default;

void Refresh::set_options(const RefreshOptions& options) { impl_->options = options; }

void Refresh::on_request(web::Responder& responder, web::ExchangeId exchange,
                         const web::Client& client, const http::Request& request) {
  const RefreshOptions& options = impl_->options;
  const auto& hosts = client.host.empty() ? options.hosts : std::vector{client.host};
  const Form form = form_of(request.path());
  const std::string allowed = form == Form::kOneName ? "GET" : "POST";
  if (request.method != allowed) return responder.respond(exchange, make_not_allowed(allowed));
  if (impl_->stopping) return responder.respond(exchange, make_busy("shutting down", "5"));
  if (impl_->batches.size() >= options.batches) {
    impl_->log_refusal(client, "too many refreshes at once");
    return responder.respond(exchange, make_busy("too many refreshes at once", "1"));
  }
  const auto refuse = [&](const Error& error) {
    impl_->log_refusal(client, error.text);
    responder.respond(exchange, make_refusal(error, client));
  };
  const auto atomic = parse_atomic(request.fields);
  if (!atomic) return refuse(atomic.error());
  auto parsed = impl_->parse(form, request, hosts);
  if (!parsed) return refuse(parsed.error());
  // A roster that was right once may be sent again by somebody else when it is not any more.
  if (client.repeatable) ask_for_all(*parsed);
  RefreshBatch::Client asker{form, &responder, exchange, *atomic};
  if (request.fields.has_token("Prefer", "respond-async")) {
    responder.respond(exchange, make_accepted());
    asker.responder = nullptr;
  }
  impl_->begin(asker, std::move(*parsed));
}

void Refresh::stop() {
  impl_->stopping = true;
  impl_->batches.for_each([this](Handle<RefreshBatch> handle, RefreshBatch& batch) {
    batch.give_up("shutting down");
    impl_->finish(impl_->batches.take(handle));
  });
}

const RefreshStats& Refresh::stats() const { return impl_->stats; }

std::size_t Refresh::running() const { return impl_->batches.size(); }

}  // namespace rosterd::app
