// SPDX-License-Identifier: MIT
#include "app/monitor.h"

#include <string>
#include <utility>

#include "base/json.h"

namespace rosterd::app {

void Monitor::on_request(web::Responder& responder, web::ExchangeId exchange, const web::Client&,
                         const http::Request& request) {
  if (request.path() == "/metrics") return responder.respond(exchange, answer_metrics(request));
  if (request.path() == "/readyz") return responder.respond(exchange, answer_readiness());
  responder.respond(exchange, web::make_json(200, R"({"status":"ok"})"));
}

// A web app that is down is no reason to send its users elsewhere, as another server would not
// reach it either: the status stays 200.
http::Response Monitor::answer_readiness() const {
  if (source_.stopping()) return web::make_json(503, R"({"status":"stopping"})");
  const Figures figures = source_.take_figures();
  json::Writer failing;
  failing.array();
  bool is_degraded = false;
  for (const BreakerStats& breaker : figures.fetches.breakers) {
    if (breaker.state == BreakerStats::State::kClosed) continue;
    failing.string(breaker.origin);
    is_degraded = true;
  }
  if (!is_degraded) return web::make_json(200, R"({"status":"ok"})");
  return web::make_json(200, R"({"status":"degraded","failing":)" + failing.end().take() + "}");
}

http::Response Monitor::answer_metrics(const http::Request& request) const {
  const MetricsFormat format = choose_metrics_format(request.fields.get("Accept"));
  http::Response response;
  response.fields.add("Content-Type", std::string(content_type(format)));
  response.fields.add("Vary", "Accept");
  response.body = write_metrics(source_.take_figures(), format);
  return response;
}

}  // namespace rosterd::app
