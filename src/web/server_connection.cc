// SPDX-License-Identifier: MIT
#include "web/server_connection.h"

#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "http/writer.h"

namespace rosterd::web {
namespace {

// Of answers the client has not taken, and of requests it sent ahead.
constexpr std::size_t kMaxQueued = 256 * 1024;
constexpr std::size_t kMaxWaiting = 64 * 1024;
// Of an answer, within the idle timeout.
constexpr std::size_t kLeastTaken = 64 * 1024;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view kMethods = "GET, HEAD, POST, OPTIONS";

}  // namespace

ServerConnection* Crowd::find_dispensable() const {
  for (const auto* list : {&strangers, &idle}) {
    for (ServerConnection* client = list->front(); client; client = list->next(*client)) {
      if (client->is_dispensable()) return client;
    }
  }
  return nullptr;
}

// At the limit somebody must go, and who has not got anywhere yet goes first: else strangers who
// connect and say nothing could keep the web application out.
void ServerContext::turn_away(ServerConnection& client) {
  ++stats.refused;
  if (const auto left_out = refusal_log.admit(loop.now())) {
    const Crowd& crowd = client.carries_streams() ? streams : web;
    log::warn("http", "connection turned away",
              {{"connection", client.id()},
               {"peer", client.peer().to_string()},
               {"why", "too many connections"},
               {"limit", limit_of(crowd)},
               {"not_logged", *left_out}});
  }
  client.drop("too many connections");
}

ServerConnection::ServerConnection(ServerContext& server, net::Connection& connection)
    : server_(server), connection_(connection), crowd_(&server.web) {
  connection.set_events(this);
  ++crowd_->count;
}

ServerConnection::~ServerConnection() { --crowd_->count; }

void ServerConnection::start(Handle<ServerConnection> self) {
  self_ = self;
  crowd_->strangers.push_back(*this);
  // A new client has something to say: it gets no longer than for a head.
  server_.loop.timers().arm(deadline_, server_.loop.now() + server_.options.head_timeout);
}

void ServerConnection::enter(Stage stage) {
  stage_ = stage;
  find_place();
  Duration timeout = server_.options.idle_timeout;
  if (stage == Stage::kHead) timeout = server_.options.head_timeout;
  if (stage == Stage::kBody) timeout = server_.options.body_timeout;
  // How long an answer may take is its handler's business.
  if (stage >= Stage::kAnswering && stage != Stage::kLeaving) return deadline_.cancel();
  server_.loop.timers().arm(deadline_, server_.loop.now() + timeout);
}

void ServerConnection::find_place() {
  if (stranger_ && !carries_streams()) return;
  if (stage_ == Stage::kIdle) {
    crowd_->idle.push_back(*this);
  } else if (!carries_streams() || stage_ >= Stage::kAnswering) {
    place.unlink();
  }
}

bool ServerConnection::carries_streams() const { return crowd_ == &server_.streams; }

// False: there is no room.
bool ServerConnection::join(Crowd& crowd) {
  if (crowd_ == &crowd) return true;
  if (crowd.count >= server_.limit_of(crowd)) {
    ServerConnection* const other = crowd.find_dispensable();
    if (!other) return false;
    server_.turn_away(*other);
  }
  place.unlink();
  --crowd_->count;
  crowd_ = &crowd;
  ++crowd_->count;
  if (stranger_ && !carries_streams()) crowd_->strangers.push_back(*this);
  return true;
}

void ServerConnection::on_bytes(std::string_view bytes) {
  if (stage_ >= Stage::kLeaving) return;
  if (!waiting_.empty() || must_wait()) return keep(bytes);
  read(bytes);
}

bool ServerConnection::must_wait() const {
  return stage_ == Stage::kAnswering || connection_.queued_bytes() > kMaxQueued;
}

void ServerConnection::keep(std::string_view bytes) {
  waiting_.append(bytes);
  if (const Exchange* exchange = server_.exchanges.find(exchange_)) {
    exchange->handler->on_request_followed(exchange_);
  }
  if (waiting_.size() < kMaxWaiting || paused_) return;
  connection_.pause_reading();
  paused_ = true;
}

void ServerConnection::read(std::string_view bytes) {
  reading_ = true;
  while (!bytes.empty() && stage_ <= Stage::kBody && !must_wait()) {
    bytes.remove_prefix(read_message(bytes));
  }
  reading_ = false;
  if (stage_ == Stage::kUpgraded) return hand_over(bytes);
  if (stage_ >= Stage::kLeaving) return;
  if (!bytes.empty()) keep(bytes);
  // The flush at the end of this turn may take everything, and then nobody would say so.
  if (!bytes.empty() && stage_ != Stage::kAnswering) {
    server_.loop.timers().arm(resume_, server_.loop.now() + Duration(1));
  }
  if (bytes.empty() && ended_ && stage_ != Stage::kAnswering) on_end();
}

// Goes on with what waited, once there is room for its answer.
void ServerConnection::resume() {
  if (stage_ == Stage::kLeaving && connection_.queued_bytes() == 0) return close("answered");
  if (stage_ > Stage::kBody || must_wait()) return;
  if (paused_) connection_.resume_reading();
  paused_ = false;
  read(std::exchange(waiting_, {}));
}

// Bytes up to the end of the request, or up to the next decision; returns how many.
std::size_t ServerConnection::read_message(std::string_view bytes) {
  if (!parser_) parser_ = std::make_unique<http::RequestParser>(server_.options.limits);
  const http::ParseStep step = parser_->feed(bytes);
  switch (step.state) {
    case http::ParseState::kNeedMore:
      follow_progress();
      break;
    case http::ParseState::kHeadComplete:
      follow_progress();
      invite_body(step.consumed < bytes.size());
      break;
    case http::ParseState::kComplete:
    case http::ParseState::kUpgrade:
      dispatch();
      break;
    case http::ParseState::kError:
      refuse(parser_->error().status, parser_->error().text);
      break;
  }
  return step.consumed;
}

void ServerConnection::follow_progress() {
  if (parser_->idle()) return parser_.reset();  // an empty line between requests
  const Stage stage = parser_->head_complete() ? Stage::kBody : Stage::kHead;
  if (stage == stage_) return;
  enter(stage);
  if (stage == Stage::kBody) judge_head();
}

// A body that nobody wants is refused before it is read.
void ServerConnection::judge_head() {
  const http::Request& request = parser_->message();
  const Route* route = find_route(request.path());
  if (!route || !route->allows(request.method)) return;  // dispatch() says so
  head_only_ = request.method == "HEAD";
  if (auto refusal = route->handler->on_head(describe_client(), request)) {
    refuse_with(std::move(*refusal));
  }
}

const Route* ServerConnection::find_route(std::string_view path) {
  const Route* route = server_.routes.find(path);
  route_ = route ? route->path : std::string();
  return route;
}

Client ServerConnection::describe_client() const {
  Client client;
  client.connection = connection_.id();
  client.address = connection_.peer();
  client.secure = connection_.is_secure();
  if (client.secure) client.certificate = connection_.tls()->peer_subject();
  client.head = head_only_;
  return client;
}

// The same, for a client that asks first.
void ServerConnection::invite_body(bool body_follows) {
  if (stage_ == Stage::kClosed) return;  // judge_head() refused it
  const http::Request& request = parser_->message();
  const Route* route = find_route(request.path());
  if (!route || !route->allows(request.method)) {
    return refuse_with(make_route_refusal(route, request));
  }
  if (!body_follows) connection_.write(kContinue);
}

void ServerConnection::dispatch() {
  const bool is_judged = stage_ == Stage::kBody;
  http::Request request = std::move(parser_->message());
  parser_.reset();
  keep_alive_ = request.keep_alive;
  head_only_ = request.method == "HEAD";
  version_minor_ = request.version_minor;
  const Route* route = find_route(request.path());
  if (!route || !route->allows(request.method)) {
    return answer(make_route_refusal(route, request));
  }
  if (head_only_ && !route->lists("HEAD")) request.method = "GET";
  const Client client = describe_client();
  if (!is_judged) {
    if (auto refusal = route->handler->on_head(client, request)) {
      return answer(std::move(*refusal));
    }
  }
  const bool for_stream = route->handler->phase() == net::FlushPhase::kC2s;
  if (!join(for_stream ? server_.streams : server_.web)) {
    log_refusal(503, "too many connections", request);
    http::Response refusal = make_json_error(503, "too many connections");
    refusal.keep_alive = false;
    return answer(std::move(refusal));
  }
  ROSTERD_DEBUG("http", "request",
                {{"connection", connection_.id()},
                 {"method", request.method},
                 {"path", text::for_log(request.path())}});
  auto exchange = std::make_unique<Exchange>();
  exchange->connection = self_;
  exchange->handler = route->handler;
  for_anybody_ = route->handler->is_for_anybody();
  exchange_ = server_.exchanges.insert(std::move(exchange));
  enter(Stage::kAnswering);
  connection_.set_phase(route->handler->phase());
  route->handler->on_request(server_.responder, exchange_, client, request);
}

void ServerConnection::answer(http::Response response) {
  exchange_ = {};
  if (for_anybody_ && !carries_streams() && !server_.has_room(response.body.size())) {
    log_busy(response.body.size());
    response = make_json_error(503, "too much is being sent, try again");
    response.fields.add("Retry-After", "10");
  }
  response.keep_alive =
      response.keep_alive && keep_alive_ && !server_.stopping && !(retired_ && has_certificate());
  write(response);
  untaken_ = connection_.untaken_bytes();
  if (response.status / 100 == 2 && !for_anybody_) stranger_ = false;
  if (!response.keep_alive) return leave("answered");
  enter(Stage::kIdle);
  // Not from here: the next request's handler must not run inside a handler's respond().
  if (!reading_ && (!waiting_.empty() || ended_)) {
    server_.loop.timers().arm(resume_, server_.loop.now());
  }
}

void ServerConnection::upgrade(http::Response response, std::unique_ptr<Upgrade> upgrade) {
  exchange_ = {};
  if (ended_) return close("the client closed");
  write(response);
  enter(Stage::kUpgraded);
  upgrade_ = std::move(upgrade);
  if (!reading_) hand_over(std::exchange(waiting_, {}));
}

// Deletes this.
void ServerConnection::hand_over(std::string_view bytes) {
  const std::string first_bytes(bytes);
  net::Connection& connection = connection_;
  const std::unique_ptr<Upgrade> upgrade = std::move(upgrade_);
  if (paused_) connection.resume_reading();
  server_.connections.erase(self_);
  upgrade->on_upgraded(connection, first_bytes);
}

void ServerConnection::log_busy(std::size_t bytes) {
  if (const auto not_logged = server_.refusal_log.admit(server_.loop.now())) {
    log::warn("http", "answer held back",
              {{"connection", connection_.id()},
               {"peer", connection_.peer().to_string()},
               {"bytes", bytes},
               {"why", "clients are slow to take those before"},
               {"limit", server_.options.untaken_max},
               {"not_logged", *not_logged}});
  }
}

std::size_t ServerConnection::held_bytes() const { return connection_.queued_bytes(); }

bool ServerContext::has_room(std::size_t bytes) {
  if (bytes <= kMaxQueued) return true;
  std::size_t held = bytes;
  connections.for_each([&](Handle<ServerConnection>, const ServerConnection& client) {
    held += client.held_bytes();
  });
  return held <= options.untaken_max;
}

http::Response ServerConnection::make_route_refusal(const Route* route,
                                                    const http::Request& request) {
  const int status = route ? 405 : 404;
  const std::string_view why = route ? "method not allowed here" : "no such resource";
  log_refusal(status, why, request);
  http::Response response = make_json_error(status, why);
  if (route) response.fields.add("Allow", route->allow_field());
  return response;
}

void ServerConnection::log_refusal(int status, std::string_view why, const http::Request& request) {
  const auto not_logged = server_.refusal_log.admit(server_.loop.now());
  if (!not_logged) return;
  log::warn("http", "request refused",
            {{"connection", connection_.id()},
             {"peer", connection_.peer().to_string()},
             {"method", request.method},
             {"path", text::for_log(request.path())},
             {"status", status},
             {"why", why},
             {"not_logged", *not_logged}});
}

void ServerConnection::refuse(int status, std::string_view why) {
  http::Response response = make_json_error(status, why);
  const Route* route = find_route(parser_->message().path());
  if (status == 405) {
    response.fields.add("Allow", route ? route->allow_field() : std::string(kMethods));
  }
  log_refusal(status, why, parser_->message());
  refuse_with(std::move(response));
}

void ServerConnection::refuse_with(http::Response response) {
  response.keep_alive = false;
  head_only_ = parser_->message().method == "HEAD";
  write(response);
  close("refused");
}

void ServerConnection::write(const http::Response& response) {
  ++server_.stats.answers[{route_, response.status}];
  std::string bytes;
  http::write_response(bytes, response, server_.loop.wall_now(), version_minor_, head_only_);
  connection_.write(bytes);
}

// A closing connection has little time for what is queued (net::LoopOptions), too little for a long
// answer on a slow way.
void ServerConnection::leave(std::string_view why) {
  if (connection_.queued_bytes() <= kMaxQueued) return close(why);
  waiting_ = {};
  enter(Stage::kLeaving);
  // As in read(): nobody may say so when all of it is taken at once.
  server_.loop.timers().arm(resume_, server_.loop.now() + Duration(1));
}

// The connection sends FIN and throws away what the client still sends: a reset would destroy the
// answer on its way.
void ServerConnection::close(std::string_view why) {
  parser_.reset();
  waiting_ = {};
  resume_.cancel();
  enter(Stage::kClosed);
  connection_.close(why);
}

bool ServerConnection::is_dispensable() const {
  if (stranger_ || carries_streams()) return stage_ != Stage::kAnswering;
  return stage_ == Stage::kIdle && waiting_.empty() && connection_.queued_bytes() == 0;
}

void ServerConnection::drop(std::string_view why) {
  close(why);
  place.unlink();
  connection_.abort(why);
}

void ServerConnection::stop() {
  if (stage_ != Stage::kAnswering && stage_ != Stage::kClosed) close("shutting down");
}

bool ServerConnection::has_certificate() const {
  return connection_.is_secure() && !connection_.tls()->peer_subject().empty();
}

void ServerConnection::retire() {
  retired_ = true;
  if (stage_ == Stage::kIdle && has_certificate()) close("trust is asked for anew");
}

void ServerConnection::on_deadline() {
  if (stage_ == Stage::kHead) return refuse(408, "the request took too long");
  if (stage_ == Stage::kBody) return refuse(408, "the request's body took too long");
  if (takes_answers()) return enter(stage_);
  close("idle");
}

// A client that takes a long answer slowly is not idle, unless it does so to keep us holding it.
bool ServerConnection::takes_answers() {
  const std::size_t before = std::exchange(untaken_, connection_.untaken_bytes());
  return untaken_ > 0 && untaken_ + kLeastTaken <= before;
}

// A client may close its sending side and wait for the answer, as a shell script does. Browsers and
// proxies do not: one that carries a stream, whose answer may take a minute, has gone.
void ServerConnection::on_end() {
  ended_ = true;
  if (stage_ == Stage::kAnswering && carries_streams()) {
    abandon_request();
    return close("the client closed");
  }
  if (stage_ == Stage::kAnswering || !waiting_.empty()) return;
  if (stage_ == Stage::kHead || stage_ == Stage::kBody) return refuse(400, "request cut off");
  if (stage_ == Stage::kIdle) leave("the client closed");
}

void ServerConnection::abandon_request() {
  if (const auto exchange = server_.exchanges.take(exchange_)) {
    exchange->handler->on_request_abandoned(exchange_);
  }
}

void ServerConnection::on_closed(const Error& reason) {
  ROSTERD_DEBUG("http", "connection closed",
                {{"connection", connection_.id()}, {"why", reason.text}});
  stage_ = Stage::kClosed;
  abandon_request();
  server_.connections.erase(self_);  // the last thing: it deletes this
}

}  // namespace rosterd::web
