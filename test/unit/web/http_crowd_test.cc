// SPDX-License-Identifier: MIT
// Connections that carry clients' streams beside those of the web application: what each counts as,
// and what the handler of the former is told. Clients are blocking sockets in a second thread.
#include <functional>
#include <memory>
#include <ostream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "raw_client.h"
#include "support/cmocka.h"
#include "web/http_server.h"

using namespace rosterd;
using namespace rosterd::web;

namespace {

class EchoApp final : public RequestHandler {
 public:
  HttpServer* server = nullptr;

  void on_request(Responder& responder, ExchangeId exchange, const Client&,
                  const http::Request& request) override {
    responder.respond(exchange, make_json(200, std::string(request.path().substr(1))));
    if (request.path() == "/stop") server->stop();
  }
};

// Holds what comes to "/stream", as one that carries clients' streams does, and answers in
// "/streams" what has happened to it, which ends them.
class StreamApp final : public RequestHandler {
 public:
  bool is_for_anybody() const override { return true; }
  net::FlushPhase phase() const override { return net::FlushPhase::kC2s; }

  void on_request(Responder& responder, ExchangeId exchange, const Client&,
                  const http::Request& request) override {
    if (request.path() == "/stream") {
      responder_ = &responder;
      return held_.push_back(exchange);
    }
    for (const ExchangeId one : std::exchange(held_, {})) {
      responder.respond(one, make_json(200, "released"));
    }
    responder.respond(exchange, make_json(200, "abandoned " + std::to_string(abandoned_)));
  }
  void on_request_abandoned(ExchangeId) override { ++abandoned_; }
  void on_request_followed(ExchangeId exchange) override {
    responder_->respond(exchange, make_json(200, "followed"));
  }

 private:
  Responder* responder_ = nullptr;
  std::vector<ExchangeId> held_;
  int abandoned_ = 0;
};

using Script = std::function<void(std::uint16_t port, std::ostream& out)>;

std::string get(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: any\r\n\r\n";
}

void assert_transcript(const Script& script, const std::string& expected,
                       const HttpServerOptions& options = {}) {
  net::Loop loop;
  HttpServer server(loop, options);
  EchoApp echo_app;
  StreamApp stream_app;
  echo_app.server = &server;
  server.add_route("/stream", "GET", &stream_app);
  server.add_route("/streams", "GET", &stream_app);
  server.add_route("/echo", "GET", &echo_app);
  server.add_route("/stop", "GET", &echo_app);
  assert_true(server.listen(*net::Address::parse("127.0.0.1", 0), nullptr).has_value());
  const std::uint16_t port = server.addresses().at(0).port();
  std::ostringstream transcript;
  std::thread clients([&] {
    script(port, transcript);
    RawClient(port).send(get("/stop")).answer();
  });
  loop.run();
  clients.join();
  assert_text_equal(transcript.str(), expected);
  assert_int_equal(server.connection_count(), 0);
}

bool is_gone(RawClient& client) {
  const std::string said = client.answer();
  return said == "closed" || said == "reset";
}

std::string repeat(std::string_view text, int times) {
  std::string out;
  for (; times > 0; --times) out += text;
  return out;
}

HttpServerOptions at_most(std::size_t connections) {
  HttpServerOptions options;
  options.max_connections = connections;
  return options;
}

HttpServerOptions at_most_streams(std::size_t connections) {
  HttpServerOptions options;
  options.max_stream_connections = connections;
  return options;
}

void held_streams_do_not_count_with_the_web_application(void**) {
  assert_transcript(
      [](std::uint16_t port, std::ostream& out) {
        RawClient app(port);
        out << app.send(get("/echo")).answer();
        std::vector<std::unique_ptr<RawClient>> browsers;
        for (int i = 0; i < 10; ++i) {
          browsers.push_back(std::make_unique<RawClient>(port));
          browsers.back()->send(get("/stream"));
          // Only then is the next one not a stranger too many.
          out << "|" << app.send(get("/echo")).answer();
        }
        RawClient(port).send(get("/streams")).answer();
        for (const auto& browser : browsers) out << "|" << browser->answer();
      },
      "200 echo" + repeat("|200 echo", 10) + repeat("|200 released", 10), at_most(5));
}

void streams_over_their_limit_take_the_place_of_the_idle_one(void**) {
  assert_transcript(
      [](std::uint16_t port, std::ostream& out) {
        RawClient idle(port), held(port), newcomer(port);
        out << idle.send(get("/streams")).answer();
        held.send(get("/stream"));
        out << "|" << RawClient(port).send(get("/echo")).answer() << "|";
        out << newcomer.send(get("/streams")).answer() << (is_gone(idle) ? "|gone|" : "|here|");
        out << held.answer();
      },
      "200 abandoned 0|200 echo|200 abandoned 0|gone|200 released", at_most_streams(2));
}

void stream_for_which_there_is_no_room_is_refused(void**) {
  assert_transcript(
      [](std::uint16_t port, std::ostream& out) {
        RawClient held(port), newcomer(port);
        held.send(get("/stream"));
        RawClient app(port);
        out << app.send(get("/echo")).answer() << "|" << newcomer.send(get("/stream")).answer();
        out << newcomer.answer() << "|" << app.send(get("/echo")).answer();
      },
      R"(200 echo|503 {"status":"error","message":"too many connections"})"
      "\nclosed|200 echo",
      at_most_streams(1));
}

void connection_counts_by_its_last_request(void**) {
  assert_transcript(
      [](std::uint16_t port, std::ostream& out) {
        RawClient first(port), second(port);
        out << first.send(get("/streams")).answer() << "|" << first.send(get("/echo")).answer();
        out << "|" << second.send(get("/streams")).answer();
        out << "|" << first.send(get("/echo")).answer();
      },
      "200 abandoned 0|200 echo|200 abandoned 0|200 echo", at_most_streams(1));
}

void handler_is_told_that_more_stands_behind_its_request(void**) {
  assert_transcript(
      [](std::uint16_t port, std::ostream& out) {
        RawClient client(port);
        client.send(get("/stream") + get("/echo"));
        out << client.answer() << "|" << client.answer() << "|";
        client.send(get("/stream")).send("G");
        out << client.answer() << "|" << client.send(get("/echo").substr(1)).answer();
      },
      "200 followed|200 echo|200 followed|200 echo");
}

void stream_whose_client_closes_its_side_is_abandoned(void**) {
  assert_transcript(
      [](std::uint16_t port, std::ostream& out) {
        RawClient client(port);
        client.send(get("/stream")).finish_sending();
        out << client.answer() << "|" << RawClient(port).send(get("/streams")).answer();
      },
      "closed|200 abandoned 1");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(held_streams_do_not_count_with_the_web_application),
      cmocka_unit_test(streams_over_their_limit_take_the_place_of_the_idle_one),
      cmocka_unit_test(stream_for_which_there_is_no_room_is_refused),
      cmocka_unit_test(connection_counts_by_its_last_request),
      cmocka_unit_test(handler_is_told_that_more_stands_behind_its_request),
      cmocka_unit_test(stream_whose_client_closes_its_side_is_abandoned),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
