// SPDX-License-Identifier: MIT
// HttpClient: requests with a keep-alive pool per origin, a deadline per stage, and a cap on
// requests in flight per origin (FIFO beyond it). A GET or HEAD is sent once more, silently, when
// the reused connection it went out on dies before any byte of the answer. Redirects are the
// caller's business. User information in a URL becomes Authorization: Basic.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "http/message.h"
#include "http/parser.h"
#include "http/url.h"
#include "net/connector.h"
#include "net/loop.h"
#include "net/tls.h"

namespace rosterd::web {

struct FetchRequest {
  std::string method = "GET";
  http::Url url;
  http::Fields fields;
  std::string body;
  // It holds a password or a token: what is kept of it is overwritten in the end.
  bool secret = false;
  // A long body of a 200 is handed over as it arrives: see FetchEvents::on_fetch_body().
  bool in_parts = false;
};

class FetchEvents {
 public:
  virtual ~FetchEvents() = default;
  // The request is being written to a connection now: from here on its answer may be older than
  // what the web app decides next (see the freshness rule in app::RosterSource). At most once,
  // never from inside fetch().
  virtual void on_fetch_sent(std::uint64_t /*ticket*/) {}
  // The next part of a body, so that it is never there as a whole; the last one comes as the body
  // of the response. For requests that ask for it; nothing may be cancelled meanwhile.
  virtual void on_fetch_body(std::uint64_t /*ticket*/, std::string /*part*/) {}
  // Exactly once unless cancelled, never from inside fetch(). An answer of any status is a value;
  // the error kinds are kTimeout (the stage is in the text), kUnavailable (connect, TLS, reset),
  // kInvalid (malformed answer), kTooLarge (body over the limit).
  virtual void on_fetch_done(std::uint64_t ticket, Result<http::Response> response) = 0;
};

// What app::RosterSource needs of the world; HttpClient, or a test's fake web app.
class Fetcher {
 public:
  virtual ~Fetcher() = default;
  virtual std::uint64_t fetch(FetchRequest request, FetchEvents* events) = 0;
  // No event will come for that ticket; a request on the wire costs its connection.
  virtual void cancel(std::uint64_t ticket) = 0;
};

struct HttpClientOptions {
  std::size_t max_in_flight = 16;  // per origin; also the most connections to it
  http::Limits limits{.body_bytes = 4 * 1024 * 1024};
  Duration connect_timeout = std::chrono::seconds(3);  // DNS, TCP and TLS
  Duration first_byte_timeout = std::chrono::seconds(10);
  Duration body_timeout = std::chrono::seconds(10);
  Duration idle_timeout = std::chrono::seconds(30);  // of a pooled connection
  // How long a look-up of a name counts. Connections to where it no longer leads are used up: idle
  // ones close, the others after their answer.
  Duration dns_ttl = std::chrono::seconds(30);
};

class HttpClient : public Fetcher {
 public:
  // `tls` is for https origins; never null.
  HttpClient(net::Loop& loop, const HttpClientOptions& options,
             std::shared_ptr<const net::TlsContext> tls);
  ~HttpClient() override;

  std::uint64_t fetch(FetchRequest request, FetchEvents* events) override;
  void cancel(std::uint64_t ticket) override;
  // For requests to come.
  void set_options(const HttpClientOptions& options, std::shared_ptr<const net::TlsContext> tls);
  // Fails what is queued or in flight with kCancelled and closes the pool.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rosterd::web
