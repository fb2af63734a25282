// SPDX-License-Identifier: MIT
// A web app that follows a script, and the scene of one HttpClient that talks to it. Both share one
// loop, and what happens is written into two transcripts.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/parser.h"
#include "net/listener.h"
#include "net/loop.h"
#include "web/http_client.h"

namespace rosterd::web {

// What the app does with one request, in the order in which requests come.
struct Reaction {
  enum class Then { kKeep, kClose, kReset };
  std::string bytes;
  Then then = Then::kKeep;
};

inline Reaction ok(std::string_view body, Reaction::Then then = Reaction::Then::kKeep) {
  return {"HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
              std::string(body),
          then};
}

class WebApp final : public net::ListenerEvents {
 public:
  WebApp(net::Loop& on, std::vector<Reaction> script, std::string_view ip = "127.0.0.1",
         std::uint16_t at_port = 0)
      : loop(on), reactions(std::move(script)) {
    listen(ip, at_port);
    port = listener->address().port();
  }

  void listen(std::string_view ip = "127.0.0.1", std::uint16_t at_port = 0) {
    listener.reset();
    net::ListenerOptions options;
    options.address = *net::Address::parse(ip, at_port);
    options.phase = net::FlushPhase::kWeb;
    listener = std::move(*net::Listener::open(loop, options, this));
  }

  void on_accept(net::Connection& connection) override {
    peers.push_back(std::make_unique<Peer>(*this, connection, peers.size() + 1));
    if (tls) connection.start_tls_server(tls);
    most_open = std::max(most_open, ++open);
    if (on_peer_accepted) on_peer_accepted();
  }

  void stop() {
    listener.reset();
    for (const auto& peer : peers) {
      if (peer->connection) peer->connection->abort("the scene is over");
    }
  }

  struct Peer final : net::ConnectionEvents {
    Peer(WebApp& owner, net::Connection& made, std::size_t n)
        : app(owner), connection(&made), number(n) {
      made.set_events(this);
    }
    void on_bytes(std::string_view bytes) override {
      while (!bytes.empty()) {
        const http::ParseStep step = parser.feed(bytes);
        bytes.remove_prefix(step.consumed);
        if (step.state != http::ParseState::kComplete) return;
        app.on_request(*this, parser.message());
        parser.next();
      }
    }
    void on_end() override { connection->close("the client closed"); }
    void on_closed(const Error&) override {
      connection = nullptr;
      --app.open;
      if (app.on_peer_closed) app.on_peer_closed();
    }

    WebApp& app;
    net::Connection* connection;
    std::size_t number;
    http::RequestParser parser{http::Limits{.body_bytes = 64 * 1024 * 1024}};
  };

  // Logs "connection METHOD target body"; reacts at once, or to `hold` requests together.
  void on_request(Peer& peer, const http::Request& request) {
    log += std::to_string(peer.number) + " " + request.method + " " + request.target +
           (request.body.empty() ? "" : " " + request.body) + "\n";
    last_request = request;
    if (on_request_seen) on_request_seen();
    held.push_back(&peer);
    const std::size_t left = reactions.size() - next;
    if (held.size() < std::min(hold, left)) return;
    for (Peer* waiting : std::exchange(held, {})) react(*waiting);
  }

  void react(Peer& peer) {
    if (next == reactions.size() || !peer.connection) return;
    const Reaction& reaction = reactions[next++];
    peer.connection->write(reaction.bytes);
    if (reaction.then == Reaction::Then::kClose) peer.connection->close("as the script says");
    if (reaction.then == Reaction::Then::kReset) peer.connection->abort("as the script says");
  }

