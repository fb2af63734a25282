// SPDX-License-Identifier: MIT
#include "web/http_server.h"

#include <utility>

#include "base/json.h"
#include "base/log.h"
#include "web/server_connection.h"

namespace rosterd::web {

http::Response make_json(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.fields.add("Content-Type", "application/json");
  response.body = std::move(body);
  return response;
}

http::Response make_json_error(int status, std::string_view message) {
  json::Writer body;
  body.object().key("status").string("error").key("message").string(message).end();
  return make_json(status, body.take() + "\n");
}

struct HttpServer::Impl {
  // A listening socket and how its connections begin.
  struct Port final : net::ListenerEvents {
    Port(Impl& owner, std::shared_ptr<const net::TlsContext> context)
        : impl(owner), tls(std::move(context)) {}
    void on_accept(net::Connection& connection) override { impl.accept(connection, tls); }

    Impl& impl;
    std::shared_ptr<const net::TlsContext> tls;
    std::unique_ptr<net::Listener> listener;
  };

  Impl(net::Loop& loop, Responder& responder, const HttpServerOptions& options)
      : context{.loop = loop, .responder = responder, .options = options, .routes = {}} {}

  void accept(net::Connection& connection, const std::shared_ptr<const net::TlsContext>& tls);

  ServerContext context;
  std::vector<std::unique_ptr<Port>> ports;
};

void HttpServer::Impl::accept(net::Connection& connection,
                              const std::shared_ptr<const net::TlsContext>& tls) {
  auto made = std::make_unique<ServerConnection>(context, connection);
  ServerConnection& client = *made;
  const bool full = context.web.count > context.options.max_connections;
  ServerConnection* const other = full ? context.web.find_dispensable() : nullptr;
  client.start(context.connections.insert(std::move(made)));
  if (full) context.turn_away(other ? *other : client);
  if (full && !other) return;
  ROSTERD_DEBUG("http", "connection accepted",
                {{"connection", connection.id()}, {"peer", connection.peer().to_string()}});
  if (tls) connection.start_tls_server(tls);
}

HttpServer::HttpServer(net::Loop& loop, const HttpServerOptions& options)
    : impl_(std::make_unique<Impl>(loop, *this, options)) {}

HttpServer::~HttpServer() = default;

void HttpServer::add_route(std::string path, std::string methods, RequestHandler* handler) {
  impl_->context.routes.add({std::move(path), std::move(methods), handler});
}

void HttpServer::remove_route(std::string_view path) { impl_->context.routes.remove(path); }

Status HttpServer::listen(const net::Address& address, std::shared_ptr<const net::TlsContext> tls) {
  auto port = std::make_unique<Impl::Port>(*impl_, std::move(tls));
  net::ListenerOptions options;
  options.address = address;
  options.phase = net::FlushPhase::kWeb;
  // The server has a bound of its own: a full house of XMPP clients must not shut out the web app.
  options.max_connections = net::kUnboundedConnections;
  options.proxies = impl_->context.options.proxies;
  auto listener = net::Listener::open(impl_->context.loop, options, port.get());
  if (!listener) return tl::unexpected<Error>(listener.error());
  port->listener = std::move(*listener);
  log::info(
      "web", "listening",
      {{"address", port->listener->address().to_string()}, {"tls", port->tls ? "yes" : "no"}});
  impl_->ports.push_back(std::move(port));
  return {};
}

void HttpServer::set_tls(std::shared_ptr<const net::TlsContext> tls) {
  for (const auto& port : impl_->ports) {
    if (port->tls) port->tls = tls;
  }
  impl_->context.connections.for_each(
      [](Handle<ServerConnection>, ServerConnection& client) { client.retire(); });
}

void HttpServer::set_options(const HttpServerOptions& options) {
  impl_->context.options = options;
  for (const auto& port : impl_->ports) port->listener->set_proxies(options.proxies);
}

std::vector<net::Address> HttpServer::addresses() const {
  std::vector<net::Address> addresses;
  for (const auto& port : impl_->ports) addresses.push_back(port->listener->address());
  return addresses;
}

void HttpServer::respond(ExchangeId id, http::Response response) {
  const auto exchange = impl_->context.exchanges.take(id);
  if (!exchange) return;
  ServerConnection* client = impl_->context.connections.find(exchange->connection);
  if (client) client->answer(std::move(response));
}

void HttpServer::upgrade(ExchangeId id, http::Response response, std::unique_ptr<Upgrade> upgrade) {
  const auto exchange = impl_->context.exchanges.take(id);
  if (!exchange) return;
  ServerConnection* client = impl_->context.connections.find(exchange->connection);
  if (client) client->upgrade(std::move(response), std::move(upgrade));
}

void HttpServer::stop() {
  impl_->context.stopping = true;
  impl_->ports.clear();
  impl_->context.connections.for_each(
      [](Handle<ServerConnection>, ServerConnection& client) { client.stop(); });
}

std::size_t HttpServer::connection_count() const { return impl_->context.connections.size(); }

HttpServerStats HttpServer::stats() const {
  HttpServerStats stats = impl_->context.stats;
  stats.connections = connection_count();
  return stats;
}

}  // namespace rosterd::web
