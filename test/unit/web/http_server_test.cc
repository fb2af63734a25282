// SPDX-License-Identifier: MIT
// The server runs on the test's loop; its clients are blocking sockets in a second thread, whose
// script returns a transcript. The test asserts on that when both are done.
#include "web/http_server.h"

#include <functional>
#include <memory>
#include <ostream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "raw_client.h"
#include "support/cmocka.h"

using namespace rosterd;
using namespace rosterd::web;

namespace {

// Serves "/echo" at once, holds "/late" until "/release"; "/stop" stops the server and releases;
// "/client" tells who asks. Refuses heads with "Refuse-Me".
class App : public RequestHandler {
 public:
  HttpServer* server = nullptr;
  std::vector<ExchangeId> held, abandoned;

  std::optional<http::Response> on_head(const Client&, const http::Request& request) override {
    if (!request.fields.has("Refuse-Me")) return std::nullopt;
    return make_json_error(403, "refused by its head");
  }

  void on_request(Responder& responder, ExchangeId exchange, const Client& client,
                  const http::Request& request) override {
    const std::string_view path = request.path();
    if (path == "/client") return responder.respond(exchange, make_json(200, describe(client)));
    if (path == "/late") return held.push_back(exchange);
    if (path == "/big") return responder.respond(exchange, make_json(200, std::string(1000, 'b')));
    responder.respond(exchange, make_json(200, request.method + request.target + request.body));
    if (path == "/release") release(responder);
    if (path == "/stop") {
      server->stop();
      release(responder);
    }
  }

  void on_request_abandoned(ExchangeId exchange) override {
    abandoned.push_back(exchange);
    release(*server);
    server->stop();
  }

  static std::string describe(const Client& client) {
    return client.address.ip() + (client.secure ? " secure" : " plain") +
           (client.head ? " head" : "") + client.certificate + client.host;
  }

  void release(Responder& responder) {
    for (const ExchangeId exchange : std::exchange(held, {})) {
      responder.respond(exchange, make_json(200, "late"));
    }
  }
};

// Answers everybody alike.
class OpenApp final : public RequestHandler {
 public:
  bool is_for_anybody() const override { return true; }
  void on_request(Responder& responder, ExchangeId exchange, const Client&,
                  const http::Request& request) override {
    responder.respond(exchange, make_json(200, request.method + request.target));
  }
};

// Speaks its own protocol after 101: it sends back what it hears, and closes when it hears "!".
class EchoApp final : public RequestHandler {
 public:
  explicit EchoApp(HttpServer& server) : server_(server) {}
  net::FlushPhase phase() const override { return net::FlushPhase::kC2s; }
  void on_request(Responder&, ExchangeId exchange, const Client&, const http::Request&) override {
    http::Response response;
    response.status = 101;
    response.fields.add("Upgrade", "echo");
    server_.upgrade(exchange, std::move(response), std::make_unique<Opening>());
  }

