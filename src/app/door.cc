// SPDX-License-Identifier: MIT
#include "app/door.h"

#include <optional>
#include <string>
#include <utility>

#include "app/failure_limit.h"
#include "base/log.h"
#include "base/log_limit.h"
#include "base/text.h"
#include "web/client_address.h"

namespace rosterd::app {

namespace {

using Outcome = Proof::Outcome;

// Browsers name the page that made them ask: in Origin, except for a plain GET (of an image, say),
// which Sec-Fetch-Site betrays. Whoever types the address himself sends "none".
bool is_from_a_web_page(const http::Fields& fields) {
  const std::string_view site = fields.get("Sec-Fetch-Site");
  return fields.has("Origin") || (!site.empty() && site != "none");
}

std::string show(const net::Address& address) {
  return address.ip().empty() ? "unknown" : address.ip();
}

http::Response refuse_for_good(int status, std::string_view message) {
  http::Response response = web::make_json_error(status, message);
  response.keep_alive = false;
  return response;
}

// A request at the door.
struct Visit {
  const http::Request& request;
  bool has_body;       // it has been read
  net::Address peer;   // maybe a proxy
  web::Client client;  // as the inner handler will see it
};

}  // namespace

struct Door::Impl {
  Impl(const DoorOptions& opts, const Clock& the_clock)
      : options(opts), clock(the_clock), authenticator(opts.auth) {
    failures.set_per_minute(opts.failures_per_minute);
  }

  std::optional<http::Response> judge(Guard guard, Visit& visit);
  std::optional<http::Response> judge_proof(Visit& visit);
  http::Response refuse(const Visit& visit, http::Response response, std::string_view why);
  http::Response challenge(const std::string& why) const;

  DoorOptions options;
  const Clock& clock;
  Authenticator authenticator;
  FailureLimit failures;
  LogLimit refusal_log;
  std::vector<std::unique_ptr<Entrance>> entrances;
};

// One route.
class Door::Entrance final : public web::RequestHandler {
 public:
  Entrance(Impl& door, web::RequestHandler& inner, Guard guard)
      : door_(door), inner_(inner), guard_(guard) {}

  std::optional<http::Response> on_head(const web::Client& client,
                                        const http::Request& request) override {
    Visit visit{request, false, client.address, client};
    if (auto refusal = door_.judge(guard_, visit)) return refusal;
    return inner_.on_head(visit.client, request);
  }

  void on_request(web::Responder& responder, web::ExchangeId exchange, const web::Client& client,
                  const http::Request& request) override {
    Visit visit{request, true, client.address, client};
    if (auto refusal = door_.judge(guard_, visit)) {
      return responder.respond(exchange, std::move(*refusal));
    }
    inner_.on_request(responder, exchange, visit.client, request);
  }

  bool is_for_anybody() const override { return guard_ == Guard::kAddressOnly; }

  void on_request_abandoned(web::ExchangeId exchange) override {
    inner_.on_request_abandoned(exchange);
  }

 private:
  Impl& door_;
  web::RequestHandler& inner_;
  Guard guard_;
};

// Nothing = it may pass.
std::optional<http::Response> Door::Impl::judge(Guard guard, Visit& visit) {
  const http::Fields& fields = visit.request.fields;
  visit.client.address = web::find_client_address(visit.peer, fields, options.proxies);
  if (!options.allow.empty() && !net::is_in(options.allow, visit.client.address)) {
    return refuse(visit, refuse_for_good(403, "not from this address"), "address not allowed");
  }
  if (guard == Guard::kAddressOnly) return std::nullopt;
  if (is_from_a_web_page(fields)) {
    return refuse(visit, refuse_for_good(403, "requests of web pages are refused"),
                  "sent by a web page");
  }
  if (authenticator.is_open()) return std::nullopt;
  return judge_proof(visit);
}

std::optional<http::Response> Door::Impl::judge_proof(Visit& visit) {
  const Instant now = clock.now();
  if (const Duration wait = failures.wait(visit.client.address, now); wait > Duration(0)) {
    http::Response response = refuse_for_good(429, "too many failed attempts");
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
    response.fields.add("Retry-After", std::to_string(seconds));
    return refuse(visit, std::move(response), "too many failed attempts");
  }
  Proof proof = authenticator.check(visit.client, visit.request, visit.has_body, clock.wall_now());
  switch (proof.outcome) {
    case Outcome::kProven:
      visit.client.host = std::move(proof.host);
      visit.client.repeatable = proof.repeatable;
      return std::nullopt;
    case Outcome::kPending:
      return std::nullopt;
    case Outcome::kNoCertificate:
      return refuse(visit, refuse_for_good(403, proof.why), proof.why);
    case Outcome::kWrong:
      failures.count(visit.client.address, now);
      break;
    case Outcome::kAbsent:
    case Outcome::kStale:
      break;
  }
  return refuse(visit, challenge(proof.why), proof.why);
}

http::Response Door::Impl::challenge(const std::string& why) const {
  http::Response response = web::make_json_error(401, why);
  response.fields.add("WWW-Authenticate", "Basic realm=\"rosterd\"");
  if (authenticator.has(Credential::Kind::kBearer)) {
    response.fields.add("WWW-Authenticate", "Bearer realm=\"rosterd\"");
  }
  return response;
}

http::Response Door::Impl::refuse(const Visit& visit, http::Response response,
                                  std::string_view why) {
  if (const auto left_out = refusal_log.admit(clock.now())) {
    log::warn("door", "request refused",
              {{"connection", visit.client.connection},
               {"peer", visit.peer.to_string()},
               {"client", show(visit.client.address)},
               {"status", response.status},
               {"why", why},
               {"not_logged", *left_out}});
  }
  return response;
}

Door::Door(const DoorOptions& options, const Clock& clock)
    : impl_(std::make_unique<Impl>(options, clock)) {}

Door::~Door() = default;

void Door::set_options(const DoorOptions& options) {
  impl_->options = options;
  impl_->authenticator.set_options(options.auth);
  impl_->failures.set_per_minute(options.failures_per_minute);
}

web::RequestHandler* Door::guard(web::RequestHandler* inner, Guard guard) {
  impl_->entrances.push_back(std::make_unique<Entrance>(*impl_, *inner, guard));
  return impl_->entrances.back().get();
}

}  // namespace rosterd::app
