// SPDX-License-Identifier: MIT
// OriginPool: all that happens with one origin: the queue, the requests in flight, the idle
// connections.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/handle.h"
#include "base/intrusive_list.h"
#include "base/timers.h"
#include "http/url.h"
#include "web/client_connection.h"
#include "web/fetch.h"

namespace rosterd::web {

class OriginPool {
 public:
  // `url` is any URL of the origin. `context` outlives the pool.
  OriginPool(ClientContext& context, const http::Url& url);

  // Starts it, in its turn, later.
  void enqueue(Fetch& fetch);
  // Ends it without an event.
  void cancel(Fetch& fetch);
  // Ends it with an error.
  void give_up(Fetch& fetch, Error error);
  // Idle connections close; those in use go on.
  void close_idle(std::string_view why);

  void on_connected(Fetch& fetch, net::Connection& connection);
  void on_ready(ClientConnection& connection, Fetch& fetch);
  void on_answer_begun(Fetch& fetch);
  void on_answer(ClientConnection& connection, Fetch& fetch, http::Response response,
                 bool reusable);
  // No connection, or the one it was on is gone.
  void on_lost(Fetch& fetch, Error error);
  void on_deadline(Fetch& fetch);
  void drop_idle(ClientConnection& connection, std::string_view why);
  // Destroys it.
  void remove(ClientConnection& connection, Handle<ClientConnection> handle);

 private:
  void pump();
  void start(Fetch& fetch);
  bool is_current(const ClientConnection& connection);
  void drop_moved();
  void connect(Fetch& fetch);
  void send(ClientConnection& connection, Fetch& fetch);
  bool retry(Fetch& fetch);
  void leave_wire(Fetch& fetch);
  void finish(Fetch& fetch, Result<http::Response> result);
  std::unique_ptr<Fetch> release(Fetch& fetch);
  void enter(Fetch& fetch, Fetch::Stage stage, Duration timeout);
  void pump_soon();

  ClientContext& context_;
  const http::Url url_;
  IntrusiveList<Fetch, &Fetch::queued> queue_;
  std::size_t in_flight_ = 0;  // connecting or on a connection
  SlotTable<ClientConnection> connections_;
  std::vector<ClientConnection*> idle_;  // the last used one last
  Timer pump_ = Timer::bind<&OriginPool::pump>(this);
};

}  // namespace rosterd::web
