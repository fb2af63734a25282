// SPDX-License-Identifier: MIT
// ServerConnection: one client of the HttpServer. It reads one request at a time, so that answers
// to pipelined requests leave in order; what arrives meanwhile waits, bounded.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/handle.h"
#include "base/intrusive_list.h"
#include "base/log_limit.h"
#include "base/timers.h"
#include "http/parser.h"
#include "net/connection.h"
#include "web/http_server.h"
#include "web/routes.h"

namespace rosterd::web {

class ServerConnection;
struct Crowd;
struct ServerContext;

// A request whose answer is owed.
class Exchange {
 public:
  Handle<ServerConnection> connection;
  RequestHandler* handler = nullptr;
};

class ServerConnection final : public net::ConnectionEvents {
 public:
  // Both outlive it; `connection` by the length of its on_closed().
  ServerConnection(ServerContext& server, net::Connection& connection);
  ~ServerConnection() override;
  // Its own name in server.connections; the first idle period begins.
  void start(Handle<ServerConnection> self);

  // Answers the request that is being handled.
  void answer(http::Response response);
  // The same, and it ends here: `upgrade` goes on with the connection.
  void upgrade(http::Response response, std::unique_ptr<Upgrade> upgrade);
  // Closes, after the answer that is owed.
  void stop();
  // Closes, now if it is idle, else after its next answer, if its client showed a certificate:
  // that has been trusted by what is no longer in force.
  void retire();
  // Whether it may be closed for another's sake: nobody waits for an answer of it. A stranger that
  // does not take its answer, or does not end its request, counts as nobody.
  bool is_dispensable() const;
  bool carries_streams() const;
  // Of answers that its client has not taken yet.
  std::size_t held_bytes() const;
  // Closes at once.
  void drop(std::string_view why);
  std::uint64_t id() const { return connection_.id(); }
  const net::Address& peer() const { return connection_.peer(); }

  void on_bytes(std::string_view bytes) override;
  void on_drained() override { resume(); }
  void on_end() override;
  void on_closed(const Error& reason) override;

  ListNode place;  // in one of the lists of its crowd

 private:
  enum class Stage : std::uint8_t {
    kIdle,       // between requests
    kHead,       // a request has begun
    kBody,       // its head is complete
    kAnswering,  // a handler has it
    kUpgraded,   // the connection is about to be another's
    kLeaving,    // the last answer is being taken, then it closes
    kClosed,
  };

  void enter(Stage stage);
  void find_place();
  bool join(Crowd& crowd);
  void read(std::string_view bytes);
  std::size_t read_message(std::string_view bytes);
  void follow_progress();
  void judge_head();
  bool has_certificate() const;
  Client describe_client() const;
  const Route* find_route(std::string_view path);
  bool must_wait() const;
  void keep(std::string_view bytes);
  void resume();
  void hand_over(std::string_view bytes);
  void invite_body(bool body_follows);
  void dispatch();
  http::Response make_route_refusal(const Route* route, const http::Request& request);
  void log_busy(std::size_t bytes);
  void log_refusal(int status, std::string_view why, const http::Request& request);
  void refuse(int status, std::string_view why);
  void refuse_with(http::Response response);
  void leave(std::string_view why);
  void close(std::string_view why);
  void write(const http::Response& response);
  void on_deadline();
  bool takes_answers();
  void abandon_request();

  ServerContext& server_;
  net::Connection& connection_;
  Crowd* crowd_;
  Handle<ServerConnection> self_;
  ExchangeId exchange_;                          // set while kAnswering
  std::unique_ptr<http::RequestParser> parser_;  // only while a request is incomplete
  std::unique_ptr<Upgrade> upgrade_;             // set while kUpgraded
  std::string waiting_;                          // bytes that came while one is answered
  Timer deadline_ = Timer::bind<&ServerConnection::on_deadline>(this);
  Timer resume_ = Timer::bind<&ServerConnection::resume>(this);
  std::string route_;  // the path of the present request's, for HttpServerStats
  Stage stage_ = Stage::kIdle;
  bool reading_ = false;  // inside read(): the loop there goes on by itself
  bool paused_ = false;   // reading from the connection
  bool ended_ = false;    // the client will send no more
  bool retired_ = false;
  bool stranger_ = true;    // no request of it has been answered with success
  bool keep_alive_ = true;  // of the present request, as the next three
  bool head_only_ = false;
  bool for_anybody_ = false;
  int version_minor_ = 1;
  std::size_t untaken_ = 0;  // of answers, when the deadline was set anew
};

// The connections that share a limit. Who makes room there: strangers have not had an answer of
// success yet, the oldest stands first; the others are between two requests, the one that has been
// so for longest first.
struct Crowd {
  // Null when all are being served.
  ServerConnection* find_dispensable() const;

  std::size_t count = 0;
  IntrusiveList<ServerConnection, &ServerConnection::place> strangers{};
  IntrusiveList<ServerConnection, &ServerConnection::place> idle{};
};

// What the connections of one server share.
struct ServerContext {
  net::Loop& loop;
  Responder& responder;
  HttpServerOptions options;
  Routes routes;
  // The web application and whoever has not said yet what he wants; and those whose last request
  // carried a client's stream, among whom nobody is a stranger.
  Crowd web{};
  Crowd streams{};
  SlotTable<ServerConnection> connections{};
  SlotTable<Exchange> exchanges{};
  // Closes it, to make room or for want of it.
  void turn_away(ServerConnection& client);
  std::size_t limit_of(const Crowd& crowd) const {
    return &crowd == &web ? options.max_connections : options.max_stream_connections;
  }
  // Whether HttpServerOptions::untaken_max allows an answer of so many bytes.
  bool has_room(std::size_t bytes);
  // Lines about strangers' faults, which they can repeat at will.
  LogLimit refusal_log{};
  bool stopping = false;
  HttpServerStats stats{};  // but for the connections
};

}  // namespace rosterd::web
