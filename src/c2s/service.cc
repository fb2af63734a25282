// SPDX-License-Identifier: MIT
#include "c2s/service.h"

#include <utility>

#include "base/log.h"
#include "c2s/tcp_channel.h"

namespace rosterd::c2s {

namespace {

// So that after a refresh of thousands the outboxes are emptied while others are written, not all
// of them before.
constexpr std::size_t kSessionsPerFlush = 64;

// One client: its channel and its stream, which name each other.
struct Client {
  Client(std::unique_ptr<Channel> carrier, const StreamContext& context)
      : channel(std::move(carrier)), stream(context, *channel) {}

  const std::unique_ptr<Channel> channel;
  ClientStream stream;
};

// A client and its stream are named by the same number.
Handle<Client> client_of(std::uint64_t ticket) { return Handle<Client>::from_u64(ticket); }

}  // namespace

struct Service::Impl final : ChannelOwner {
  // A listening socket and how its connections begin.
  struct Port final : net::ListenerEvents {
    Port(Impl& owner, bool tls_first) : impl(owner), direct_tls(tls_first) {}
    void on_accept(net::Connection& connection) override { impl.accept(connection, direct_tls); }

    Impl& impl;
    const bool direct_tls;
    std::unique_ptr<net::Listener> listener;
  };

  Impl(Service& service, net::Loop& on, im::Core& core, im::AuthSource& auth, im::FastTokens& fast,
       const StreamOptions& stream_options, std::shared_ptr<const net::TlsContext> tls_context)
      : loop(on),
        options(stream_options),
        tls(std::move(tls_context)),
        logins(auth, service, options.login_limit, loop, loop.timers()),
        context{options, parser, core, logins, fast, loop, loop.timers(), loop.backlog()} {
    options.negotiation.tls_available = tls != nullptr;
  }

  void accept(net::Connection& connection, bool direct_tls);
  Client& add(std::unique_ptr<Channel> channel);
  void on_channel_closed(Handle<ClientStream> stream) override {
    dead.push_back(client_of(stream.to_u64()));
  }

  net::Loop& loop;
  StreamOptions options;
  std::shared_ptr<const net::TlsContext> tls;
  xml::Parser parser;
  LoginGate logins;
  StreamContext context;
  std::vector<std::unique_ptr<Port>> ports;
  SlotTable<Client> clients;
  bool stopping = false;
  std::vector<Handle<Client>> dead;  // destroyed in the reap phase
};

void Service::Impl::accept(net::Connection& connection, bool direct_tls) {
  ROSTERD_DEBUG("c2s", "connection accepted",
                {{"connection", connection.id()}, {"peer", connection.peer().to_string()}});
  const Client& client = add(std::make_unique<TcpChannel>(connection, tls, *this));
  if (direct_tls) client.channel->start_tls();
}

Client& Service::Impl::add(std::unique_ptr<Channel> channel) {
  auto client = std::make_unique<Client>(std::move(channel), context);
  Client& placed = *client;
  const Handle<Client> handle = clients.insert(std::move(client));
  placed.channel->attach(placed.stream, Handle<ClientStream>::from_u64(handle.to_u64()));
  return placed;
}

Service::Service(net::Loop& loop, im::Core& core, im::AuthSource& auth, im::FastTokens& fast,
                 const StreamOptions& options, std::shared_ptr<const net::TlsContext> tls)
    : impl_(std::make_unique<Impl>(*this, loop, core, auth, fast, options, std::move(tls))) {
  loop.add_flush_hook(net::FlushPhase::kC2s, this);
  loop.add_reap_hook(this);
}

Service::~Service() = default;

bool Service::has_room() const {
  return !impl_->stopping && stream_count() < impl_->options.max_streams;
}

ClientStream& Service::open(std::unique_ptr<Channel> channel) {
  return impl_->add(std::move(channel)).stream;
}

ChannelOwner& Service::owner() { return *impl_; }

Status Service::listen(const net::Address& address, bool direct_tls) {
  auto port = std::make_unique<Impl::Port>(*impl_, direct_tls);
  net::ListenerOptions options;
  options.address = address;
  options.phase = net::FlushPhase::kC2s;
  options.max_connections = impl_->options.max_streams;
  options.proxies = impl_->options.proxies;
  auto listener = net::Listener::open(impl_->loop, options, port.get());
  if (!listener) return tl::unexpected<Error>(listener.error());
  port->listener = std::move(*listener);
  log::info("c2s", "listening",
            {{"address", port->listener->address().to_string()},
             {"tls", direct_tls   ? "direct"
                     : impl_->tls ? "starttls"
                                  : "none"}});
  impl_->ports.push_back(std::move(port));
  return {};
}

std::vector<net::Address> Service::addresses() const {
  std::vector<net::Address> addresses;
  for (const auto& port : impl_->ports) addresses.push_back(port->listener->address());
  return addresses;
}

void Service::set_options(const StreamOptions& options) {
  for (const auto& port : impl_->ports) port->listener->set_proxies(options.proxies);
  impl_->options = options;
  impl_->logins.set_options(options.login_limit);
  impl_->options.negotiation.tls_available = impl_->tls != nullptr;
}

void Service::set_tls(std::shared_ptr<const net::TlsContext> tls) {
  impl_->tls = std::move(tls);
  impl_->options.negotiation.tls_available = impl_->tls != nullptr;
}

void Service::stop() {
  impl_->stopping = true;
  impl_->ports.clear();
  impl_->clients.for_each([](Handle<Client>, Client& client) {
    client.stream.close(xmpp::StreamCondition::kSystemShutdown, "the server is shutting down");
  });
}

std::size_t Service::stream_count() const { return impl_->clients.size(); }

const StreamStats& Service::stats() const { return impl_->context.stats; }

// Only sessions that have something are walked; closing one may add others (unavailable presence to
// its contacts), which this walk reaches too.
bool Service::on_flush() {
  auto& dirty = impl_->context.core.dirty();
  for (std::size_t i = 0; i < kSessionsPerFlush; ++i) {
    im::Session* session = dirty.pop_front();
    if (!session) return false;
    Client* client = impl_->clients.find(client_of(session->stream));
    if (client) client->stream.flush(*session);
  }
  return !dirty.empty();
}

void Service::on_reap() {
  for (const Handle<Client> handle : std::exchange(impl_->dead, {})) impl_->clients.erase(handle);
  impl_->context.core.drop_replaced();
}

void Service::on_keys(std::uint64_t ticket, const Result<xmpp::ScramKeys>& keys) {
  if (Client* client = impl_->clients.find(client_of(ticket))) client->stream.on_keys(keys);
}

void Service::on_login(std::uint64_t ticket, const Result<xmpp::Login>& login) {
  if (Client* client = impl_->clients.find(client_of(ticket))) client->stream.on_login(login);
}

}  // namespace rosterd::c2s
