// SPDX-License-Identifier: MIT
// ClientStream: one client's XMPP stream over whatever channel carries it: frames bytes, parses
// stanzas, drives the negotiation, then hands stanzas to im::Core.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/handle.h"
#include "base/timers.h"
#include "c2s/brake.h"
#include "c2s/channel.h"
#include "c2s/login_gate.h"
#include "im/core.h"
#include "im/ports.h"
#include "net/backlog.h"
#include "net/network.h"
#include "xml/framer.h"
#include "xml/parser.h"
#include "xmpp/negotiation.h"

namespace rosterd::c2s {

struct StreamOptions {
  xmpp::NegotiationOptions negotiation;
  std::vector<net::Network> proxies;  // see net::ListenerOptions
  std::size_t max_streams = 10'000;   // per listener, and of all that come by HTTP
  xml::FramerLimits before_login{.stanza_bytes = 10 * 1024, .depth = 16, .attributes = 16};
  xml::FramerLimits after_login{.stanza_bytes = 256 * 1024, .depth = 64, .attributes = 64};
  std::size_t bytes_before_login = 64 * 1024;         // in total
  Duration login_timeout = std::chrono::seconds(60);  // from accept to the bound resource
  LoginLimitOptions login_limit;
  RateOptions rate;
  std::size_t outbox_soft = 256 * 1024;                  // unsent bytes for longer than …
  Duration outbox_soft_time = std::chrono::seconds(30);  // … this, or once over
  std::size_t outbox_hard = 2 * 1024 * 1024;             // this: resource-constraint
  std::size_t outbox_total = 64 * 1024 * 1024;           // of all clients; then likewise
};

class ClientStream;

// What the streams of one service have seen so far.
struct StreamStats {
  std::uint64_t opened = 0;
  std::uint64_t logins = 0;
  std::uint64_t failed_logins = 0;
  std::uint64_t messages_sent = 0;  // these three: to clients
  std::uint64_t presences_sent = 0;
  std::uint64_t iqs_sent = 0;
};

// What the streams of one service share; outlives them. Changed options take effect at once, but
// for the limits of a stream that has logged in.
struct StreamContext {
  const StreamOptions& options;
  xml::Parser& parser;
  im::Core& core;
  LoginGate& logins;  // tickets are the stream's handle as a number
  im::FastTokens& fast;
  const Clock& clock;
  Timers& timers;
  const net::Backlog& backlog;  // of all clients
  mutable StreamStats stats{};  // counting changes nothing for anybody
};

class ClientStream {
 public:
  // Both outlive it.
  ClientStream(const StreamContext& context, Channel& channel);
  // Ends its session, if it has one.
  ~ClientStream();
  ClientStream(const ClientStream&) = delete;
  ClientStream& operator=(const ClientStream&) = delete;

  // How AuthEvents and im::Session::stream name this stream; set before the first bytes.
  void set_handle(Handle<ClientStream> handle) { handle_ = handle; }

  // In bytes; on_message() refuses what is longer.
  std::size_t longest_element() const {
    const StreamOptions& options = context_.options;
    return (user_.empty() ? options.before_login : options.after_login).stanza_bytes;
  }

  // Instead of a negotiation: somebody who may say so has vouched for this bare JID. Returns the
  // full one; the errors of Core::bind(), after which the stream is closed.
  Result<xmpp::Jid> admit(const xmpp::Jid& user, std::string_view resource);

  // --- what the channel reports ----------------------------------------------------------------
  void on_bytes(std::string_view bytes);
  // A whole element of a stream whose channel frames them itself (RFC 7395): a stanza, an element
  // of the negotiation, or <open/> and <close/> of that framing.
  void on_message(std::string_view xml);
  // What opens such a stream, or restarts it, put as a stream header.
  void on_header(const xml::StreamHeader& header);
  // The client has closed the stream.
  void on_stream_end();
  // After start_tls(), or before the first byte where the channel begins with TLS.
  void on_tls_open();
  // The channel is going or gone: no more input, the session ends now.
  void on_gone(std::string_view why);

  // --- answers of the AuthSource ---------------------------------------------------------------
  void on_keys(const Result<xmpp::ScramKeys>& keys);
  void on_login(const Result<xmpp::Login>& login);

  // --- end of turn -----------------------------------------------------------------------------
  // The session's outbox to the channel, limits checked, and Session::end obeyed.
  void flush(im::Session& session);
  // Unsent bytes have all gone.
  void on_drained();

  // Sends a stream error (RFC 6120 section 4.9) and closes.
  void close(xmpp::StreamCondition condition, std::string_view text);
  bool closed() const { return closed_; }

 private:
  bool waiting() const { return negotiation_ && negotiation_->waiting(); }
  bool held() const { return brake_ && brake_->holds(); }
  void begin_negotiation();
  void expire_at(WallTime when);
  bool count_before_login(std::string_view bytes);
  std::size_t consume(std::string_view bytes);
  void consume_kept();
  void handle_frame(xml::Frame::Kind kind, std::string_view bytes);
  void handle_header(std::string_view bytes);
  void handle_element(std::string_view bytes);
  bool handle_framing(xml::Element element);
  void handle_stanza(xml::Element stanza, std::size_t bytes);
  void on_brake();
  void handle_frame_error();

  void begin_user(const xmpp::Jid& user, std::string_view how, std::string_view software = {});
  Result<xmpp::Jid> bind(std::string_view resource, std::string_view lang);
  void perform(xmpp::Actions& actions);
  void perform_action(xmpp::action::Send& action);
  void perform_action(xmpp::action::StartTls& action);
  void perform_action(xmpp::action::ExpectHeader& action);
  void perform_action(xmpp::action::NeedKeys& action);
  void perform_action(xmpp::action::NeedPassword& action);
  void perform_action(xmpp::action::NeedIdentity& action);
  void perform_action(xmpp::action::CheckToken& action);
  void perform_action(xmpp::action::IssueToken& action);
  void perform_action(xmpp::action::Authenticated& action);
  void perform_action(xmpp::action::AuthFailed& action);
  void perform_action(xmpp::action::Bind& action);
  void perform_action(xmpp::action::Established& action);
  void perform_action(xmpp::action::Close& action);
  void perform_action(xmpp::action::End& action);

  void send_outbox(im::Session& session);
  void count_sent(const im::Outbox& outbox);
  void close_politely(std::string_view why);
  void leave(xmpp::StreamCondition error = xmpp::StreamCondition::kNone);
  void on_timer();
  void on_expired();

  const StreamContext& context_;
  Channel& channel_;
  Handle<ClientStream> handle_;
  Handle<im::Session> session_;
  std::unique_ptr<xmpp::Negotiation> negotiation_;  // until established
  std::unique_ptr<std::string> kept_;  // unfinished frame, or what came while waiting; else null
  xmpp::Jid user_;                     // bare, once authenticated; its begin_user() is ours to end
  std::uint64_t login_ = 0;            // of that begin_user()
  Timer timer_;                        // the login deadline, later the slow-client deadline
  std::unique_ptr<Brake> brake_;       // made when it is first needed
  std::unique_ptr<Timer> expiry_;      // of a login that is not for ever; else null
  xml::Framer framer_;
  std::size_t bytes_before_login_ = 0;
  Instant busy_in_{};       // the turn of its last stanza
  std::size_t work_ = 0;    // in that turn, see Brake::kWorkOfTurn
  bool drop_rest_ = false;  // what follows <starttls/> in the clear is not to be believed
  bool closed_ = false;
};

}  // namespace rosterd::c2s
