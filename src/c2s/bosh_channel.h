// SPDX-License-Identifier: MIT
// BoshChannel: a client stream on a BOSH session (XEP-0206).
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "c2s/bosh_session.h"
#include "c2s/channel.h"
#include "c2s/client_stream.h"
#include "net/backlog.h"

namespace rosterd::c2s {

// Who opened the session.
struct BoshClient {
  std::uint64_t connection = 0;  // the opening request's
  net::Address peer;
  bool secure = false;   // nobody on the way can read it
  std::string cookie{};  // see Channel::take_cookie()
};

class BoshChannel final : public Channel, public BoshStream {
 public:
  // `session` outlives what is between attach() and the end of either, the rest all.
  BoshChannel(BoshSession& session, ChannelOwner& owner, net::Backlog& backlog, BoshClient client)
      : session_(&session), owner_(owner), waiting_(backlog), client_(std::move(client)) {}
  ~BoshChannel() override;

  void attach(ClientStream& stream, Handle<ClientStream> handle) override;
  xmpp::StreamFraming framing() const override { return xmpp::StreamFraming::kBosh; }
  void send(std::string_view bytes) override;
  void send_stanzas(const im::Outbox& outbox) override;
  void start_tls() override {}  // never offered here
  bool secure() const override { return client_.secure; }
  xmpp::ChannelBindings bindings() const override { return {}; }
  std::string take_cookie() override { return std::exchange(client_.cookie, {}); }
  void close_stream(std::string_view why) override;
  std::size_t queued_bytes() const override { return session_ ? session_->queued_bytes() : 0; }
  std::uint64_t connection_id() const override { return client_.connection; }
  const net::Address& peer() const override { return client_.peer; }

  void on_open(const BoshRequest& request) override;
  void on_element(std::string_view xml) override { stream_->on_message(xml); }
  void on_terminate() override { stream_->on_stream_end(); }
  std::size_t longest_element() const override { return stream_->longest_element(); }
  void on_drained() override;
  void on_gone(std::string_view why) override;

 private:
  BoshSession* session_;  // null once either has ended
  ChannelOwner& owner_;
  net::Backlog::Share waiting_;
  BoshClient client_;
  ClientStream* stream_ = nullptr;
  Handle<ClientStream> handle_;
};

}  // namespace rosterd::c2s
