// SPDX-License-Identifier: MIT
// Service: client-to-server. Owns the listeners of 5222 and 5223 and every client stream, answers
// for their logins, and empties sessions' outboxes into channels at the end of the turn.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "c2s/client_stream.h"
#include "im/core.h"
#include "im/ports.h"
#include "net/listener.h"
#include "net/loop.h"

namespace rosterd::c2s {

class Service final : public net::FlushHook, public net::ReapHook, public im::AuthEvents {
 public:
  // All outlive it. `tls` may be null: then STARTTLS is not offered and no TLS listener may be
  // opened.
  Service(net::Loop& loop, im::Core& core, im::AuthSource& auth, im::FastTokens& fast,
          const StreamOptions& options, std::shared_ptr<const net::TlsContext> tls);
  ~Service() override;

  // `direct_tls`: XEP-0368, TLS from the first byte. kUnavailable when the address cannot be bound.
  Status listen(const net::Address& address, bool direct_tls);
  std::vector<net::Address> addresses() const;

  // Takes effect at once, but for the limits of streams that have logged in.
  void set_options(const StreamOptions& options);
  // For connections to come.
  void set_tls(std::shared_ptr<const net::TlsContext> tls);

  // For a channel that is to be opened elsewhere: not while stopping, not over
  // StreamOptions::max_streams.
  bool has_room() const;
  // A stream on such a channel, whose owner() this is.
  ClientStream& open(std::unique_ptr<Channel> channel);
  ChannelOwner& owner();

  // Stops listening and closes every stream with system-shutdown.
  void stop();
  std::size_t stream_count() const;
  const StreamStats& stats() const;

  bool on_flush() override;
  void on_reap() override;
  void on_keys(std::uint64_t ticket, const Result<xmpp::ScramKeys>& keys) override;
  void on_login(std::uint64_t ticket, const Result<xmpp::Login>& login) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rosterd::c2s
