// SPDX-License-Identifier: MIT
// Monitor: /healthz, /readyz and /metrics, for those who watch the daemon.
#pragma once

#include "app/metrics.h"
#include "web/http_server.h"

namespace rosterd::app {

// Whom it asks at each request: the server, which knows all parts.
class MonitorSource {
 public:
  virtual ~MonitorSource() = default;
  virtual bool stopping() const = 0;
  virtual Figures take_figures() const = 0;
};

class Monitor : public web::RequestHandler {
 public:
  // `source` outlives it.
  explicit Monitor(const MonitorSource& source) : source_(source) {}

  // Registered with GET for "/healthz": the process answers; "/readyz": it takes work, 503 once it
  // is stopping, with "degraded" as status while a web app does not answer; "/metrics".
  void on_request(web::Responder& responder, web::ExchangeId exchange, const web::Client& client,
                  const http::Request& request) override;

 private:
  http::Response answer_readiness() const;
  http::Response answer_metrics(const http::Request& request) const;

  const MonitorSource& source_;
};

}  // namespace rosterd::app
