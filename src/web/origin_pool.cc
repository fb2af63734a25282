// SPDX-License-Identifier: MIT
#include "web/origin_pool.h"

#include <algorithm>
#include <utility>

#include "base/crypto.h"

namespace rosterd::web {
namespace {

// Methods that may be sent twice (RFC 9110 section 9.2.2).
bool is_idempotent(std::string_view method) { return method == "GET" || method == "HEAD"; }

std::string_view describe(Fetch::Stage stage) {
  switch (stage) {
    case Fetch::Stage::kQueued:
    case Fetch::Stage::kConnecting:
      return "connect: no connection in time";
    case Fetch::Stage::kTls:
      return "tls: no handshake in time";
    case Fetch::Stage::kFirstByte:
      return "first byte: no answer in time";
    case Fetch::Stage::kBody:
      return "body: the answer did not end in time";
  }
  return {};
}

}  // namespace

OriginPool::OriginPool(ClientContext& context, const http::Url& url)
    : context_(context), url_(url) {}

void OriginPool::enqueue(Fetch& fetch) {
  queue_.push_back(fetch);
  pump_soon();
}

void OriginPool::pump_soon() { context_.loop.timers().arm(pump_, context_.loop.now()); }

void OriginPool::pump() {
  while (!queue_.empty()) {
    if (context_.stopped) {
      give_up(*queue_.pop_front(), {Errc::kCancelled, "shutting down"});
      continue;
    }
    if (in_flight_ >= context_.options.max_in_flight) return;
    ++in_flight_;
    start(*queue_.pop_front());  // leaves kQueued
  }
}

void OriginPool::start(Fetch& fetch) {
  drop_moved();
  if (idle_.empty()) return connect(fetch);
  ClientConnection& connection = *idle_.back();
  idle_.pop_back();
  fetch.reused = true;
  send(connection, fetch);
}

// False once the name of the origin has moved away from where the connection leads.
bool OriginPool::is_current(const ClientConnection& connection) {
  return context_.connector.is_current(url_.host, connection.peer());
}

void OriginPool::drop_moved() {
  std::erase_if(idle_, [this](ClientConnection* connection) {
    if (is_current(*connection)) return false;
    connection->close("the name has moved");
    return true;
  });
}

void OriginPool::connect(Fetch& fetch) {
  enter(fetch, Fetch::Stage::kConnecting, context_.options.connect_timeout);
  fetch.connect_ticket = context_.connector.connect(url_.host, url_.port, &fetch);
}

void OriginPool::on_connected(Fetch& fetch, net::Connection& connection) {
  fetch.connect_ticket = 0;
  auto made = std::make_unique<ClientConnection>(*this, context_, connection);
  ClientConnection& placed = *made;
  placed.set_handle(connections_.insert(std::move(made)));
  fetch.connection = &placed;
  if (!url_.tls) return on_ready(placed, fetch);
  fetch.stage = Fetch::Stage::kTls;  // the deadline goes on: one for DNS, TCP and TLS
  placed.start_tls(fetch, url_.host);
}

void OriginPool::on_ready(ClientConnection& connection, Fetch& fetch) { send(connection, fetch); }

void OriginPool::send(ClientConnection& connection, Fetch& fetch) {
  enter(fetch, Fetch::Stage::kFirstByte, context_.options.first_byte_timeout);
  fetch.connection = &connection;
  connection.send(fetch, url_.authority());
  if (std::exchange(fetch.announced, true)) return;
  fetch.events->on_fetch_sent(fetch.handle.to_u64());  // may cancel it: nothing follows
}

void OriginPool::on_answer_begun(Fetch& fetch) {
  if (fetch.stage == Fetch::Stage::kBody) return;
  enter(fetch, Fetch::Stage::kBody, context_.options.body_timeout);
}

void OriginPool::on_answer(ClientConnection& connection, Fetch& fetch, http::Response response,
                           bool reusable) {
  fetch.connection = nullptr;
  if (reusable && !context_.stopped && is_current(connection)) {
    idle_.push_back(&connection);
    connection.idle();
  } else {
    connection.close("answered");
  }
  // Some servers say this on a connection they tire of, and it crosses the request.
  if (response.status == 408 && retry(fetch)) return;
  finish(fetch, std::move(response));
}

void OriginPool::on_lost(Fetch& fetch, Error error) {
  const bool begun = fetch.stage == Fetch::Stage::kBody;
  fetch.connection = nullptr;
  fetch.connect_ticket = 0;
  if (!begun && retry(fetch)) return;
  finish(fetch, tl::unexpected<Error>(std::move(error)));
}

// A server may close a connection that has been idle just when it is used again. The others are
// likely to be as old.
bool OriginPool::retry(Fetch& fetch) {
  if (!fetch.reused || fetch.retried || context_.stopped) return false;
  if (!is_idempotent(fetch.request.method)) return false;
  fetch.retried = true;
  close_idle("another one was dead");
  connect(fetch);
  return true;
}

void OriginPool::on_deadline(Fetch& fetch) {
  give_up(fetch, {Errc::kTimeout, std::string(describe(fetch.stage))});
}

void OriginPool::give_up(Fetch& fetch, Error error) {
  leave_wire(fetch);
  finish(fetch, tl::unexpected<Error>(std::move(error)));
}

void OriginPool::cancel(Fetch& fetch) {
  leave_wire(fetch);
  release(fetch);
}

// An answer that nobody waits for must not be taken for the next one's.
void OriginPool::leave_wire(Fetch& fetch) {
  if (fetch.connect_ticket != 0) {
    context_.connector.cancel(std::exchange(fetch.connect_ticket, 0));
  }
  if (!fetch.connection) return;
  fetch.connection->detach();
  std::exchange(fetch.connection, nullptr)->abort("fetch given up");
}

void OriginPool::finish(Fetch& fetch, Result<http::Response> result) {
  const auto done = release(fetch);
  done->events->on_fetch_done(done->handle.to_u64(), std::move(result));
}

std::unique_ptr<Fetch> OriginPool::release(Fetch& fetch) {
  if (fetch.stage != Fetch::Stage::kQueued) --in_flight_;
  fetch.deadline.cancel();
  fetch.queued.unlink();
  pump_soon();
  return context_.fetches.take(fetch.handle);
}

void OriginPool::enter(Fetch& fetch, Fetch::Stage stage, Duration timeout) {
  fetch.stage = stage;
  context_.loop.timers().arm(fetch.deadline, context_.loop.now() + timeout);
}

void OriginPool::close_idle(std::string_view why) {
  for (ClientConnection* connection : std::exchange(idle_, {})) connection->close(why);
}

void OriginPool::drop_idle(ClientConnection& connection, std::string_view why) {
  std::erase(idle_, &connection);
  connection.close(why);
}

void OriginPool::remove(ClientConnection& connection, Handle<ClientConnection> handle) {
  std::erase(idle_, &connection);
  connections_.erase(handle);
}

Fetch::~Fetch() {
  if (!request.secret) return;
  crypto::wipe(request.url.target);
  request.fields.wipe();
  crypto::wipe(request.body);
}

void Fetch::on_connected(std::uint64_t, net::Connection& made) { pool.on_connected(*this, made); }

void Fetch::on_connect_failed(std::uint64_t, const Error& error) {
  pool.on_lost(*this, {Errc::kUnavailable, "connect: " + error.text});
}

void Fetch::on_deadline() { pool.on_deadline(*this); }

}  // namespace rosterd::web
