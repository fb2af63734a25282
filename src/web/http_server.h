// SPDX-License-Identifier: MIT
// HttpServer: the inbound half of the web room: connections, keep-alive, pipelining in order,
// deadlines, routes. What a request means is its route's business.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/handle.h"
#include "base/result.h"
#include "http/message.h"
#include "http/parser.h"
#include "net/listener.h"
#include "net/loop.h"

namespace rosterd::web {

class Exchange;
using ExchangeId = Handle<Exchange>;

// Where a handler puts its answer; HttpServer, or a test's fake.
class Responder {
 public:
  virtual ~Responder() = default;
  // Answers once; does nothing when the client has gone. May be called from inside on_request().
  // The answer leaves in this turn's web flush, so after what the turn gave to XMPP streams.
  virtual void respond(ExchangeId exchange, http::Response response) = 0;
};

// Who sends a request.
struct Client {
  std::uint64_t connection = 0;  // its number in log lines
  net::Address address{};        // of the TCP connection's other end, which may be a proxy
  bool secure = false;           // it came over TLS
  // Subject of the certificate the client showed and TlsServerOptions::client_ca_file vouches for;
  // "" when it showed none.
  std::string certificate{};
  bool head = false;   // the request was a HEAD, which a handler of GET sees as a GET
  std::string host{};  // set by app::Door: the one host it may touch; "" = all
  // Set by app::Door: what proves who is asking would prove it for a copy of the request as well.
  bool repeatable = false;
};

// Whoever goes on with a connection after 101 (Switching Protocols).
class Upgrade {
 public:
  virtual ~Upgrade() = default;
  // The connection is the callee's: it sets its events now. `first_bytes` came behind the request;
  // valid during the call, after which the Upgrade is destroyed.
  virtual void on_upgraded(net::Connection& connection, std::string_view first_bytes) = 0;
};

class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  // The head of a request has come; of the body there may be nothing yet. Called once, before
  // on_request(). An answer refuses the request: on_request() is not called and, where the body is
  // still to come, the connection closes.
  virtual std::optional<http::Response> on_head(const Client&, const http::Request&) {
    return std::nullopt;
  }
  // A whole request. It and its client are valid during the call; the answer may come later.
  virtual void on_request(Responder& responder, ExchangeId exchange, const Client& client,
                          const http::Request& request) = 0;
  // Whether it answers everybody alike, so that success says nothing about who asked (see
  // HttpServerOptions::max_connections).
  virtual bool is_for_anybody() const { return false; }
  // When answers leave: those that carry XMPP streams leave with these, and count as clients' (see
  // HttpServerOptions::max_stream_connections).
  virtual net::FlushPhase phase() const { return net::FlushPhase::kWeb; }
  // The client closed before its answer: nobody will read it. The work it asked for goes on.
  virtual void on_request_abandoned(ExchangeId) {}
  // The client has sent more behind a request, which is not read before that is answered.
  virtual void on_request_followed(ExchangeId) {}
};

// {"status":"error","message":…} with Content-Type: application/json.
http::Response make_json_error(int status, std::string_view message);
http::Response make_json(int status, std::string body);

struct HttpServerOptions {
  http::Limits limits;
  // From the first byte of a request, or from a new connection, to the end of its head.
  Duration head_timeout = std::chrono::seconds(10);
  Duration body_timeout = std::chrono::seconds(30);  // from the head to the whole body
  Duration idle_timeout = std::chrono::seconds(60);  // between requests
  // One over it closes the oldest that has not had an answer of success yet, else the one that has
  // been idle for longest; it is refused when all others are being served.
  std::size_t max_connections = 1000;
  std::vector<net::Network> proxies;  // see net::ListenerOptions
  // Bytes of answers that their clients have not taken yet, of all of them. A long answer for
  // anybody that would be over it becomes a 503: others' memory is not strangers' to fill.
  std::size_t untaken_max = std::size_t{256} * 1024 * 1024;
  // Of those whose last request went to a handler of the phase kC2s, which do not count above. One
  // over it closes the one that has been idle for longest, or gets 503.
  std::size_t max_stream_connections = 10'000;
};

struct HttpServerStats {
  std::size_t connections = 0;  // now
  std::uint64_t refused = 0;    // connections turned away at one of the two limits
  // Answers so far, by the path of the route ("" = none fits) and their status.
  std::map<std::pair<std::string, int>, std::uint64_t> answers;
};

class HttpServer : public Responder {
 public:
  // `options` is copied; set_options() affects later requests.
  HttpServer(net::Loop& loop, const HttpServerOptions& options);
  ~HttpServer() override;

  // The route with the longest matching path wins; a path that ends in '/' matches what is below
  // it. `methods` is a comma-separated list, e.g. "GET,POST"; another method gets 405 with Allow. A
  // HEAD reaches a handler of GET as a GET, and its answer loses the body. The handler outlives the
  // server.
  void add_route(std::string path, std::string methods, RequestHandler* handler);
  // For requests to come.
  void remove_route(std::string_view path);

  // `tls` null = plain. Several listeners may serve the same routes.
  Status listen(const net::Address& address, std::shared_ptr<const net::TlsContext> tls);
  // Replaces the certificate of the TLS listeners, for connections to come. Those whose clients
  // have shown a certificate end, so that a revoked one does not live on in them.
  void set_tls(std::shared_ptr<const net::TlsContext> tls);
  void set_options(const HttpServerOptions& options);
  std::vector<net::Address> addresses() const;

  void respond(ExchangeId exchange, http::Response response) override;
  // Answers with `response`, a 101, and gives the connection away, still in on_request() if this is
  // called there; does nothing when the client has gone.
  void upgrade(ExchangeId exchange, http::Response response, std::unique_ptr<Upgrade> upgrade);

  // Stops listening; idle connections close, busy ones after their answer.
  void stop();
  std::size_t connection_count() const;
  HttpServerStats stats() const;

 private:
  friend class Exchange;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rosterd::web
