// SPDX-License-Identifier: MIT
#include "c2s/websocket_channel.h"

#include <utility>

#include "base/log.h"
#include "c2s/stanza_namespace.h"

namespace rosterd::c2s {

namespace {

using http::WebSocketEvent;
namespace close_code = http::websocket_close;

// Of a client that sends pings and reads nothing; RFC 6455 section 5.5.3 lets us skip some.
constexpr std::size_t kMaxQueuedForPong = 64 * 1024;
// What one large message made of the buffers is not kept for ever.
constexpr std::size_t kMaxKept = 256 * 1024;

void trim(std::string& buffer) {
  if (buffer.capacity() > kMaxKept) std::string().swap(buffer);
}

}  // namespace

WebSocketChannel::WebSocketChannel(net::Connection& connection, WebSocketClient client,
                                   WebSocketBuffers& buffers, ChannelOwner& owner)
    : connection_(&connection),
      buffers_(buffers),
      owner_(owner),
      connection_id_(connection.id()),
      client_(std::move(client)) {
  connection.set_events(this);
}

void WebSocketChannel::attach(ClientStream& stream, Handle<ClientStream> handle) {
  stream_ = &stream;
  handle_ = handle;
  stream.set_handle(handle);
}

// --- input ---------------------------------------------------------------------------------------

void WebSocketChannel::on_bytes(std::string_view bytes) {
  while (!bytes.empty() && !closing_) {
    reader_.set_limits({.message_bytes = static_cast<std::uint32_t>(stream_->longest_element())});
    const http::WebSocketStep step = reader_.feed(bytes, buffers_.in);
    bytes.remove_prefix(step.consumed);
    handle(step);
  }
  trim(buffers_.in);
}

void WebSocketChannel::handle(const http::WebSocketStep& step) {
  switch (step.event) {
    case WebSocketEvent::kNeedMore:
    case WebSocketEvent::kPong:
      return;
    case WebSocketEvent::kMessage:
      return stream_->on_message(step.text);
    case WebSocketEvent::kPing:
      return pong(step.text);
    case WebSocketEvent::kClose:
      return leave(step.code, "the client closed the WebSocket");
    case WebSocketEvent::kError:
      log::info("c2s", "bad WebSocket frame",
                {{"connection", connection_id_},
                 {"peer", peer().to_string()},
                 {"code", step.code},
                 {"reason", step.text}});
      return leave(step.code, step.text);
  }
}

void WebSocketChannel::pong(std::string_view payload) {
  if (queued_bytes() > kMaxQueuedForPong) return;
  buffers_.out.clear();
  http::append_websocket_frame(buffers_.out, http::WebSocketOpcode::kPong, payload);
  if (connection_) connection_->write(buffers_.out);
}

// --- output --------------------------------------------------------------------------------------

void WebSocketChannel::frame(std::string_view element) {
  buffers_.element.clear();
  append_with_namespace(buffers_.element, element);
  http::append_websocket_frame(buffers_.out, http::WebSocketOpcode::kText, buffers_.element);
}

void WebSocketChannel::send(std::string_view element) {
  if (!connection_ || closing_) return;
  buffers_.out.clear();
  frame(element);
  connection_->write(buffers_.out);
}

void WebSocketChannel::send_stanzas(const im::Outbox& outbox) {
  if (!connection_ || closing_ || outbox.empty()) return;
  buffers_.out.clear();
  for (std::size_t i = 0; i < outbox.count(); ++i) frame(outbox.stanza(i));
  connection_->write(buffers_.out);
  trim(buffers_.out);
}

xmpp::ChannelBindings WebSocketChannel::bindings() const {
  const net::TlsFilter* tls = connection_ ? connection_->tls() : nullptr;
  if (!tls) return {};
  return {tls->tls_exporter(), tls->tls_server_end_point(), tls->tls_unique()};
}

void WebSocketChannel::pause_reading() {
  if (connection_) connection_->pause_reading();
}

void WebSocketChannel::resume_reading() {
  if (connection_) connection_->resume_reading();
}

std::size_t WebSocketChannel::queued_bytes() const {
  return connection_ ? connection_->queued_bytes() : 0;
}

// --- the end -------------------------------------------------------------------------------------

// RFC 7395 section 3.6; the WebSocket's own close follows at once.
void WebSocketChannel::close_stream(std::string_view why) {
  send("<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>");
  close(close_code::kNormal, why);
}

// The connection stays until the client has taken everything and closes too.
void WebSocketChannel::close(std::uint16_t code, std::string_view reason) {
  if (!connection_ || std::exchange(closing_, true)) return;
  buffers_.out.clear();
  http::append_websocket_close(buffers_.out, code, reason);
  connection_->write(buffers_.out);
  connection_->close(reason);
}

void WebSocketChannel::leave(std::uint16_t code, std::string_view why) {
  const std::string reason(why);
  stream_->on_gone(reason);
  close(code, reason);
}

void WebSocketChannel::on_drained() { stream_->on_drained(); }

void WebSocketChannel::on_end() {
  stream_->on_gone("the client closed the connection");
  if (connection_) connection_->close("the client closed the connection");
}

void WebSocketChannel::on_closed(const Error& reason) {
  connection_ = nullptr;
  stream_->on_gone(reason.text);
  owner_.on_channel_closed(handle_);
}

}  // namespace rosterd::c2s
