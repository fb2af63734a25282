// SPDX-License-Identifier: MIT
// A whole client stream, from its first byte to the domain, over a channel that goes nowhere. The
// input's first byte is the size of the pieces it arrives in; 255 makes it a WebSocket, to which
// each line is a message. Every password is right, so that the corpus can log in.
#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "base/log.h"
#include "c2s/client_stream.h"

namespace {

using namespace rosterd;

class StillClock final : public Clock {
 public:
  Instant now() const override { return Instant{std::chrono::hours(1)}; }
  WallTime wall_now() const override { return WallTime{}; }
};

class NoFetcher final : public im::RosterFetcher {
 public:
  std::uint64_t fetch_roster(const xmpp::Jid&) override { return 0; }
  void cancel_fetch(const xmpp::Jid&) override {}
  void cancel_all() override {}
};

class DeadEndChannel final : public c2s::Channel {
 public:
  explicit DeadEndChannel(bool is_websocket) : is_websocket_(is_websocket) {}
  void attach(c2s::ClientStream&, Handle<c2s::ClientStream>) override {}
  xmpp::StreamFraming framing() const override {
    return is_websocket_ ? xmpp::StreamFraming::kWebSocket : xmpp::StreamFraming::kTcp;
  }
  void send(std::string_view) override {}
  void send_stanzas(const im::Outbox&) override {}
  void start_tls() override { tls_ = true; }
  bool secure() const override { return tls_; }
  xmpp::ChannelBindings bindings() const override { return {}; }
  void close_stream(std::string_view) override {}
  std::size_t queued_bytes() const override { return 0; }
  std::uint64_t connection_id() const override { return 1; }
  const net::Address& peer() const override { return peer_; }

 private:
  const bool is_websocket_;
  bool tls_ = false;
  const net::Address peer_;
};

// Answers after the call, as its contract says; answer() is the next turn.
class YesSayer final : public im::AuthSource, public im::AuthEvents, public im::FastTokens {
 public:
  void fetch_keys(const xmpp::Jid&, crypto::Hash hash, std::uint64_t, im::AuthEvents*) override {
    keys_.push_back(xmpp::derive_scram_keys(hash, "pw", "salt", 1));
  }
  void check_password(const xmpp::Jid& user, std::string, std::uint64_t, im::AuthEvents*) override {
    logins_.push_back({user});
  }
  void identify(xmpp::Evidence, std::uint64_t, im::AuthEvents*) override {}
  Result<xmpp::FastLogin> check(const xmpp::FastProof& proof) override {
    return xmpp::FastLogin{proof.hashed_token, true};
  }
  xmpp::FastToken issue(const xmpp::FastOrder&) override { return {"token", WallTime()}; }
  void on_keys(std::uint64_t, const Result<xmpp::ScramKeys>&) override {}
  void on_login(std::uint64_t, const Result<xmpp::Login>&) override {}

  void answer(c2s::ClientStream& stream) {
    for (; !keys_.empty(); keys_.pop_front()) stream.on_keys(keys_.front());
    for (; !logins_.empty(); logins_.pop_front()) stream.on_login(logins_.front());
  }

 private:
  std::deque<xmpp::ScramKeys> keys_;
  std::deque<xmpp::Login> logins_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  rosterd::log::set_level(rosterd::log::Level::kError);
  static xml::Parser parser;
  StillClock clock;
  Timers timers;
  NoFetcher fetcher;
  YesSayer auth;
  im::Options im_options;
  im_options.hosts = {"localhost"};
  im::Core core(im_options, clock, &fetcher);
  c2s::StreamOptions options;
  options.negotiation.hosts = {"localhost"};
  options.negotiation.tls_required = false;
  options.negotiation.plain_without_tls = true;
  options.negotiation.fast = true;
  c2s::LoginGate logins(auth, auth, options.login_limit, clock, timers);
  const net::Backlog backlog;
  const c2s::StreamContext context{options, parser, core, logins, auth, clock, timers, backlog};
  const bool is_websocket = data[0] == 0xFF;
  DeadEndChannel channel(is_websocket);
  c2s::ClientStream stream(context, channel);
  stream.set_handle({1, 1});

  const std::size_t piece = data[0] + std::size_t{1};
  std::string_view rest(reinterpret_cast<const char*>(data + 1), size - 1);
  while (!rest.empty() && !stream.closed()) {
    const bool had_tls = channel.secure();
    const std::size_t next =
        is_websocket ? std::min(rest.find('\n'), rest.size()) : std::min(piece, rest.size());
    is_websocket ? stream.on_message(rest.substr(0, next)) : stream.on_bytes(rest.substr(0, next));
    rest.remove_prefix(std::min(next + (is_websocket ? 1 : 0), rest.size()));
    if (!had_tls && channel.secure()) stream.on_tls_open();
    auth.answer(stream);
    while (im::Session* session = core.dirty().pop_front()) stream.flush(*session);
  }
  return 0;
}
