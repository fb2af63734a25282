// SPDX-License-Identifier: MIT
// Channel: the seam between a client stream and what carries it (TCP, WebSocket, BOSH). The stream
// logic is the same on all of them; only framing differs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/handle.h"
#include "im/session.h"
#include "net/address.h"
#include "xmpp/negotiation.h"
#include "xmpp/sasl.h"

namespace rosterd::c2s {

class ClientStream;

// Whoever owns channels and streams.
class ChannelOwner {
 public:
  virtual ~ChannelOwner() = default;
  // The channel is closed: no event will come, channel and stream may be destroyed (not from inside
  // this call).
  virtual void on_channel_closed(Handle<ClientStream> stream) = 0;
};

class Channel {
 public:
  virtual ~Channel() = default;
  // Directly after both exist.
  virtual void attach(ClientStream& stream, Handle<ClientStream> handle) = 0;
  virtual xmpp::StreamFraming framing() const = 0;
  // The header of the stream (TCP) or one element of the negotiation.
  virtual void send(std::string_view bytes) = 0;
  // The outbox's stanzas, each framed as the channel needs; the outbox is cleared by the caller.
  virtual void send_stanzas(const im::Outbox& outbox) = 0;
  virtual void start_tls() = 0;  // then ClientStream::on_tls_open()
  // May the client send a password on it?
  virtual bool secure() const = 0;
  virtual xmpp::ChannelBindings bindings() const = 0;
  // The Cookie of the request that it began with, where the page that sent it was checked: a login
  // may be by it. "" where there is none; whoever takes it has it.
  virtual std::string take_cookie() { return {}; }
  // Sends the stream's close (</stream:stream>, <close/>) and closes after what was sent.
  virtual void close_stream(std::string_view why) = 0;
  // The client has to wait: what it sends is left to the kernel, but for what has been read
  // already.
  virtual void pause_reading() {}
  virtual void resume_reading() {}
  // Bytes that the peer has not taken yet, for the slow-client limits.
  virtual std::size_t queued_bytes() const = 0;
  virtual std::uint64_t connection_id() const = 0;  // for logs
  // Whence the client comes.
  virtual const net::Address& peer() const = 0;
};

}  // namespace rosterd::c2s
