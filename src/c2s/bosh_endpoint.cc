// SPDX-License-Identifier: MIT
#include "c2s/bosh_endpoint.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/crypto.h"
#include "base/log.h"
#include "web/client_address.h"
#include "xmpp/stream_header.h"

namespace rosterd::c2s {

namespace {

// Around the stanzas of one request.
constexpr std::size_t kWrapperBytes = 4096;
constexpr std::string_view kVersion = "1.11";
constexpr std::string_view kXml = "text/xml; charset=utf-8";
constexpr std::string_view kMethods = "GET, OPTIONS, POST";
constexpr std::string_view kGreeting =
    "This is where XMPP clients connect by BOSH (XEP-0124): rosterd is here.\n"
    "Give this address to a chat client as its BOSH URL.\n";

net::Network range_of(const net::Address& address) { return net::Network::around(address, 32, 64); }

// XEP-0124 section 7.1: random, and far enough from 2^53 for all that follow.
std::uint64_t choose_first_rid() {
  std::uint64_t rid = 1;
  for (const char byte : crypto::random_bytes(4)) rid = rid << 8 | static_cast<unsigned char>(byte);
  return rid;
}

std::size_t read_length(std::string_view field) {
  std::size_t length = 0;
  std::from_chars(field.data(), field.data() + field.size(), length);
  return length;
}

}  // namespace

// A session at the table.
class BoshEndpoint::Seat final : public BoshFront {
 public:
  // Who opens it: counted with his range, unless the web app does.
  Seat(BoshEndpoint& endpoint, const BoshRequest& opening, std::string_view host,
       std::optional<net::Network> client_range, bool is_secure)
      : range(client_range),
        secure(is_secure),
        session(opening, host, endpoint.options_.session, endpoint.loop_, endpoint.loop_.timers(),
                *this),
        endpoint_(endpoint) {}

  void answer(const BoshSession& from, std::uint64_t ticket, int status,
              std::string body) override {
    auto waiting = endpoint_.waiting_.extract(ticket);
    if (waiting.empty()) return;
    endpoint_.answer(web::ExchangeId::from_u64(ticket), waiting.mapped().origin, status,
                     from.content_type(), std::move(body));
  }

  void on_unsettled(BoshSession& which) override {
    if (!std::exchange(finished_, which.finished()) && which.finished()) {
      endpoint_.finished_.push_back(self);
    }
    if (!std::exchange(unsettled, true)) endpoint_.unsettled_.push_back(self);
  }

  Handle<Seat> self;
  const std::optional<net::Network> range;
  const bool secure;
  bool unsettled = false;  // in the list
  BoshSession session;

