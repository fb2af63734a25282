// SPDX-License-Identifier: MIT
#include "net/connector.h"

#include <uv.h>

#include <map>
#include <utility>
#include <vector>

#include "net/uv_connection.h"
#include "net/uv_loop.h"

namespace rosterd::net {

struct Connector::Impl {
  struct Attempt;

  // A look-up in the thread pool, which cannot be taken back: it lives until its callback.
  struct Lookup {
    uv_getaddrinfo_t request;
    Impl* impl;  // null once the connector is gone
    std::string host;
    std::vector<Handle<Attempt>> waiting;
    static void on_done(uv_getaddrinfo_t* request, int status, addrinfo* found);
  };

  // One address being tried. Lives until its callback, too.
  struct Dial {
    uv_connect_t request;
    Impl* impl;  // null once the attempt is cancelled
    Handle<Attempt> attempt;
    Connection& connection;  // libuv calls back before it closes
    static void on_done(uv_connect_t* request, int status);
  };

  struct Attempt {
    Attempt(Impl& owner, std::string to, std::uint16_t at, ConnectEvents* asks)
        : impl(owner), host(std::move(to)), port(at), events(asks) {}
    void on_begin() { impl.begin(*this); }

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

  struct Cached {
    std::vector<Address> addresses;
    Instant until;
  };

  void begin(Attempt& attempt);
  void look_up(Attempt& attempt);
  void on_looked_up(Lookup& lookup, std::vector<Address> addresses);
  void on_lookup_failed(Lookup& lookup, const Error& error);
  void try_next(Attempt& attempt);
  int dial(Attempt& attempt, const Address& address);
  void on_dialled(Attempt& attempt, Connection& connection, int status);
  void fail(Attempt& attempt);

  Loop& loop;
  FlushPhase phase;
  ConnectorOptions options;
  SlotTable<Attempt> attempts{};
  std::map<std::string, Cached> cache{};
  std::map<std::string, Lookup*> lookups{};
};

namespace {

std::vector<Address> to_addresses(const addrinfo* found) {
  std::vector<Address> addresses;
  for (const addrinfo* one = found; one; one = one->ai_next) {
    if (one->ai_family == AF_INET || one->ai_family == AF_INET6) {
      addresses.push_back(Address::from_sockaddr(one->ai_addr));
    }
  }
  return addresses;
}

Address with_port(const Address& address, std::uint16_t port) {
  return Address::parse(address.ip(), port).value_or(address);
}

}  // namespace

Connector::Connector(Loop& loop, FlushPhase phase, const ConnectorOptions& options)
    : impl_(new Impl{loop, phase, options}) {}

Connector::~Connector() {
  impl_->attempts.for_each(
      [this](Handle<Impl::Attempt> attempt, Impl::Attempt&) { cancel(attempt.to_u64()); });
  for (const auto& [host, lookup] : impl_->lookups) {
    lookup->impl = nullptr;
    uv_cancel(reinterpret_cast<uv_req_t*>(&lookup->request));
  }
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
  const auto known = cache.find(attempt.host);
  if (known != cache.end() && known->second.until > loop.now()) {
    attempt.addresses = known->second.addresses;
    return try_next(attempt);
  }
  look_up(attempt);
}

// --- names ---------------------------------------------------------------------------------------

void Connector::Impl::look_up(Attempt& attempt) {
  if (const auto running = lookups.find(attempt.host); running != lookups.end()) {
    running->second->waiting.push_back(attempt.handle);
    return;
  }
  auto lookup = std::make_unique<Lookup>(Lookup{{}, this, attempt.host, {attempt.handle}});
  lookup->request.data = lookup.get();
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  const int status = uv_getaddrinfo(&loop.uv_->loop, &lookup->request, Lookup::on_done,
                                    attempt.host.c_str(), nullptr, &hints);
  if (status != 0) {
    attempt.last = make_uv_error(status, "look up " + attempt.host);
    return fail(attempt);
  }
  lookups[attempt.host] = lookup.release();
}

void Connector::Impl::Lookup::on_done(uv_getaddrinfo_t* request, int status, addrinfo* found) {
  const std::unique_ptr<Lookup> owned(static_cast<Lookup*>(request->data));
  std::vector<Address> addresses = to_addresses(found);
  uv_freeaddrinfo(found);
  if (!owned->impl) return;
  owned->impl->loop.begin_turn();
  owned->impl->lookups.erase(owned->host);
  if (status == 0) return owned->impl->on_looked_up(*owned, std::move(addresses));
  Error error = make_uv_error(status, "look up " + owned->host);
  if (status == UV_EAI_NONAME || status == UV_EAI_NODATA) error.code = Errc::kNotFound;
  owned->impl->on_lookup_failed(*owned, error);
}

void Connector::Impl::on_looked_up(Lookup& lookup, std::vector<Address> addresses) {
  const Instant now = loop.now();
  std::erase_if(cache, [now](const auto& entry) { return entry.second.until <= now; });
  cache[lookup.host] = {addresses, now + options.dns_ttl};
  for (const Handle<Attempt> handle : lookup.waiting) {
    Attempt* const attempt = attempts.find(handle);
    if (!attempt) continue;
    attempt->addresses = addresses;
    try_next(*attempt);
  }
}

void Connector::Impl::on_lookup_failed(Lookup& lookup, const Error& error) {
  for (const Handle<Attempt> handle : lookup.waiting) {
    Attempt* const attempt = attempts.find(handle);
    if (!attempt) continue;
    attempt->last = error;
    fail(*attempt);
  }
}

// --- addresses -----------------------------------------------------------------------------------

void Connector::Impl::try_next(Attempt& attempt) {
  while (attempt.next < attempt.addresses.size()) {
    const Address address = with_port(attempt.addresses[attempt.next++], attempt.port);
    const int status = dial(attempt, address);
    if (status == 0) return;
    attempt.last = make_uv_error(status, "connect to " + address.to_string());
  }
  cache.erase(attempt.host);  // the name may have moved
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