  net::Loop& loop;
  std::vector<Reaction> reactions;
  std::unique_ptr<net::Listener> listener;
  std::shared_ptr<const net::TlsContext> tls;
  std::uint16_t port = 0;
  std::vector<std::unique_ptr<Peer>> peers;
  std::vector<Peer*> held;
  std::function<void()> on_peer_accepted, on_request_seen, on_peer_closed;
  std::string log;
  http::Request last_request;
  std::size_t next = 0, hold = 1, open = 0, most_open = 0;
};

class Scene final : public FetchEvents {
 public:
  explicit Scene(std::vector<Reaction> script, const HttpClientOptions& options = {},
                 std::shared_ptr<const net::TlsContext> tls = *net::TlsContext::make_client({}))
      : app(loop, std::move(script)),
        client(std::make_unique<HttpClient>(loop, options, std::move(tls))) {
    app.on_peer_closed = [this] { look_soon(); };
    base = "http://127.0.0.1:" + std::to_string(app.port);
  }

  std::uint64_t fetch(const std::string& target, std::string_view method = "GET",
                      std::string body = "") {
    FetchRequest request;
    request.method = method;
    request.url = *http::parse_url(base + target);
    request.body = std::move(body);
    request.in_parts = in_parts;
    const std::uint64_t ticket = client->fetch(std::move(request), this);
    targets[ticket] = target;
    ++outstanding;
    return ticket;
  }

  void cancel(std::uint64_t ticket) {
    client->cancel(ticket);
    --outstanding;
    look_soon();
  }

  // When nothing is outstanding and the app has seen `closed` of its connections end.
  void then(std::function<void()> step, std::size_t closed = 0) {
    when([this, closed] { return app.peers.size() - app.open >= closed; }, std::move(step));
  }

  // When nothing is outstanding and it is so; look_soon() where that may have come about.
  void when(std::function<bool()> is_so, std::function<void()> step) {
    steps.push_back({std::move(is_so), std::move(step)});
  }
  void look_soon() { loop.timers().arm(look_, loop.now()); }

  // Until all steps are done; whatever gets stuck is cut off and said so.
  void run() {
    look_soon();
    loop.timers().arm(patience, loop.now() + std::chrono::seconds(20));
    loop.run();
  }

  void on_fetch_sent(std::uint64_t ticket) override {
    text += targets[ticket] + " sent\n";
    if (on_sent) on_sent(ticket);
  }

  void on_fetch_body(std::uint64_t, std::string part) override {
    largest_part = std::max(largest_part, part.size());
    parts += part;
  }

  void on_fetch_done(std::uint64_t ticket, Result<http::Response> response) override {
    text += targets[ticket] + " ";
    if (!response) {
      text += std::string(to_string(response.error().code)) + ": " + response.error().text + "\n";
    } else {
      text += std::to_string(response->status) + " " + response->body.substr(0, 40) + "\n";
      last_size = response->body.size();
    }
    --outstanding;
    look_soon();
  }

  net::Loop loop;
  WebApp app;
  std::unique_ptr<HttpClient> client;
  std::string base;  // scheme and authority
  std::string text;  // "TARGET sent", "TARGET 200 body", "TARGET timeout: why"
  std::function<void(std::uint64_t)> on_sent;
  std::size_t last_size = 0;
  bool in_parts = false;
  std::string parts;  // all of them, joined
  std::size_t largest_part = 0;

 private:
  struct Step {
    std::function<bool()> is_due;
    std::function<void()> run;
  };

  void look() {
    if (outstanding > 0 || over_) return;
    if (steps.empty()) return finish();
    if (!steps.front().is_due()) return;
    const std::function<void()> step = std::move(steps.front().run);
    steps.pop_front();
    step();
    look_soon();
  }

  void finish() {
    over_ = true;
    patience.cancel();
    client->stop();
    app.stop();
  }

  void give_up() {
    text += "stuck\n";
    finish();
  }

  std::map<std::uint64_t, std::string> targets;
  std::deque<Step> steps;
  std::size_t outstanding = 0;
  bool over_ = false;
  Timer look_ = Timer::bind<&Scene::look>(this);
  Timer patience = Timer::bind<&Scene::give_up>(this);
};

}  // namespace rosterd::web
