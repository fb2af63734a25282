// SPDX-License-Identifier: MIT
#include "c2s/websocket_endpoint.h"

#include <string>
#include <utility>
#include <variant>

#include "base/log.h"
#include "web/client_address.h"

namespace rosterd::c2s {

// Makes a stream of the connection once it is ours.
class WebSocketEndpoint::Opening final : public web::Upgrade {
 public:
  Opening(WebSocketEndpoint& endpoint, WebSocketClient client)
      : endpoint_(endpoint), client_(std::move(client)) {}

  void on_upgraded(net::Connection& connection, std::string_view first_bytes) override {
    ROSTERD_DEBUG("c2s", "WebSocket opened",
                  {{"connection", connection.id()}, {"peer", client_.peer.to_string()}});
    auto made = std::make_unique<WebSocketChannel>(connection, std::move(client_),
                                                   endpoint_.buffers_, endpoint_.service_.owner());
    WebSocketChannel& channel = *made;
    endpoint_.service_.open(std::move(made));
    channel.on_bytes(first_bytes);
  }

 private:
  WebSocketEndpoint& endpoint_;
  WebSocketClient client_;
};

WebSocketEndpoint::WebSocketEndpoint(Service& service, web::HttpServer& server, const Clock& clock,
                                     const WebSocketOptions& options)
    : service_(service), server_(server), clock_(clock), options_(options) {}

void WebSocketEndpoint::on_request(web::Responder& responder, web::ExchangeId exchange,
                                   const web::Client& client, const http::Request& request) {
  auto judged = http::accept_websocket(request, "xmpp");
  if (auto* refusal = std::get_if<http::WebSocketRefusal>(&judged)) {
    return refuse(responder, exchange, client, std::move(*refusal));
  }
  if (client.head) return refuse(responder, exchange, client, {405, "GET opens a WebSocket", {}});
  if (!web::is_origin_allowed(options_.origins, request.fields.get("Origin"))) {
    return refuse(responder, exchange, client, {403, "pages of this origin may not chat here", {}});
  }
  if (!service_.has_room()) {
    return refuse(responder, exchange, client, {503, "no more clients at the moment", {}});
  }
  const auto& fields = request.fields;
  WebSocketClient opener{
      web::find_client_address(client.address, fields, options_.proxies),
      web::is_private_way(client.address, client.secure, fields, options_.proxies)};
  if (web::is_origin_named(options_.origins, fields.get("Origin"))) {
    opener.cookie = fields.get("Cookie");
  }
  auto opening = std::make_unique<Opening>(*this, std::move(opener));
  server_.upgrade(exchange, std::move(std::get<http::Response>(judged)), std::move(opening));
}

void WebSocketEndpoint::refuse(web::Responder& responder, web::ExchangeId exchange,
                               const web::Client& client, http::WebSocketRefusal refusal) {
  if (const auto not_logged = refusal_log_.admit(clock_.now())) {
    log::warn("c2s", "WebSocket refused",
              {{"connection", client.connection},
               {"peer", client.address.to_string()},
               {"status", refusal.status},
               {"why", refusal.text},
               {"not_logged", *not_logged}});
  }
  http::Response response = web::make_json_error(refusal.status, refusal.text);
  for (const auto& [name, value] : refusal.fields.all()) response.fields.add(name, value);
  responder.respond(exchange, std::move(response));
}

}  // namespace rosterd::c2s