 private:
  struct Echo final : net::ConnectionEvents {
    explicit Echo(net::Connection& carrier) : connection(carrier) {}
    void on_bytes(std::string_view bytes) override {
      connection.write(bytes);
      if (bytes.find('!') != std::string_view::npos) connection.close("over");
    }
    void on_end() override { connection.close("the client closed"); }
    void on_closed(const Error&) override { delete this; }
    net::Connection& connection;
  };
  struct Opening final : Upgrade {
    void on_upgraded(net::Connection& connection, std::string_view first_bytes) override {
      auto* echo = new Echo(connection);  // deletes itself
      connection.set_events(echo);
      echo->on_bytes(first_bytes);
    }
  };
  HttpServer& server_;
};

using Script = std::function<void(std::uint16_t port, std::ostream& out)>;

struct Scene {
  std::string transcript;
  std::size_t abandoned = 0;
  std::size_t left_over = 0;
};

Scene play(const HttpServerOptions& options, const Script& script, bool stop_at_end = true) {
  net::Loop loop;
  HttpServer server(loop, options);
  App app;
  OpenApp open_app;
  app.server = &server;
  EchoApp echo_app(server);
  server.add_route("/open", "GET", &open_app);
  server.add_route("/upgrade", "GET", &echo_app);
  server.add_route("/echo", "GET,POST", &app);
  server.add_route("/below/", "GET", &app);
  server.add_route("/below/deeper", "POST", &app);
  for (const char* path : {"/late", "/release", "/big", "/stop", "/client"}) {
    server.add_route(path, "GET", &app);
  }
  assert_true(server.listen(*net::Address::parse("127.0.0.1", 0), nullptr).has_value());
  const std::uint16_t port = server.addresses().at(0).port();
  Scene scene;
  std::thread clients([&] {
    std::ostringstream transcript;
    script(port, transcript);
    scene.transcript = transcript.str();
    if (!stop_at_end) return;
    std::string last;
    while (last != "200 GET/stop" && last != "nothing") {
      last = RawClient(port).send("GET /stop HTTP/1.1\r\nHost: a\r\n\r\n").answer();
    }
  });
  loop.run();
  clients.join();
  scene.abandoned = app.abandoned.size();
  scene.left_over = server.connection_count();
  return scene;
}

void assert_transcript(const Script& script, std::string_view expected,
                       const HttpServerOptions& options = {}) {
  const Scene scene = play(options, script);
  assert_text_equal(scene.transcript, expected);
  assert_int_equal(scene.left_over, 0);
  assert_int_equal(scene.abandoned, 0);
}

std::string get(std::string_view target, std::string_view fields = "") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: any\r\n" + std::string(fields) + "\r\n";
}

std::string error_body(int status, std::string_view message) {
  return std::to_string(status) + R"( {"status":"error","message":")" + std::string(message) +
         "\"}\n";
}

