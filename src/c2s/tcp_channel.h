// SPDX-License-Identifier: MIT
// TcpChannel: a client stream on a TCP connection, plain, STARTTLS (RFC 6120 section 5) or TLS from
// the first byte (XEP-0368). Stanzas are concatenated.
#pragma once

#include <memory>
#include <string>

#include "c2s/channel.h"
#include "c2s/client_stream.h"
#include "net/connection.h"

namespace rosterd::c2s {

class TcpChannel final : public Channel, public net::ConnectionEvents {
 public:
  // `tls` may be null: then start_tls() must not be called. `owner` outlives it.
  TcpChannel(net::Connection& connection, std::shared_ptr<const net::TlsContext> tls,
             ChannelOwner& owner);

  void attach(ClientStream& stream, Handle<ClientStream> handle) override;
  xmpp::StreamFraming framing() const override { return xmpp::StreamFraming::kTcp; }
  void send(std::string_view bytes) override;
  void send_stanzas(const im::Outbox& outbox) override;
  void start_tls() override;
  bool secure() const override;
  xmpp::ChannelBindings bindings() const override;
  void close_stream(std::string_view why) override;
  void pause_reading() override;
  void resume_reading() override;
  std::size_t queued_bytes() const override;
  std::uint64_t connection_id() const override { return connection_id_; }
  const net::Address& peer() const override { return peer_; }

  void on_bytes(std::string_view bytes) override;
  void on_tls_open() override;
  void on_drained() override;
  void on_end() override;
  void on_closed(const Error& reason) override;

 private:
  net::Connection* connection_;  // null once closed
  std::shared_ptr<const net::TlsContext> tls_;
  ChannelOwner& owner_;
  ClientStream* stream_ = nullptr;
  Handle<ClientStream> handle_;
  std::uint64_t connection_id_;
  net::Address peer_;
};

}  // namespace rosterd::c2s
