// SPDX-License-Identifier: MIT
#include "net/connector.h"

#include <uv.h>

#include <utility>
#include <vector>

#include "net/resolver.h"
#include "net/uv_connection.h"
#include "net/uv_loop.h"

namespace rosterd::net {

struct Connector::Impl {
  struct Attempt;

  // One address being tried. Lives until its callback, too.
  struct Dial {
    uv_connect_t request;
    Impl* impl;  // null once the attempt is cancelled
    Handle<Attempt> attempt;
    Connection& connection;  // libuv calls back before it closes
    static void on_done(uv_connect_t* request, int status);
  };

  struct Attempt final : Resolver::Waiter {
    Attempt(Impl& owner, std::string to, std::uint16_t at, ConnectEvents* asks)
        : impl(owner), host(std::move(to)), port(at), events(asks) {}
    void on_begin() { impl.begin(*this); }
    void on_resolved(const std::vector<Address>& found) override {
      addresses = found;
      impl.try_next(*this);
    }
    void on_unresolved(const Error& error) override {
      last = error;
      impl.fail(*this);
    }

    Impl& impl;
    Handle<Attempt> handle;
    std::string host;
    std::uint16_t port;
    ConnectEvents* events;
    std::vector<Address> addresses;
    std::size_t next = 0;  // of addresses
    Dial* dial = nullptr;
    Error last{Errc::kNotFound, "the name has no address"};
    Timer begin_timer = Timer::bind<&Attempt::on_begin>(this);
  };

  void begin(Attempt& attempt);
  void try_next(Attempt& attempt);
  int dial(Attempt& attempt, const Address& address);
  void on_dialled(Attempt& attempt, Connection& connection, int status);
  void fail(Attempt& attempt);

  Loop& loop;
  FlushPhase phase;
  Resolver resolver;
  SlotTable<Attempt> attempts{};  // each may wait for the resolver
};

namespace {

Address with_port(const Address& address, std::uint16_t port) {
  return Address::parse(address.ip(), port).value_or(address);
}

}  // namespace

Connector::Connector(Loop& loop, FlushPhase phase, const ConnectorOptions& options)
    : impl_(new Impl{loop, phase, Resolver(loop, options)}) {}

Connector::~Connector() {
  impl_->attempts.for_each(
      [this](Handle<Impl::Attempt> attempt, Impl::Attempt&) { cancel(attempt.to_u64()); });
}

void Connector::set_options(const ConnectorOptions& options) {
  impl_->resolver.set_options(options);
}

bool Connector::is_current(const std::string& host, const Address& peer) {
  return impl_->resolver.is_current(host, peer);
}

// The work begins with a timer in this same turn, so that no event can come from inside the call.
std::uint64_t Connector::connect(const std::string& host, std::uint16_t port,
                                 ConnectEvents* events) {
  auto made = std::make_unique<Impl::Attempt>(*impl_, host, port, events);
  Impl::Attempt& attempt = *made;
  attempt.handle = impl_->attempts.insert(std::move(made));
  impl_->loop.timers().arm(attempt.begin_timer, impl_->loop.now());
  return attempt.handle.to_u64();
}

void Connector::cancel(std::uint64_t ticket) {
  const auto attempt = impl_->attempts.take(Handle<Impl::Attempt>::from_u64(ticket));
  if (!attempt || !attempt->dial) return;
  attempt->dial->impl = nullptr;
  attempt->dial->connection.abort("connecting was cancelled");
}

void Connector::Impl::begin(Attempt& attempt) {
  if (const auto literal = Address::parse(attempt.host, attempt.port)) {
    attempt.addresses = {*literal};
    return try_next(attempt);
  }
  resolver.resolve(attempt.host, attempt);
}

void Connector::Impl::try_next(Attempt& attempt) {
  while (attempt.next < attempt.addresses.size()) {
    const Address address = with_port(attempt.addresses[attempt.next++], attempt.port);
    const int status = dial(attempt, address);
    if (status == 0) return;
    attempt.last = make_uv_error(status, "connect to " + address.to_string());
  }
  resolver.doubt(attempt.host);  // it may have moved
  fail(attempt);
}

int Connector::Impl::dial(Attempt& attempt, const Address& address) {
  Connection& connection = Connection::make(loop, phase);
  auto begun = std::make_unique<Dial>(Dial{{}, this, attempt.handle, connection});
  begun->request.data = begun.get();
  const int status =
      uv_tcp_connect(&begun->request, &connection.uv_->tcp, address.get(), Dial::on_done);
  if (status != 0) {
    connection.abort(uv_strerror(status));
    return status;
  }
  attempt.dial = begun.release();
  return 0;
}

void Connector::Impl::Dial::on_done(uv_connect_t* request, int status) {
  const std::unique_ptr<Dial> owned(static_cast<Dial*>(request->data));
  if (!owned->impl) return;
  owned->impl->loop.begin_turn();
  Attempt& attempt = *owned->impl->attempts.find(owned->attempt);
  attempt.dial = nullptr;
  owned->impl->on_dialled(attempt, owned->connection, status);
}

void Connector::Impl::on_dialled(Attempt& attempt, Connection& connection, int status) {
  if (status != 0) {
    const std::string to = attempt.addresses[attempt.next - 1].ip();
    attempt.last =
        make_uv_error(status, "connect to " + to + " port " + std::to_string(attempt.port));
    connection.abort(attempt.last.text);
    // Somebody closed all connections: no other address would be spared.
    if (status == UV_ECANCELED) return fail(attempt);
    return try_next(attempt);
  }
  connection.begin();
  const auto done = attempts.take(attempt.handle);
  done->events->on_connected(done->handle.to_u64(), connection);
}

void Connector::Impl::fail(Attempt& attempt) {
  const auto done = attempts.take(attempt.handle);
  done->events->on_connect_failed(done->handle.to_u64(), done->last);
}

}  // namespace rosterd::net
