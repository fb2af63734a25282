// SPDX-License-Identifier: MIT
// Fetch: one request of the HttpClient on its way: queued, connecting, or on a connection.
#pragma once

#include <cstdint>

#include "base/handle.h"
#include "base/intrusive_list.h"
#include "base/timers.h"
#include "net/connector.h"
#include "web/http_client.h"

namespace rosterd::web {

class ClientConnection;
class OriginPool;

// Owned by ClientContext::fetches; its ticket is its handle. The pool of its origin moves it along.
struct Fetch final : net::ConnectEvents {
  enum class Stage : std::uint8_t { kQueued, kConnecting, kTls, kFirstByte, kBody };

  Fetch(OriginPool& to, FetchRequest what, FetchEvents* whom)
      : pool(to), request(std::move(what)), events(whom) {}
  ~Fetch() override;

  void on_connected(std::uint64_t ticket, net::Connection& connection) override;
  void on_connect_failed(std::uint64_t ticket, const Error& error) override;
  void on_deadline();

  OriginPool& pool;
  FetchRequest request;
  FetchEvents* events;
  Handle<Fetch> handle;
  ListNode queued;
  Timer deadline = Timer::bind<&Fetch::on_deadline>(this);
  ClientConnection* connection = nullptr;  // from kTls on
  std::uint64_t connect_ticket = 0;        // while kConnecting
  Stage stage = Stage::kQueued;
  bool announced = false;  // on_fetch_sent() has been called
  bool reused = false;     // on a connection that has carried another request
  bool retried = false;
};

// What the pools of one client share.
struct ClientContext {
  net::Loop& loop;
  net::Connector connector;
  HttpClientOptions options;
  std::shared_ptr<const net::TlsContext> tls;
  SlotTable<Fetch> fetches;
  bool stopped = false;
};

}  // namespace rosterd::web