 private:
  BoshEndpoint& endpoint_;
  bool finished_ = false;
};

BoshEndpoint::BoshEndpoint(Service& service, web::Responder& responder, net::Loop& loop,
                           const BoshEndpointOptions& options, const StreamOptions& streams)
    : service_(service), responder_(responder), loop_(loop) {
  set_options(options, streams);
  loop.add_flush_hook(net::FlushPhase::kC2s, this);
  loop.add_reap_hook(this);
}

BoshEndpoint::~BoshEndpoint() = default;

void BoshEndpoint::set_options(const BoshEndpointOptions& options, const StreamOptions& streams) {
  options_ = options;
  hosts_ = streams.negotiation.hosts;
  max_sessions_ = streams.max_streams;
  limits_ = streams.after_login;
  limits_.stanza_bytes = std::max(limits_.stanza_bytes, streams.bytes_before_login) + kWrapperBytes;
  ++limits_.depth;
}

void BoshEndpoint::stop() {
  stopping_ = true;
  seats_.for_each([](Handle<Seat>, Seat& seat) { seat.session.announce_shutdown(); });
}

// --- requests ------------------------------------------------------------------------------------

std::optional<http::Response> BoshEndpoint::on_head(const web::Client&,
                                                    const http::Request& request) {
  const std::string_view origin = request.fields.get("Origin");
  if (!web::is_origin_allowed(options_.origins, origin)) {
    return make_refusal(403, "pages of this origin may not chat here", origin);
  }
  if (read_length(request.fields.get("Content-Length")) > limits_.stanza_bytes) {
    return make_refusal(413, "body too large", origin);
  }
  return std::nullopt;
}

http::Response BoshEndpoint::make_refusal(int status, std::string_view why,
                                          std::string_view origin) const {
  http::Response response = web::make_json_error(status, why);
  web::add_cors(response.fields, options_.origins, origin);
  return response;
}

void BoshEndpoint::on_request(web::Responder&, web::ExchangeId exchange, const web::Client& client,
                              const http::Request& request) {
  const std::string_view origin = request.fields.get("Origin");
  if (request.method == "OPTIONS") {
    return responder_.respond(exchange, web::make_preflight(options_.origins, origin, kMethods));
  }
  if (request.method == "GET") {
    return answer(exchange, origin, 200, "text/plain; charset=utf-8", std::string(kGreeting));
  }
  const auto& proxies = options_.proxies;
  const Visitor visitor{exchange,
                        client.connection,
                        web::find_client_address(client.address, request.fields, proxies),
                        web::is_private_way(client.address, client.secure, request.fields, proxies),
                        origin,
                        web::is_origin_named(options_.origins, origin)
                            ? std::string(request.fields.get("Cookie"))
                            : ""};
  serve(visitor, request.body);
}

void BoshEndpoint::serve(const Visitor& visitor, std::string_view body) {
  auto request = parse_bosh_body(parser_, body, limits_);
  if (!request) {
    const bool too_large = request.error().code == Errc::kTooLarge;
    return refuse(visitor, too_large ? BoshCondition::kPolicyViolation : BoshCondition::kBadRequest,
                  request.error().text);
  }
  if (request->sid.empty()) return open_session(visitor, std::move(*request));
  const auto found = by_sid_.find(request->sid);
  Seat* const seat = found == by_sid_.end() ? nullptr : seats_.find(found->second);
  if (!seat || seat->session.finished()) {
    return refuse(visitor, BoshCondition::kItemNotFound, "no such session");
  }
  // XEP-0124 section 19.1: that would give the session away, and ending it would be a weapon.
  if (seat->secure && !visitor.secure) {
    return responder_.respond(visitor.exchange,
                              make_refusal(403, "this session is encrypted", visitor.origin));
  }
  pass(*seat, visitor, std::move(*request));
}

void BoshEndpoint::pass(Seat& seat, const Visitor& visitor, BoshRequest request) {
  const std::uint64_t ticket = visitor.exchange.to_u64();
  waiting_.emplace(ticket, Waiting{seat.self, std::string(visitor.origin)});
  seat.session.receive(std::move(request), ticket);
}

// --- sessions ------------------------------------------------------------------------------------

bool BoshEndpoint::is_full(const Visitor& visitor) const {
  const auto of_range = per_range_.find(range_of(visitor.address));
  return of_range != per_range_.end() && of_range->second >= options_.sessions_per_address;
}

void BoshEndpoint::open_session(const Visitor& visitor, BoshRequest request) {
  if (stopping_) return refuse(visitor, BoshCondition::kSystemShutdown, "the server is stopping");
  if (is_full(visitor)) {
    return refuse(visitor, BoshCondition::kPolicyViolation, "too many sessions of one address");
  }
  // Without `to` the first host answers, as on TCP.
  const std::string* const host =
      request.to.empty() ? &hosts_.front() : xmpp::find_host(hosts_, request.to);
  if (!host) return refuse(visitor, BoshCondition::kHostUnknown, "no such host");
  if (!request.ver.empty() && choose_bosh_version(request.ver).empty()) {
    return refuse(visitor, BoshCondition::kBadRequest, "not a version");
  }
  if (seats_.size() >= max_sessions_ || !service_.has_room()) {
    return refuse(visitor, BoshCondition::kRemoteConnectionFailed, "too many streams");
  }
  auto made =
      std::make_unique<Seat>(*this, request, *host, range_of(visitor.address), visitor.secure);
  Seat& one = *made;
  service_.open(std::make_unique<BoshChannel>(
      one.session, service_.owner(), loop_.backlog(),
      BoshClient{visitor.connection, visitor.address, visitor.secure, visitor.cookie}));
  seat(std::move(made));
  pass(one, visitor, std::move(request));
}

void BoshEndpoint::seat(std::unique_ptr<Seat> made) {
  Seat& one = *made;
  one.self = seats_.insert(std::move(made));
  by_sid_.emplace(one.session.sid(), one.self);
  if (one.range) ++per_range_[*one.range];
}

Result<BoshPrebound> BoshEndpoint::prebind(const xmpp::Jid& user, std::string_view resource) {
  if (stopping_ || seats_.size() >= max_sessions_ || !service_.has_room()) {
    return make_error(Errc::kUnavailable, "no more streams at the moment");
  }
  BoshRequest opening;
  opening.rid = choose_first_rid();
  opening.ver = kVersion;
  auto made = std::make_unique<Seat>(*this, opening, user.domain(), std::nullopt, false);
  Seat& one = *made;
  ClientStream& stream = service_.open(std::make_unique<BoshChannel>(
      one.session, service_.owner(), loop_.backlog(), BoshClient{0, net::Address(), false}));
  seat(std::move(made));
  auto full = stream.admit(user, resource);
  if (!full) return tl::unexpected<Error>(full.error());
  one.session.skip_opening();
  return BoshPrebound{std::move(*full), one.session.sid(), opening.rid + 1};
}

void BoshEndpoint::on_request_abandoned(web::ExchangeId exchange) {
  const auto waiting = waiting_.extract(exchange.to_u64());
  if (waiting.empty()) return;
  if (Seat* seat = seats_.find(waiting.mapped().seat)) seat->session.abandon(exchange.to_u64());
}

void BoshEndpoint::on_request_followed(web::ExchangeId exchange) {
  const auto waiting = waiting_.find(exchange.to_u64());
  if (waiting == waiting_.end()) return;
  if (Seat* seat = seats_.find(waiting->second.seat)) seat->session.hurry(exchange.to_u64());
}

bool BoshEndpoint::on_flush() {
  while (!unsettled_.empty()) {
    for (const Handle<Seat> handle : std::exchange(unsettled_, {})) {
      Seat* const seat = seats_.find(handle);
      if (!seat) continue;
      seat->unsettled = false;
      seat->session.settle();
    }
  }
  return false;
}

void BoshEndpoint::on_reap() {
  for (const Handle<Seat> handle : std::exchange(finished_, {})) {
    const auto seat = seats_.take(handle);
    by_sid_.erase(seat->session.sid());
    if (!seat->range) continue;
    const auto of_range = per_range_.find(*seat->range);
    if (--of_range->second == 0) per_range_.erase(of_range);
  }
}

// --- answers -------------------------------------------------------------------------------------

void BoshEndpoint::refuse(const Visitor& visitor, BoshCondition condition, std::string_view why) {
  if (const auto left_out = refusal_log_.admit(loop_.now())) {
    log::warn("bosh", "request refused",
              {{"connection", visitor.connection},
               {"client", visitor.address.to_string()},
               {"condition", to_string(condition)},
               {"why", why},
               {"not_logged", *left_out}});
  }
  answer(visitor.exchange, visitor.origin, 200, kXml, make_bosh_terminate(condition));
}

void BoshEndpoint::answer(web::ExchangeId exchange, std::string_view origin, int status,
                          std::string_view content_type, std::string body) {
  http::Response response;
  response.status = status;
  response.fields.add("Content-Type", std::string(content_type));
  // Whoever opens an answer in a browser runs none of what others have put into it.
  response.fields.add("Content-Security-Policy", "default-src 'none'");
  web::add_cors(response.fields, options_.origins, origin);
  response.body = std::move(body);
  responder_.respond(exchange, std::move(response));
}

}  // namespace rosterd::c2s
