// SPDX-License-Identifier: MIT
// ClientConnection: one connection to a web app: busy with one fetch, or idle in its pool.
#pragma once

#include <memory>
#include <string_view>

#include "base/handle.h"
#include "base/timers.h"
#include "http/parser.h"
#include "net/connection.h"
#include "web/fetch.h"

namespace rosterd::web {

// Owned by its pool; it lives until on_closed(), the longer part of that without a fetch.
class ClientConnection final : public net::ConnectionEvents {
 public:
  ClientConnection(OriginPool& pool, ClientContext& context, net::Connection& connection)
      : pool_(pool), context_(context), connection_(connection) {
    connection.set_events(this);
  }
  void set_handle(Handle<ClientConnection> self) { self_ = self; }

  // Reports to the pool when the handshake is done.
  void start_tls(Fetch& fetch, const std::string& host);
  // Writes the request; the answer goes to the pool.
  void send(Fetch& fetch, const std::string& host);
  // The fetch's business with this connection is over.
  void detach() { fetch_ = nullptr; }
  Fetch* fetch() const { return fetch_; }
  const net::Address& peer() const { return connection_.peer(); }
  // Waits for another request, without any buffer, until the idle timeout.
  void idle();
  void abort(std::string_view why) { connection_.abort(why); }
  void close(std::string_view why) { connection_.close(why); }

  void on_bytes(std::string_view bytes) override;
  void on_tls_open() override;
  void on_end() override;
  void on_closed(const Error& reason) override;

 private:
  void on_idle_timeout();
  void pass_on_body();
  void complete(bool reusable);
  void fail(Error error);

  OriginPool& pool_;
  ClientContext& context_;
  net::Connection& connection_;
  Handle<ClientConnection> self_;
  Fetch* fetch_ = nullptr;
  std::unique_ptr<http::ResponseParser> parser_;  // from the request to the end of its answer
  Timer idle_ = Timer::bind<&ClientConnection::on_idle_timeout>(this);
};

}  // namespace rosterd::web
