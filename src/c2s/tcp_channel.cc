// SPDX-License-Identifier: MIT
#include "c2s/tcp_channel.h"

#include <utility>

namespace rosterd::c2s {

TcpChannel::TcpChannel(net::Connection& connection, std::shared_ptr<const net::TlsContext> tls,
                       ChannelOwner& owner)
    : connection_(&connection),
      tls_(std::move(tls)),
      owner_(owner),
      connection_id_(connection.id()),
      peer_(connection.peer()) {
  connection.set_events(this);
}

void TcpChannel::attach(ClientStream& stream, Handle<ClientStream> handle) {
  stream_ = &stream;
  handle_ = handle;
  stream.set_handle(handle);
}

void TcpChannel::send(std::string_view bytes) {
  if (connection_) connection_->write(bytes);
}

void TcpChannel::send_stanzas(const im::Outbox& outbox) { send(outbox.all()); }

void TcpChannel::start_tls() {
  if (connection_) connection_->start_tls_server(std::exchange(tls_, nullptr));
}

bool TcpChannel::secure() const { return connection_ && connection_->is_secure(); }

xmpp::ChannelBindings TcpChannel::bindings() const {
  const net::TlsFilter* tls = connection_ ? connection_->tls() : nullptr;
  if (!tls) return {};
  return {tls->tls_exporter(), tls->tls_server_end_point(), tls->tls_unique()};
}

void TcpChannel::close_stream(std::string_view why) {
  if (!connection_) return;
  connection_->write("</stream:stream>");
  connection_->close(why);
}

void TcpChannel::pause_reading() {
  if (connection_) connection_->pause_reading();
}

void TcpChannel::resume_reading() {
  if (connection_) connection_->resume_reading();
}

std::size_t TcpChannel::queued_bytes() const {
  return connection_ ? connection_->queued_bytes() : 0;
}

void TcpChannel::on_bytes(std::string_view bytes) { stream_->on_bytes(bytes); }

void TcpChannel::on_tls_open() { stream_->on_tls_open(); }

void TcpChannel::on_drained() { stream_->on_drained(); }

// Half-closed XMPP streams do not exist: a client that sent FIN is gone (RFC 6120 section 4.4).
void TcpChannel::on_end() {
  stream_->on_gone("the client closed the connection");
  if (connection_) connection_->close("the client closed the connection");
}

void TcpChannel::on_closed(const Error& reason) {
  connection_ = nullptr;
  stream_->on_gone(reason.text);
  owner_.on_channel_closed(handle_);
}

}  // namespace rosterd::c2s
