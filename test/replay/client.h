// SPDX-License-Identifier: MIT
// One client's end of a stream: what it received, whole stanza by whole stanza.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "bosh_side.h"
#include "c2s/channel.h"
#include "c2s/client_stream.h"
#include "xml/framer.h"
#include "xml/parser.h"

namespace rosterd::replay {

struct Received {
  enum class Kind { kHeader, kStanza, kEnd, kGarbage };
  Kind kind = Kind::kStanza;
  std::string bytes;
};

// Owns the server's side of the stream as well; made anew for every connection.
class Client final : public c2s::Channel {
 public:
  // `number` names the stream for the service; `secure`: it began inside TLS. With another framing
  // than TCP's, what is sent and received is translated: conversations are written as for TCP.
  // `cookie`: of a browser.
  Client(const c2s::StreamContext& context, std::uint64_t number, bool secure,
         xmpp::StreamFraming framing, std::string cookie);
  ~Client() override;

  std::uint64_t number() const { return number_; }
  // Null where there is none yet: BOSH has one from the first request on.
  c2s::ClientStream* stream() { return bosh_ ? bosh_->stream() : stream_.get(); }
  bool closed() const { return bosh_ ? bosh_->ended() : closed_; }

  // --- the client ---------------------------------------------------------------------------
  void send_to_server(std::string_view bytes, std::size_t piece);
  std::deque<Received> received;
  // A client that does not read: what is sent to it piles up.
  void stop_reading();
  void read_again();
  // TLS that was asked for comes about; whether it was.
  bool open_tls();
  // The connection is gone without a word. Over BOSH, which has none, the client has been silent
  // for as long as the server waits.
  void break_off();

  // --- the turns of BOSH; null over anything else ---------------------------------------------
  BoshSide* bosh() { return bosh_.get(); }

  // --- the channel --------------------------------------------------------------------------
  void attach(c2s::ClientStream& stream, Handle<c2s::ClientStream> handle) override {
    stream.set_handle(handle);
  }
  xmpp::StreamFraming framing() const override { return framing_; }
  void send(std::string_view bytes) override;
  void send_stanzas(const im::Outbox& outbox) override;
  void start_tls() override { tls_wanted_ = true; }
  bool secure() const override { return secure_; }
  xmpp::ChannelBindings bindings() const override { return {}; }
  std::string take_cookie() override { return std::exchange(cookie_, {}); }
  void close_stream(std::string_view why) override;
  std::size_t queued_bytes() const override { return reading_ ? 0 : unread_.size(); }
  std::uint64_t connection_id() const override { return number_; }
  const net::Address& peer() const override { return peer_; }

 private:
  void read(std::string_view bytes);
  void send_elements(std::string_view bytes);
  void send_element(xml::Frame::Kind kind, std::string_view bytes);
  void add_to_request(xml::Frame::Kind kind, std::string_view bytes);

  const std::uint64_t number_;
  const xmpp::StreamFraming framing_;
  bool secure_;
  std::string cookie_;
  bool tls_wanted_ = false;
  bool reading_ = true;
  bool closed_ = false;
  std::string unread_;  // not yet taken by a client that does not read
  std::string partial_;
  xml::Framer framer_;
  std::string unsent_;  // of an element that is sent in pieces
  xml::Framer sending_;
  xml::Parser parser_;
  std::unique_ptr<c2s::ClientStream> stream_;
  std::unique_ptr<BoshSide> bosh_;  // then it has the stream
  const net::Address peer_ = *net::Address::parse("192.0.2.1", 5000);
};

}  // namespace rosterd::replay
