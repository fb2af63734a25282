// SPDX-License-Identifier: MIT
// BoshEndpoint: where HTTP becomes XMPP over BOSH: finds, or opens, the session that a request
// belongs to, within limits, and brings its answers back. Owns the sessions.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/handle.h"
#include "base/log_limit.h"
#include "c2s/bosh_channel.h"
#include "c2s/bosh_session.h"
#include "c2s/service.h"
#include "net/loop.h"
#include "net/network.h"
#include "web/cors.h"
#include "web/http_server.h"

namespace rosterd::c2s {

struct BoshEndpointOptions {
  BoshOptions session;
  std::size_t sessions_per_address = 100;  // IPv6: per /64
  web::Origins origins = {"*"};            // whose pages may ask
  std::vector<net::Network> proxies;       // whose word on a client's address and TLS is believed
};

// A session that somebody else has opened and logged in for a client (prebind).
struct BoshPrebound {
  xmpp::Jid jid;  // full
  std::string sid;
  std::uint64_t rid;  // of the client's first request
};

class BoshEndpoint final : public web::RequestHandler, net::FlushHook, net::ReapHook {
 public:
  // The first three outlive it. Made after the service, so that its flush comes after it.
  BoshEndpoint(Service& service, web::Responder& responder, net::Loop& loop,
               const BoshEndpointOptions& options, const StreamOptions& streams);
  ~BoshEndpoint() override;

  // For sessions to come, and for all requests the limit of a body.
  void set_options(const BoshEndpointOptions& options, const StreamOptions& streams);
  // No new sessions; those there are end with their streams, and say that it is the server's doing.
  void stop();
  std::size_t session_count() const { return seats_.size(); }

  // For a bare JID of a host served here, who has shown to the web app who he is. `resource` "" =
  // the server chooses. kUnavailable: no room, or stopping; else as Core::bind().
  Result<BoshPrebound> prebind(const xmpp::Jid& user, std::string_view resource);

  // Registered with POST, OPTIONS and GET, which tells a person what this is.
  std::optional<http::Response> on_head(const web::Client& client,
                                        const http::Request& request) override;
  void on_request(web::Responder& responder, web::ExchangeId exchange, const web::Client& client,
                  const http::Request& request) override;
  bool is_for_anybody() const override { return true; }
  net::FlushPhase phase() const override { return net::FlushPhase::kC2s; }
  void on_request_abandoned(web::ExchangeId exchange) override;
  void on_request_followed(web::ExchangeId exchange) override;

 private:
  class Seat;
  // A request that has not been answered.
  struct Waiting {
    Handle<Seat> seat;
    std::string origin;
  };
  // The client that is asking.
  struct Visitor {
    web::ExchangeId exchange;
    std::uint64_t connection;
    net::Address address;  // its own, not a proxy's
    bool secure;
    std::string_view origin;
    std::string cookie;  // of a page that may log in by it, or ""
  };

  bool on_flush() override;
  void on_reap() override;

  void serve(const Visitor& visitor, std::string_view body);
  void open_session(const Visitor& visitor, BoshRequest request);
  void pass(Seat& seat, const Visitor& visitor, BoshRequest request);
  void seat(std::unique_ptr<Seat> made);
  bool is_full(const Visitor& visitor) const;
  void refuse(const Visitor& visitor, BoshCondition condition, std::string_view why);
  void answer(web::ExchangeId exchange, std::string_view origin, int status,
              std::string_view content_type, std::string body);
  http::Response make_refusal(int status, std::string_view why, std::string_view origin) const;

  Service& service_;
  web::Responder& responder_;
  net::Loop& loop_;
  BoshEndpointOptions options_;
  std::vector<std::string> hosts_;
  std::size_t max_sessions_ = 0;
  xml::FramerLimits limits_;  // of a body
  xml::Parser parser_;
  bool stopping_ = false;
  SlotTable<Seat> seats_;
  std::unordered_map<std::string, Handle<Seat>> by_sid_;
  std::map<net::Network, std::size_t> per_range_;
  std::unordered_map<std::uint64_t, Waiting> waiting_;  // by exchange
  std::vector<Handle<Seat>> unsettled_;
  std::vector<Handle<Seat>> finished_;
  LogLimit refusal_log_;
};

}  // namespace rosterd::c2s
