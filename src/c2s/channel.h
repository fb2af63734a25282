// SPDX-License-Identifier: MIT
// Channel: the seam between a client stream and what carries it (TCP; later WebSocket and BOSH).
// The stream logic is the same on all of them; only framing differs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "im/session.h"
#include "xmpp/negotiation.h"
#include "xmpp/sasl.h"

namespace rosterd::c2s {

class Channel {
 public:
  virtual ~Channel() = default;
  virtual xmpp::StreamFraming framing() const = 0;
  // Bytes of the stream's own framing or one negotiation element.
  virtual void send(std::string_view bytes) = 0;
  // The outbox's stanzas, each framed as the channel needs; the outbox is cleared by the caller.
  virtual void send_stanzas(const im::Outbox& outbox) = 0;
  virtual void start_tls() = 0;  // then ClientStream::on_tls_open()
  virtual bool secure() const = 0;
  virtual xmpp::ChannelBindings bindings() const = 0;
  // Sends the stream's close (</stream:stream>, <close/>) and closes after what was sent.
  virtual void close_stream(std::string_view why) = 0;
  // Bytes that the peer has not taken yet, for the slow-client limits.
  virtual std::size_t queued_bytes() const = 0;
  // For logs.
  virtual std::uint64_t connection_id() const = 0;
  virtual std::string peer() const = 0;
};

}  // namespace rosterd::c2s
