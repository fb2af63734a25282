// SPDX-License-Identifier: MIT
#include "net/listener.h"

#include <sys/resource.h>
#include <uv.h>

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/log.h"
#include "base/log_limit.h"
#include "net/proxy_header.h"
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

// A connection of a proxy that has not said yet whom it is for.
class Listener::Preface final : public ConnectionEvents {
 public:
  Preface(Uv& listener, Connection& connection);

  void on_bytes(std::string_view bytes) override;
  void on_end() override { refuse("it ends before its header does"); }
  void on_closed(const Error& reason) override;
  // The listener has no use for it any more.
  void abandon();

 private:
  void refuse(std::string_view why);
  void on_deadline() { refuse("its header takes too long"); }
  void hand_out(const ProxyHeader& header);

  Uv& listener_;
  Connection& connection_;
  std::string received_;
  Timer deadline_ = Timer::bind<&Preface::on_deadline>(this);
};

struct Listener::Uv {
  uv_tcp_t tcp;
  Loop& loop;
  ListenerEvents* events;
  ListenerOptions options;
  LogLimit full{}, failed{}, unproxied{};
  std::unordered_map<std::uint64_t, std::unique_ptr<Preface>> prefaces{};  // by the connection's id

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
  const bool is_full = loop.connection_count() >= options.max_connections;
  Connection& connection = Connection::make(loop, options.phase);
  if (uv_accept(stream(), connection.uv_->stream()) != 0) return connection.abort("not accepted");
  if (is_full) {
    connection.abort("too many connections");
    if (const auto left_out = full.admit(loop.now())) {
      log::warn("net", "too many connections, one refused",
                {{"max_connections", options.max_connections}, {"not_logged", *left_out}});
    }
    return;
  }
  connection.begin();
  if (!is_in(options.proxies, connection.peer())) return events->on_accept(connection);
  prefaces.emplace(connection.id(), std::make_unique<Preface>(*this, connection));
}

Listener::Preface::Preface(Uv& listener, Connection& connection)
    : listener_(listener), connection_(connection) {
  connection.set_events(this);
  Loop& loop = listener.loop;
  loop.timers().arm(deadline_, loop.now() + listener.options.proxy_timeout);
}

void Listener::Preface::on_bytes(std::string_view bytes) {
  received_.append(bytes);
  const auto header = parse_proxy_header(received_);
  if (!header) return refuse(header.error().text);
  if (*header) hand_out(**header);
}

// Deletes this. To whoever handles the connection from here on, what came behind the header is what
// came first.
void Listener::Preface::hand_out(const ProxyHeader& header) {
  Uv& listener = listener_;
  Connection& connection = connection_;
  const std::string rest = received_.substr(header.size);
  ROSTERD_DEBUG("net", "connection of a proxy",
                {{"connection", connection.id()},
                 {"proxy", connection.peer().to_string()},
                 {"client", header.client.to_string()}});
  if (header.client.get()->sa_family != AF_UNSPEC) connection.peer_ = header.client;
  listener.prefaces.erase(connection.id());
  listener.events->on_accept(connection);
  if (!rest.empty()) connection.on_read(rest);
}

void Listener::Preface::refuse(std::string_view why) {
  if (connection_.closing()) return;
  deadline_.cancel();
  if (const auto left_out = listener_.unproxied.admit(listener_.loop.now())) {
    log::warn("net", "connection without a PROXY header closed",
              {{"connection", connection_.id()},
               {"peer", connection_.peer().to_string()},
               {"why", why},
               {"not_logged", *left_out}});
  }
  connection_.abort(why);
}

void Listener::Preface::on_closed(const Error&) {
  listener_.prefaces.erase(connection_.id());  // the last thing: it deletes this
}

void Listener::Preface::abandon() {
  connection_.set_events(nullptr);
  connection_.abort("shutting down");
}

Result<std::unique_ptr<Listener>> Listener::open(Loop& loop, const ListenerOptions& options,
                                                 ListenerEvents* events) {
  std::unique_ptr<Listener> listener(new Listener);
  Uv* const uv = new Uv{{}, loop, events, options};
  uv->options.max_connections = allowed_connections(options.max_connections);
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
  if (!uv_) return;
  for (const auto& [id, preface] : uv_->prefaces) preface->abandon();
  uv_->prefaces.clear();
  uv_close(uv_->handle(), Uv::on_closed);
}

void Listener::set_proxies(const std::vector<Network>& proxies) { uv_->options.proxies = proxies; }

}  // namespace rosterd::net
