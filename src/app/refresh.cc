// SPDX-License-Identifier: MIT
#include "app/refresh.h"

#include <string_view>
#include <utility>

#include "app/refresh_batch.h"
#include "app/refresh_request.h"
#include "base/json.h"
#include "base/log.h"
#include "base/log_limit.h"
#include "base/text.h"

namespace rosterd::app {

namespace {

constexpr std::string_view kPathOfOne = "/roster_admin/refresh/";

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

// As mod_http_roster_admin answers, status 200 in every case; `status` tells.
http::Response make_answer(const RefreshBatch& batch, bool all_failed_ok) {
  const bool all_failed = batch.errors() > 0 && batch.updated() == 0;
  const bool failed = all_failed && !all_failed_ok;
  json::Writer out;
  out.object().key("status").string(failed ? "error" : "ok");
  out.key("message").string(failed ? "roster update failed: " + batch.first_error()
                                   : "roster update complete");
  if (batch.client().wants_counts) {
    out.key("updated").number(static_cast<std::int64_t>(batch.updated()));
    out.key("errors").number(static_cast<std::int64_t>(batch.errors()));
  }
  return web::make_json(200, out.end().take());
}

void log_batch(const RefreshBatch& batch) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(batch.age()).count();
  const log::Field users("users", batch.updated() + batch.errors());
  const log::Field updated("updated", batch.updated());
  const log::Field errors("errors", batch.errors());
  const log::Field took("ms", ms);
  if (batch.errors() == 0) return log::info("refresh", "done", {users, updated, errors, took});
  log::warn("refresh", "done with errors",
            {users, updated, errors, took, {"first_error", batch.first_error()}});
}

Result<std::vector<RefreshUser>> parse_path(std::string_view path,
                                            const std::vector<std::string>& hosts) {
  const auto name = text::percent_decode(path.substr(kPathOfOne.size()));
  if (!name) return make_error(Errc::kInvalid, "bad percent-encoding in the path");
  auto user = parse_refresh_name(*name, hosts);
  if (!user) return tl::unexpected<Error>(user.error());
  return std::vector<RefreshUser>{{std::move(*user), 1}};
}

}  // namespace

struct Refresh::Impl final : RefreshBatch::Events {
  Impl(const RefreshOptions& opts, im::Core& the_core, RosterSource& the_source,
       const Clock& the_clock, Timers& the_timers)
      : options(opts), core(the_core), source(the_source), clock(the_clock), timers(the_timers) {}

  void begin(const RefreshBatch::Client& client, const std::vector<RefreshUser>& users);
  void on_batch_complete(RefreshBatch& batch) override { finish(batches.take(batch.handle)); }
  void finish(const std::unique_ptr<RefreshBatch>& batch);
  void log_refusal(const std::string& why);

  RefreshOptions options;
  im::Core& core;
  RosterSource& source;
  const Clock& clock;
  Timers& timers;
  bool stopping = false;
  SlotTable<RefreshBatch> batches;
  LogLimit refusals;
  RefreshStats stats;
};

void Refresh::Impl::begin(const RefreshBatch::Client& client,
                          const std::vector<RefreshUser>& users) {
  auto made = std::make_unique<RefreshBatch>(client, core, source, clock, *this);
  RefreshBatch& batch = *made;
  batch.handle = batches.insert(std::move(made));
  batch.start(users, timers, options.deadline);
  if (batch.complete()) on_batch_complete(batch);
}

// Apply, then answer, in one turn: the loop flushes the pushes before the answer, so whoever reads
// the answer may rely on them.
void Refresh::Impl::finish(const std::unique_ptr<RefreshBatch>& batch) {
  auto changes = batch->take_changes();
  if (!changes.empty()) core.apply(std::move(changes));
  const RefreshBatch::Client& client = batch->client();
  client.responder->respond(client.exchange, make_answer(*batch, options.all_failed_ok));
  log_batch(*batch);
  stats.durations.observe(batch->age());
  stats.updated += batch->updated();
  stats.errors += batch->errors();
}

void Refresh::Impl::log_refusal(const std::string& why) {
  ++stats.refused;
  const auto not_logged = refusals.admit(clock.now());
  if (not_logged) log::warn("refresh", "refused", {{"why", why}, {"not_logged", *not_logged}});
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
  const bool is_batch = !request.path().starts_with(kPathOfOne);
  const std::string allowed = is_batch ? "POST" : "GET";
  if (request.method != allowed) return responder.respond(exchange, make_not_allowed(allowed));
  if (impl_->stopping) return responder.respond(exchange, make_busy("shutting down", "5"));
  if (impl_->batches.size() >= options.batches) {
    impl_->log_refusal("too many refreshes at once");
    return responder.respond(exchange, make_busy("too many refreshes at once", "1"));
  }
  auto users = is_batch ? parse_refresh_body(request.body, hosts, options.batch_users)
                        : parse_path(request.path(), hosts);
  if (!users) {
    impl_->log_refusal(users.error().text);
    return responder.respond(exchange, make_refusal(users.error(), client));
  }
  impl_->begin({&responder, exchange, is_batch}, *users);
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
