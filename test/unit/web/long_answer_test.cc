// SPDX-License-Identifier: MIT
// Answers that no socket takes at once, and clients that take their time.
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <thread>

#include "raw_client.h"
#include "support/cmocka.h"
#include "web/http_server.h"

using namespace rosterd;
using namespace rosterd::web;

namespace {

constexpr std::size_t kHuge = 20'000'000;

class HugeApp final : public RequestHandler {
 public:
  explicit HugeApp(bool for_anybody) : for_anybody_(for_anybody) {}
  bool is_for_anybody() const override { return for_anybody_; }
  void on_request(Responder& responder, ExchangeId exchange, const Client&,
                  const http::Request& request) override {
    const bool huge = request.target.ends_with("?huge");
    responder.respond(exchange, make_json(200, huge ? std::string(kHuge, 'h') : "small"));
  }

 private:
  const bool for_anybody_;
};

class StopApp final : public RequestHandler {
 public:
  explicit StopApp(HttpServer& server) : server_(server) {}
  void on_request(Responder& responder, ExchangeId exchange, const Client&,
                  const http::Request&) override {
    responder.respond(exchange, make_json(200, "stopping"));
    server_.stop();
  }

 private:
  HttpServer& server_;
};

std::string get(const std::string& target, const std::string& fields = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

// What `script` returned; "/web" is for the web application, "/open" for anybody.
std::string play(const HttpServerOptions& options, const net::LoopOptions& loop_options,
                 const std::function<std::string(std::uint16_t port)>& script) {
  net::Loop loop(loop_options);
  HttpServer server(loop, options);
  HugeApp web(false), open(true);
  StopApp stop(server);
  server.add_route("/web", "GET", &web);
  server.add_route("/open", "GET", &open);
  server.add_route("/stop", "GET", &stop);
  assert_true(server.listen(*net::Address::parse("127.0.0.1", 0), nullptr).has_value());
  const std::uint16_t port = server.addresses().at(0).port();
  std::string transcript;
  std::thread clients([&] {
    transcript = script(port);
    RawClient(port).send(get("/stop")).answer();
  });
  loop.run();
  clients.join();
  return transcript;
}

// However little time a closing connection has.
void last_answer_is_taken_whole(void**) {
  net::LoopOptions options;
  options.drain_timeout = std::chrono::milliseconds(1);
  const std::string transcript = play({}, options, [](std::uint16_t port) {
    std::ostringstream out;
    RawClient closing(port), half_closed(port);
    out << closing.send(get("/web?huge", "Connection: close\r\n")).answer().size();
    out << "," << closing.answer();
    half_closed.send(get("/web?huge")).finish_sending();
    out << "|" << half_closed.answer().size() << "," << half_closed.answer();
    return out.str();
  });
  assert_text_equal(transcript, "20000004,closed|20000004,closed");
}

void strangers_that_do_not_read_fill_no_memory(void**) {
  HttpServerOptions options;
  options.untaken_max = kHuge * 3 / 2;
  const std::string transcript = play(options, {}, [](std::uint16_t port) {
    std::ostringstream out;
    RawClient slow(port), other(port);
    slow.send(get("/open?huge")).answer_begins();
    out << other.send(get("/open?huge")).answer().substr(0, 4);
    out << other.last().fields.get("Retry-After");
    out << "," << other.send(get("/open")).answer();
    // What is for the web application is not held back.
    out << "," << other.send(get("/web?huge")).answer().size();
    out << "," << slow.answer().size();
    out << "," << other.send(get("/open?huge")).answer().size();
    return out.str();
  });
  assert_text_equal(transcript, "503 10,200 small,20000004,20000004,20000004");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(last_answer_is_taken_whole),
      cmocka_unit_test(strangers_that_do_not_read_fill_no_memory),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
