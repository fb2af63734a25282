// SPDX-License-Identifier: MIT
// Refresh: POST /roster_admin/refresh, GET /roster_admin/refresh/USER and POST /roster_admin/edges
// (the protocol's section 2): fetch what did not come with the request, then apply all in one turn,
// then answer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "app/roster_source.h"
#include "base/histogram.h"
#include "base/timers.h"
#include "im/core.h"
#include "web/http_server.h"

namespace rosterd::app {

struct RefreshOptions {
  std::vector<std::string> hosts;                // a bare username belongs to the first one
  std::size_t batch_users = 10'000;              // elements of one array; beyond it 413
  std::size_t batches = 100;                     // at once; beyond it 503 with Retry-After
  Duration deadline = std::chrono::seconds(30);  // what has not arrived by then is an error
  bool all_failed_ok = false;                    // refresh_all_failed_ok: Prosody's literal "ok"
};

// What the batches so far came to.
struct RefreshStats {
  static constexpr Duration kBounds[] = {
      std::chrono::milliseconds(3),    std::chrono::milliseconds(10),
      std::chrono::milliseconds(30),   std::chrono::milliseconds(100),
      std::chrono::milliseconds(300),  std::chrono::milliseconds(1000),
      std::chrono::milliseconds(3000), std::chrono::seconds(10),
      std::chrono::seconds(30)};
  Histogram durations{kBounds};  // of all batches
  std::uint64_t updated = 0;     // elements
  std::uint64_t errors = 0;      // likewise
  std::uint64_t refused = 0;     // requests
};

class Refresh : public web::RequestHandler {
 public:
  // All outlive it.
  Refresh(const RefreshOptions& options, im::Core& core, RosterSource& source, const Clock& clock,
          Timers& timers);
  ~Refresh() override;
  void set_options(const RefreshOptions& options);

  // Registered for "/roster_admin/refresh" and "/roster_admin/edges" (POST) and
  // "/roster_admin/refresh/" (GET). A client that goes away does not end its batch.
  void on_request(web::Responder& responder, web::ExchangeId exchange, const web::Client& client,
                  const http::Request& request) override;

  // Shutdown: new batches get 503; running ones end with what they have, now.
  void stop();
  std::size_t running() const;  // batches
  const RefreshStats& stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rosterd::app