std::string post(std::string_view fields, std::string_view body) {
  return "POST /echo HTTP/1.1\r\nHost: any\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

void connection_serves_one_request_after_another(void**) {
  assert_transcript(
      [](std::uint16_t port, std::ostream& out) {
        RawClient client(port);
        out << client.send(get("/echo?1")).answer();
        out << "|" << client.send(post("Content-Length: 2\r\n", "hi")).answer();
        out << "|"
            << client.send(post("Transfer-Encoding: chunked\r\n", "1\r\nx\r\n0\r\n\r\n")).answer();
        out << "|" << client.last().fields.get("Content-Type");
      },
      "200 GET/echo?1|200 POST/echohi|200 POST/echox|application/json");
}

void upgraded_connection_is_another_s_and_loses_no_byte(void**) {
  assert_transcript(
      [](std::uint16_t port, std::ostream& out) {
        RawClient client(port);
        client.send(get("/echo") + get("/upgrade", "Connection: Upgrade\r\nUpgrade: echo\r\n") +
                    "first ");
        out << client.answer();
        const std::string rest = client.send("and last!").rest();
        out << "|" << rest.substr(0, rest.find('\r')) << "|"
            << rest.substr(rest.find("\r\n\r\n") + 4);
      },
      "200 GET/echo|HTTP/1.1 101 Switching Protocols|first and last!");
}

void pipelined_requests_are_answered_in_order(void**) {
  assert_transcript(
      [](std::uint16_t port, std::ostream& out) {
        RawClient first(port), second(port);
        first.send(get("/echo?1") + get("/late") + get("/echo?2") + get("/late") + get("/echo?3"));
        out << first.answer();
        out << "|" << second.send(get("/release")).answer();
        out << "|" << first.answer() << "|" << first.answer();
        out << "|" << second.send(get("/release")).answer();
        out << "|" << first.answer() << "|" << first.answer();
      },
      "200 GET/echo?1|200 GET/release|200 late|200 GET/echo?2|200 GET/release|200 late|"
      "200 GET/echo?3");
}

void client_that_reads_late_gets_every_answer(void**) {
  constexpr int kCount = 3000;
  assert_transcript(
      [](std::uint16_t port, std::ostream& out) {
        RawClient client(port);
        std::string requests;
        for (int i = 0; i < kCount; ++i) requests += get("/big");
        client.send(requests + get("/echo"));
        int count = 0;
        while (client.answer().size() == 1004) ++count;
        out << count << client.last().body;
      },
      "3000GET/echo");
}

void close_is_honoured(void**) {
  assert_transcript(
      [](std::uint16_t port, std::ostream& out) {
        RawClient modern(port), old(port), kept(port);
        modern.send(get("/echo", "Connection: close\r\n"));
        out << modern.answer() << "," << modern.last().fields.get("Connection");
        out << "," << modern.answer();
        out << "|" << old.send("GET /echo HTTP/1.0\r\n\r\n").answer() << "," << old.answer();
        kept.send("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        out << "|" << kept.answer() << "," << kept.last().fields.get("Connection");
        out << "," << kept.send(get("/echo?2")).answer();
      },
      "200 GET/echo,close,closed|200 GET/echo,closed|200 GET/echo,keep-alive,200 GET/echo?2");
}

void head_is_get_without_the_body(void**) {
  assert_transcript(
      [](std::uint16_t port, std::ostream& out) {
        RawClient client(port);
        out << client.send("HEAD /echo HTTP/1.1\r\nHost: a\r\n\r\n" + get("/echo")).answer(true);
        out << client.last().fields.get("Content-Length");
        out << "|" << client.answer();
      },
      "200 8|200 GET/echo");
}

void unknown_paths_and_methods_are_named(void**) {
  const auto ask = [](RawClient& client, std::string_view method, std::string_view target) {
    client.send(std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string text = client.answer();
    return text.substr(0, 3) + std::string(client.last().fields.get("Allow")) + "|";
  };
  assert_transcript(
      [ask](std::uint16_t port, std::ostream& out) {
        RawClient client(port);
        out << ask(client, "GET", "/nothing") << ask(client, "GET", "/echo/");
        out << ask(client, "GET", "/below") << ask(client, "GET", "/below/x?y");
        out << ask(client, "GET", "/below/deeper") << ask(client, "POST", "/below/x");
        out << ask(client, "OPTIONS", "/echo") << ask(client, "PUT", "/echo");
        out << client.answer();
      },
      "404|404|404|200|405POST|405GET, HEAD|405GET, POST, HEAD|405GET, POST, HEAD|closed");
}

void refused_request_says_why_and_ends_the_connection(void**) {
  assert_transcript(
      [](std::uint16_t port, std::ostream& out) {
        RawClient good_then_bad(port), no_http(port);
        good_then_bad.send(get("/echo") + "GET / HTTP/1.1\r\n\r\n" + get("/echo"));
        out << good_then_bad.answer() << "|" << good_then_bad.answer();
        out << "|" << good_then_bad.last().fields.get("Connection");
        good_then_bad.finish_sending();
        out << "|" << good_then_bad.answer();
        no_http.send(std::string("\x16\x03\x01\x00\x05", 5));
        out << "|" << no_http.answer().substr(0, 3);
      },
      "200 GET/echo|" + error_body(400, "no Host") + "|close|closed|400");
}

void body_over_the_limit_is_refused_before_it_comes(void**) {
  HttpServerOptions options;
  options.limits.body_bytes = 100;
  assert_transcript(
      [](std::uint16_t port, std::ostream& out) {
        RawClient waits(port), sends(port), chunks(port);
        out << waits.send(post("Content-Length: 101\r\n", "")).answer();
        // One that does not listen until it has sent everything.
        sends.send(post("Content-Length: 9000000\r\n", std::string(9'000'000, 'x')));
        out << sends.answer();
        chunks.send(post("Transfer-Encoding: chunked\r\n",
                         "40\r\n" + std::string(64, 'x') + "\r\n40\r\n" + std::string(64, 'x')));
        out << chunks.answer();
      },
      error_body(413, "body too large") + error_body(413, "body too large") +
          error_body(413, "body too large"),
      options);
}

void body_is_asked_for_when_the_client_waits(void**) {
  assert_transcript(
      [](std::uint16_t port, std::ostream& out) {
        RawClient client(port), refused(port), hasty(port), odd(port);
        client.send(post("Content-Length: 2\r\nExpect: 100-continue\r\n", ""));
        out << client.answer() << client.send("hi").answer();
        refused.send(
            "POST /no HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
            "Expect: 100-continue\r\n\r\n");
        out << "|" << refused.answer().substr(0, 3);
        out << "|"
            << hasty.send(post("Content-Length: 2\r\nExpect: 100-continue\r\n", "hi")).answer();
        odd.send(post("Content-Length: 2\r\nExpect: coffee\r\n", ""));
        out << "|" << odd.answer().substr(0, 3);
      },
      "100 200 POST/echohi|404|200 POST/echohi|417");
}

void refused_head_spares_the_body(void**) {
  assert_transcript(
      [](std::uint16_t port, std::ostream& out) {
        RawClient sends(port), waits(port);
        sends.send(post("Refuse-Me: 1\r\nContent-Length: 900000\r\n", "the first of many"));
        out << sends.answer() << sends.last().fields.get("Connection");
        sends.finish_sending();
        out << "," << sends.answer() << "|";
        waits.send(post("Refuse-Me: 1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n", ""));
        out << waits.answer() << waits.last().fields.get("Connection");
      },
      error_body(403, "refused by its head") + "close,closed|" +
          error_body(403, "refused by its head") + "close");
}

void refused_head_of_a_whole_request_leaves_the_connection(void**) {
  assert_transcript(
      [](std::uint16_t port, std::ostream& out) {
        RawClient client(port);
        out << client.send(post("Refuse-Me: 1\r\nContent-Length: 2\r\n", "hi")).answer();
        out << client.send(get("/echo", "Refuse-Me: 1\r\n")).answer();
        out << client.send(get("/echo")).answer();
      },
      error_body(403, "refused by its head") + error_body(403, "refused by its head") +
          "200 GET/echo");
}

void handler_knows_its_client(void**) {
  assert_transcript(
      [](std::uint16_t port, std::ostream& out) {
        RawClient client(port);
        out << client.send(get("/client")).answer() << "|";
        client.send("HEAD /client HTTP/1.1\r\nHost: a\r\n\r\n").answer(true);
        out << client.last().fields.get("Content-Length");
      },
      "200 127.0.0.1 plain|20");
}

void slow_clients_are_told_so(void**) {
  HttpServerOptions options;
  options.head_timeout = options.body_timeout = std::chrono::milliseconds(300);
  assert_transcript(
      [](std::uint16_t port, std::ostream& out) {
        out << RawClient(port).send("GET /echo HT").answer();
        out << RawClient(port).send(post("Content-Length: 5\r\n", "abc")).answer();
        out << RawClient(port).answer();
      },
      error_body(408, "the request took too long") +
          error_body(408, "the request's body took too long") + "closed",
      options);
}

void idle_connection_is_closed(void**) {
  HttpServerOptions options;
  options.idle_timeout = std::chrono::milliseconds(30);
  assert_transcript(
      [](std::uint16_t port, std::ostream& out) {
        RawClient client(port);
        out << client.send(get("/echo")).answer() << "|" << client.answer();
      },
      "200 GET/echo|closed", options);
}

// Deadlines are for reading a request, not for answering it.
void slow_answer_outlives_the_deadlines(void**) {
  HttpServerOptions options;
  options.idle_timeout = options.body_timeout = std::chrono::milliseconds(20);
  assert_transcript(
      [](std::uint16_t port, std::ostream& out) {
        RawClient waits(port), idles(port);
        out << waits.send(get("/echo") + get("/late")).answer();
        // The idle timeout passes on another connection, which tells the time without a clock.
        out << "|" << idles.send(get("/echo")).answer() << "|" << idles.answer();
        RawClient releases(port);
        out << "|" << releases.send(get("/release")).answer();
        out << "|" << waits.answer();
      },
      "200 GET/echo|200 GET/echo|closed|200 GET/release|200 late", options);
}

void client_that_finished_sending_gets_its_answers(void**) {
  assert_transcript(
      [](std::uint16_t port, std::ostream& out) {
        RawClient at_once(port), late(port), cut(port), helper(port);
        at_once.send(get("/echo?1") + get("/echo?2")).finish_sending();
        out << at_once.answer() << "|" << at_once.answer() << "|" << at_once.answer();
        late.send(get("/echo?3") + get("/late") + get("/echo")).finish_sending();
        out << "|" << late.answer() << "|" << helper.send(get("/release")).answer();
        out << "|" << late.answer() << "|" << late.answer() << "|" << late.answer();
        cut.send("GET /echo HTT").finish_sending();
        out << "|" << cut.answer();
      },
      "200 GET/echo?1|200 GET/echo?2|closed|200 GET/echo?3|200 GET/release|"
      "200 late|200 GET/echo|closed|" +
          error_body(400, "request cut off"));
}

void vanished_client_is_reported(void**) {
  const Scene scene = play(
      {},
      [](std::uint16_t port, std::ostream& out) {
        RawClient client(port), other(port);
        out << client.send(get("/echo") + get("/late")).answer();
        out << "|" << other.send(get("/echo") + get("/late")).answer();
        client.reset();
        out << "|" << other.answer();
      },
      false);
  assert_text_equal(scene.transcript, "200 GET/echo|200 GET/echo|200 late");
  assert_int_equal(scene.abandoned, 1);
  assert_int_equal(scene.left_over, 0);
}

// Of a connection that the server has closed.
bool is_gone(RawClient& client) {
  const std::string said = client.answer();
  return said == "closed" || said == "reset";
}

HttpServerOptions at_most(std::size_t connections) {
  HttpServerOptions options;
  options.max_connections = connections;
  return options;
}

void newcomer_at_the_limit_takes_the_place_of_the_oldest_stranger(void**) {
  assert_transcript(
      [](std::uint16_t port, std::ostream& out) {
        RawClient app(port);
        out << app.send(get("/echo")).answer();
        RawClient oldest(port), silent(port);
        oldest.send("GET /ec");
        RawClient newcomer(port);
        out << (is_gone(oldest) ? "|gone|" : "|here|") << newcomer.send(get("/echo")).answer();
        out << "|" << silent.send(get("/echo")).answer() << "|" << app.send(get("/echo")).answer();
      },
      "200 GET/echo|gone|200 GET/echo|200 GET/echo|200 GET/echo", at_most(3));
}

void flood_of_silent_strangers_shuts_nobody_out(void**) {
  assert_transcript(
      [](std::uint16_t port, std::ostream& out) {
        RawClient app(port);
        out << app.send(get("/echo")).answer();
        std::vector<std::unique_ptr<RawClient>> strangers;
        for (int i = 0; i < 50; ++i) strangers.push_back(std::make_unique<RawClient>(port));
        out << "|" << RawClient(port).send(get("/echo")).answer();
        out << "|" << app.send(get("/echo")).answer();
      },
      "200 GET/echo|200 GET/echo|200 GET/echo", at_most(4));
}

void answers_that_everybody_gets_and_refusals_leave_a_client_a_stranger(void**) {
  assert_transcript(
      [](std::uint16_t port, std::ostream& out) {
        RawClient app(port), looks(port), fails(port);
        out << app.send(get("/echo")).answer() << "|" << looks.send(get("/open")).answer();
        out << "|" << fails.send(get("/nowhere")).answer().substr(0, 3);
        RawClient one(port), two(port);
        out << (is_gone(looks) ? "|gone" : "|here") << (is_gone(fails) ? "|gone" : "|here");
        out << "|" << app.send(get("/echo")).answer();
      },
      "200 GET/echo|200 GET/open|404|gone|gone|200 GET/echo", at_most(3));
}

void longest_idle_client_makes_room_where_there_is_no_stranger(void**) {
  assert_transcript(
      [](std::uint16_t port, std::ostream& out) {
        RawClient first(port), second(port);
        out << first.send(get("/echo")).answer() << "|" << second.send(get("/echo")).answer();
        out << "|" << first.send(get("/echo")).answer();
        RawClient third(port);
        out << (is_gone(second) ? "|gone|" : "|here|") << third.send(get("/echo")).answer();
        out << "|" << first.send(get("/echo")).answer();
      },
      "200 GET/echo|200 GET/echo|200 GET/echo|gone|200 GET/echo|200 GET/echo", at_most(2));
}

void clients_being_served_stay_and_the_newcomer_is_refused(void**) {
  assert_transcript(
      [](std::uint16_t port, std::ostream& out) {
        RawClient begun(port), waits(port);
        // What follows a request in the same segment has been read when that is answered.
        out << begun.send(get("/echo") + "GET /ec").answer();
        out << "|" << waits.send(get("/echo") + get("/late")).answer();
        RawClient refused(port);
        out << (is_gone(refused) ? "|gone" : "|here");
        out << "|" << begun.send("ho HTTP/1.1\r\nHost: any\r\n\r\n").answer();
        RawClient newcomer(port);
        out << (is_gone(begun) ? "|gone" : "|here");
        out << "|" << newcomer.send(get("/release")).answer() << "|" << waits.answer();
      },
      "200 GET/echo|200 GET/echo|gone|200 GET/echo|gone|200 GET/release|200 late", at_most(2));
}

void stopping_server_answers_what_it_owes(void**) {
  const Scene scene = play(
      {},
      [](std::uint16_t port, std::ostream& out) {
        RawClient busy(port), idle(port), helper(port);
        out << idle.send(get("/echo")).answer();
        out << "|" << busy.send(get("/echo") + get("/late")).answer();
        helper.send(get("/stop")).answer();
        out << "|" << idle.answer() << "|" << busy.answer();
        out << "|" << busy.last().fields.get("Connection");
      },
      false);
  assert_text_equal(scene.transcript, "200 GET/echo|200 GET/echo|closed|200 late|close");
  assert_int_equal(scene.left_over, 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(connection_serves_one_request_after_another),
      cmocka_unit_test(pipelined_requests_are_answered_in_order),
      cmocka_unit_test(client_that_reads_late_gets_every_answer),
      cmocka_unit_test(close_is_honoured),
      cmocka_unit_test(head_is_get_without_the_body),
      cmocka_unit_test(unknown_paths_and_methods_are_named),
      cmocka_unit_test(refused_request_says_why_and_ends_the_connection),
      cmocka_unit_test(body_over_the_limit_is_refused_before_it_comes),
      cmocka_unit_test(body_is_asked_for_when_the_client_waits),
      cmocka_unit_test(refused_head_spares_the_body),
      cmocka_unit_test(refused_head_of_a_whole_request_leaves_the_connection),
      cmocka_unit_test(handler_knows_its_client),
      cmocka_unit_test(upgraded_connection_is_another_s_and_loses_no_byte),
      cmocka_unit_test(slow_clients_are_told_so),
      cmocka_unit_test(idle_connection_is_closed),
      cmocka_unit_test(slow_answer_outlives_the_deadlines),
      cmocka_unit_test(client_that_finished_sending_gets_its_answers),
      cmocka_unit_test(vanished_client_is_reported),
      cmocka_unit_test(newcomer_at_the_limit_takes_the_place_of_the_oldest_stranger),
      cmocka_unit_test(flood_of_silent_strangers_shuts_nobody_out),
      cmocka_unit_test(answers_that_everybody_gets_and_refusals_leave_a_client_a_stranger),
      cmocka_unit_test(longest_idle_client_makes_room_where_there_is_no_stranger),
      cmocka_unit_test(clients_being_served_stay_and_the_newcomer_is_refused),
      cmocka_unit_test(stopping_server_answers_what_it_owes),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
