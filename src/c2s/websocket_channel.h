// SPDX-License-Identifier: MIT
// WebSocketChannel: a client stream on a WebSocket (RFC 7395). One element to a frame.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "c2s/channel.h"
#include "c2s/client_stream.h"
#include "http/websocket_frame.h"
#include "net/connection.h"

namespace rosterd::c2s {

// What the channels of one loop share, so that an idle one owns no buffer.
struct WebSocketBuffers {
  std::string in;       // the message being read
  std::string out;      // frames being made
  std::string element;  // of one of them
};

// Who opened it.
struct WebSocketClient {
  net::Address peer;     // behind whatever proxy
  bool secure = false;   // nobody on the way can read it
  std::string cookie{};  // see Channel::take_cookie()
};

class WebSocketChannel final : public Channel, public net::ConnectionEvents {
 public:
  // `buffers` and `owner` outlive it.
  WebSocketChannel(net::Connection& connection, WebSocketClient client, WebSocketBuffers& buffers,
                   ChannelOwner& owner);

  void attach(ClientStream& stream, Handle<ClientStream> handle) override;
  xmpp::StreamFraming framing() const override { return xmpp::StreamFraming::kWebSocket; }
  void send(std::string_view element) override;
  void send_stanzas(const im::Outbox& outbox) override;
  void start_tls() override {}  // never offered
  bool secure() const override { return client_.secure; }
  std::string take_cookie() override { return std::exchange(client_.cookie, {}); }
  xmpp::ChannelBindings bindings() const override;
  void close_stream(std::string_view why) override;
  void pause_reading() override;
  void resume_reading() override;
  std::size_t queued_bytes() const override;
  std::uint64_t connection_id() const override { return connection_id_; }
  const net::Address& peer() const override { return client_.peer; }

  void on_bytes(std::string_view bytes) override;
  void on_drained() override;
  void on_end() override;
  void on_closed(const Error& reason) override;

 private:
  void handle(const http::WebSocketStep& step);
  void frame(std::string_view element);
  void pong(std::string_view payload);
  void close(std::uint16_t code, std::string_view reason);
  void leave(std::uint16_t code, std::string_view why);

  net::Connection* connection_;  // null once closed
  WebSocketBuffers& buffers_;
  ChannelOwner& owner_;
  ClientStream* stream_ = nullptr;
  Handle<ClientStream> handle_;
  std::uint64_t connection_id_;
  WebSocketClient client_;
  http::WebSocketReader reader_{http::WebSocketLimits()};
  bool closing_ = false;  // our close frame is on its way: what still comes is not for the stream
};

}  // namespace rosterd::c2s
