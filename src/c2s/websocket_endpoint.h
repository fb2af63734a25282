// SPDX-License-Identifier: MIT
// WebSocketEndpoint: where HTTP becomes XMPP over WebSocket (RFC 7395 section 3.1).
#pragma once

#include <memory>
#include <vector>

#include "base/log_limit.h"
#include "c2s/service.h"
#include "c2s/websocket_channel.h"
#include "http/websocket_handshake.h"
#include "net/network.h"
#include "web/cors.h"
#include "web/http_server.h"

namespace rosterd::c2s {

struct WebSocketOptions {
  web::Origins origins = {"*"};       // whose pages may open one
  std::vector<net::Network> proxies;  // whose word on a client's address and TLS is believed
};

class WebSocketEndpoint final : public web::RequestHandler {
 public:
  // The first three outlive it.
  WebSocketEndpoint(Service& service, web::HttpServer& server, const Clock& clock,
                    const WebSocketOptions& options);
  void set_options(const WebSocketOptions& options) { options_ = options; }

  void on_request(web::Responder& responder, web::ExchangeId exchange, const web::Client& client,
                  const http::Request& request) override;
  bool is_for_anybody() const override { return true; }
  net::FlushPhase phase() const override { return net::FlushPhase::kC2s; }

 private:
  class Opening;
  void refuse(web::Responder& responder, web::ExchangeId exchange, const web::Client& client,
              http::WebSocketRefusal refusal);

  Service& service_;
  web::HttpServer& server_;
  const Clock& clock_;
  WebSocketOptions options_;
  WebSocketBuffers buffers_;
  LogLimit refusal_log_;
};

}  // namespace rosterd::c2s
