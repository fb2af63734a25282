// SPDX-License-Identifier: MIT
#include "net/listener.h"

#include <sys/resource.h>
#include <uv.h>

#include <algorithm>

#include "base/log.h"
#include "base/log_limit.h"
#include "net/uv_connection.h"
#include "net/uv_loop.h"

namespace rosterd::net {

namespace {

// Descriptors for what is no accepted connection: the loop's own, files, the way to the web app.
constexpr std::size_t kReservedDescriptors = 64;

// Without descriptors libuv accepts and closes without a word, so the bound must be below theirs.
std::size_t allowed_connections(std::size_t wanted) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return wanted;
  const std::size_t files = limit.rlim_cur;
  const std::size_t most =
      files > 2 * kReservedDescriptors ? files - kReservedDescriptors : files / 2;
  if (wanted > most && wanted != kUnboundedConnections) {
    log::warn("net", "max_connections is lowered to the limit of open files",
              {{"wanted", wanted}, {"allowed", most}});
  }
  return std::min(wanted, most);
}

}  // namespace

struct Listener::Uv {
  uv_tcp_t tcp;
  Loop& loop;
  ListenerEvents* events;
  FlushPhase phase;
  std::size_t max_connections;
  LogLimit full{}, failed{};

  uv_handle_t* handle() { return reinterpret_cast<uv_handle_t*>(&tcp); }
  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&tcp); }

  void accept();
  static void on_connection(uv_stream_t* stream, int status);
  static void on_closed(uv_handle_t* handle) { delete static_cast<Uv*>(handle->data); }
};

void Listener::Uv::on_connection(uv_stream_t* stream, int status) {
  Uv& uv = *static_cast<Uv*>(stream->data);
  uv.loop.begin_turn();
  if (status == 0) return uv.accept();
  if (const auto left_out = uv.failed.admit(uv.loop.now())) {
    log::error("net", "cannot accept",
               {{"reason", uv_strerror(status)}, {"not_logged", *left_out}});
  }
}

// Accepts in any case: libuv stops listening until what it has accepted is taken.
void Listener::Uv::accept() {
  const bool is_full = loop.connection_count() >= max_connections;
  Connection& connection = Connection::make(loop, phase);
  if (uv_accept(stream(), connection.uv_->stream()) != 0) return connection.abort("not accepted");
  if (is_full) {
    connection.abort("too many connections");
    if (const auto left_out = full.admit(loop.now())) {
      log::warn("net", "too many connections, one refused",
                {{"max_connections", max_connections}, {"not_logged", *left_out}});
    }
    return;
  }
  connection.begin();
  events->on_accept(connection);
}

Result<std::unique_ptr<Listener>> Listener::open(Loop& loop, const ListenerOptions& options,
                                                 ListenerEvents* events) {
  std::unique_ptr<Listener> listener(new Listener);
  Uv* const uv =
      new Uv{{}, loop, events, options.phase, allowed_connections(options.max_connections)};
  listener->uv_ = uv;
  uv_tcp_init(&loop.uv_->loop, &uv->tcp);
  uv->tcp.data = uv;
  const bool is_ipv6 = options.address.get()->sa_family == AF_INET6;
  const unsigned flags =
      is_ipv6 && !options.address.takes_both_families() ? unsigned{UV_TCP_IPV6ONLY} : 0U;
  int status = uv_tcp_bind(&uv->tcp, options.address.get(), flags);
  if (status == 0) status = uv_listen(uv->stream(), options.backlog, Uv::on_connection);
  if (status != 0) {
    Error error = make_uv_error(status, "listen on " + options.address.to_string());
    if (status == UV_EADDRNOTAVAIL || status == UV_EAFNOSUPPORT) error.code = Errc::kNotFound;
    return tl::unexpected<Error>(std::move(error));
  }
  sockaddr_storage name{};
  int size = sizeof name;
  uv_tcp_getsockname(&uv->tcp, reinterpret_cast<sockaddr*>(&name), &size);
  listener->address_ = Address::from_sockaddr(reinterpret_cast<sockaddr*>(&name));
  return listener;
}

Listener::~Listener() {
  if (uv_) uv_close(uv_->handle(), Uv::on_closed);
}

}  // namespace rosterd::net
