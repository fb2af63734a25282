// SPDX-License-Identifier: MIT
#include "web/http_client.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "support/cmocka.h"
#include "web_app.h"

using namespace rosterd;
using namespace rosterd::web;

namespace {

using Then = Reaction::Then;

constexpr auto kSoon = std::chrono::milliseconds(30);

// One fetch of "/" that the app answers with `reaction`.
std::string fate_of(const Reaction& reaction, const HttpClientOptions& options = {}) {
  Scene scene({reaction}, options);
  scene.then([&] { scene.fetch("/"); });
  scene.run();
  assert_int_equal(scene.app.peers.size(), 1);
  return scene.text;
}

void answer_of_any_status_is_a_value(void**) {
  assert_text_equal(fate_of(ok("{}")), "/ sent\n/ 200 {}\n");
  assert_text_equal(fate_of({"HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nno"}),
                    "/ sent\n/ 503 no\n");
  assert_text_equal(fate_of({"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 None\r\n\r\n"}),
                    "/ sent\n/ 204 \n");
  assert_text_equal(
      fate_of({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"}),
      "/ sent\n/ 200 {}\n");
}

void closing_may_end_an_answer(void**) {
  assert_text_equal(fate_of({"HTTP/1.1 200 OK\r\n\r\n{}", Then::kClose}), "/ sent\n/ 200 {}\n");
}

void request_is_written_as_asked(void**) {
  Scene scene({ok(""), ok("")});
  scene.then([&] { scene.fetch("/a?b", "POST", "[]"); });
  scene.then([&] {
    assert_text_equal(scene.app.last_request.fields.get("Host"), scene.base.substr(7));
    assert_false(scene.app.last_request.fields.has("Authorization"));
    scene.base.insert(7, "me:p%40ss@");
    scene.fetch("/c");
  });
  scene.run();
  assert_text_equal(scene.app.log, "1 POST /a?b []\n1 GET /c\n");
  assert_text_equal(scene.app.last_request.fields.get("Authorization"), "Basic bWU6cEBzcw==");
}

void connection_is_used_again(void**) {
  Scene scene({ok("1"), ok("2"), ok("3")});
  for (const char* target : {"/1", "/2", "/3"}) scene.then([&, target] { scene.fetch(target); });
  scene.run();
  assert_text_equal(scene.app.log, "1 GET /1\n1 GET /2\n1 GET /3\n");
}

void connection_the_server_ends_is_not_used_again(void**) {
  Scene scene({{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"},
               {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"},
               // Bytes after an answer would be taken for the next one.
               {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n"},
               ok("", Then::kClose),
               ok("5")});
  for (const char* target : {"/1", "/2", "/3", "/4"}) {
    scene.then([&, target] { scene.fetch(target); });
  }
  scene.then([&] { scene.fetch("/5"); }, 4);
  scene.run();
  assert_int_equal(scene.app.peers.size(), 5);
  assert_true(scene.text.ends_with("/5 sent\n/5 200 5\n"));
}

void idle_connection_is_closed_after_a_while(void**) {
  Scene scene({ok("1"), ok("2")}, {.idle_timeout = kSoon});
  scene.then([&] { scene.fetch("/1"); });
  scene.then([&] { scene.fetch("/2"); }, 1);
  scene.run();
  assert_text_equal(scene.app.log, "1 GET /1\n2 GET /2\n");
}

void server_that_speaks_unasked_loses_the_connection(void**) {
  Scene scene({ok("1"), ok("2")});
  scene.then([&] { scene.fetch("/1"); });
  scene.then([&] { scene.app.peers[0]->connection->write("HTTP/1.1 200 OK\r\n\r\n"); });
  scene.then([&] { scene.fetch("/2"); }, 1);
  scene.run();
  assert_text_equal(scene.app.log, "1 GET /1\n2 GET /2\n");
}

void get_on_a_dead_reused_connection_is_sent_once_more(void**) {
  for (const Then then : {Then::kClose, Then::kReset}) {
    Scene scene({ok("1"), {"", then}, ok("2")});
    scene.then([&] { scene.fetch("/1"); });
    scene.then([&] { scene.fetch("/2"); });
    scene.run();
    assert_text_equal(scene.app.log, "1 GET /1\n1 GET /2\n2 GET /2\n");
    assert_text_equal(scene.text, "/1 sent\n/1 200 1\n/2 sent\n/2 200 2\n");
  }
}

void goodbye_that_crosses_a_request_is_no_answer(void**) {
  Scene scene(
      {ok("1"), {"HTTP/1.1 408 Idle\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"}, ok("2")});
  scene.then([&] { scene.fetch("/1"); });
  scene.then([&] { scene.fetch("/2"); });
  scene.run();
  assert_text_equal(scene.text, "/1 sent\n/1 200 1\n/2 sent\n/2 200 2\n");
}

void second_death_is_an_error(void**) {
  Scene scene({ok("1"), {"", Then::kClose}, {"", Then::kClose}});
  scene.then([&] { scene.fetch("/1"); });
  scene.then([&] { scene.fetch("/2"); });
  scene.run();
  assert_text_equal(scene.text, "/1 sent\n/1 200 1\n/2 sent\n/2 unavailable: the server closed\n");
}

void request_on_a_new_connection_is_not_repeated(void**) {
  assert_text_equal(fate_of({"", Then::kClose}), "/ sent\n/ unavailable: the server closed\n");
  const std::string reset = fate_of({"", Then::kReset});
  assert_true(reset.starts_with("/ sent\n/ unavailable: "));
}

void post_is_not_repeated(void**) {
  Scene scene({ok("1"), {"", Then::kClose}});
  scene.then([&] { scene.fetch("/1"); });
  scene.then([&] { scene.fetch("/2", "POST", "x"); });
  scene.run();
  assert_text_equal(scene.app.log, "1 GET /1\n1 POST /2 x\n");
  assert_true(scene.text.ends_with("/2 unavailable: the server closed\n"));
}

void answer_that_has_begun_is_not_asked_for_again(void**) {
  Scene scene({ok("1"), {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", Then::kClose}});
  scene.then([&] { scene.fetch("/1"); });
  scene.then([&] { scene.fetch("/2"); });
  scene.run();
  assert_text_equal(scene.app.log, "1 GET /1\n1 GET /2\n");
  assert_true(
      scene.text.ends_with("/2 unavailable: the server closed in the middle of its answer\n"));
}

void garbage_is_refused(void**) {
  for (const char* bytes : {"<html>no</html>", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
                            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    assert_true(fate_of({bytes}).starts_with("/ sent\n/ invalid: bad answer: "));
  }
}

void oversized_answers_are_refused(void**) {
  HttpClientOptions options;
  options.limits.body_bytes = 10;
  const char* const too_large = "/ sent\n/ too-large: bad answer: body too large\n";
  assert_text_equal(fate_of(ok("0123456789"), options), "/ sent\n/ 200 0123456789\n");
  assert_text_equal(fate_of(ok("0123456789a"), options), too_large);
  assert_text_equal(fate_of({"HTTP/1.1 200 OK\r\n\r\n0123456789a"}, options), too_large);
  assert_text_equal(
      fate_of({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n"}, options), too_large);
  options.limits.head_bytes = 50;
  const std::string head = "HTTP/1.1 200 OK\r\nX: " + std::string(50, 'x') + "\r\n\r\n";
  assert_true(fate_of({head}, options).starts_with("/ sent\n/ too-large: "));
}

void huge_body_arrives_whole(void**) {
  Scene scene({ok(std::string(4 * 1024 * 1024, 'x'))});
  scene.then([&] { scene.fetch("/"); });
  scene.run();
  assert_int_equal(scene.last_size, 4 * 1024 * 1024);
}

void huge_body_may_be_had_as_it_arrives(void**) {
  std::string body(4 * 1024 * 1024, 'x');
  for (std::size_t i = 0; i < body.size(); i += 1000) body[i] = static_cast<char>('a' + i % 26);
  HttpClientOptions options;
  options.limits.body_bytes = body.size();
  Scene scene({ok(body)}, options);
  scene.in_parts = true;
  scene.then([&] { scene.fetch("/"); });
  scene.run();
  assert_true(scene.largest_part <= 128 * 1024);
  assert_true(scene.last_size <= 128 * 1024);
  assert_int_equal(scene.parts.size() + scene.last_size, body.size());
  assert_true(body.starts_with(scene.parts));
}

void parts_count_for_the_limit_of_a_body(void**) {
  HttpClientOptions options;
  options.limits.body_bytes = 1024 * 1024;
  Scene scene({{"HTTP/1.1 200 OK\r\n\r\n" + std::string(1024 * 1024 + 1, 'x')}}, options);
  scene.in_parts = true;
  scene.then([&] { scene.fetch("/"); });
  scene.run();
  assert_text_equal(scene.text, "/ sent\n/ too-large: bad answer: body too large\n");
}

void only_the_body_of_a_success_comes_in_parts(void**) {
  Scene scene(
      {{"HTTP/1.1 404 Not Found\r\nContent-Length: 100000\r\n\r\n" + std::string(100'000, 'x')}});
  scene.in_parts = true;
  scene.then([&] { scene.fetch("/"); });
  scene.run();
  assert_text_equal(scene.parts, "");
  assert_int_equal(scene.last_size, 100'000);
}

void each_stage_has_its_deadline(void**) {
  assert_text_equal(fate_of({""}, {.first_byte_timeout = kSoon}),
                    "/ sent\n/ timeout: first byte: no answer in time\n");
  assert_text_equal(fate_of({"HTTP/1.1 2"}, {.body_timeout = kSoon}),
                    "/ sent\n/ timeout: body: the answer did not end in time\n");
  // Long enough for the TCP connection to be there on a busy machine.
  Scene scene({}, {.connect_timeout = std::chrono::milliseconds(500)});
  scene.base.replace(0, 4, "https");  // the app waits for HTTP, not for TLS
  scene.then([&] { scene.fetch("/"); });
  scene.run();
  assert_text_equal(scene.text, "/ timeout: tls: no handshake in time\n");
}

// A listening socket that nobody accepts from: once its queue is full, a SYN gets no answer.
class FullSocket {
 public:
  FullSocket() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    sockets_.push_back(::socket(AF_INET, SOCK_STREAM, 0));
    ::bind(sockets_[0], name, size);
    ::listen(sockets_[0], 0);
    ::getsockname(sockets_[0], name, &size);
    port = ntohs(address.sin_port);
    for (int i = 0; i < 4; ++i) {
      sockets_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
      ::connect(sockets_.back(), name, size);
    }
  }
  ~FullSocket() {
    for (const int descriptor : sockets_) ::close(descriptor);
  }

  std::uint16_t port = 0;

 private:
  std::vector<int> sockets_;
};

void unanswered_connection_attempt_is_given_up(void**) {
  const FullSocket full;
  Scene scene({}, {.connect_timeout = kSoon});
  scene.base = "http://127.0.0.1:" + std::to_string(full.port);
  scene.then([&] { scene.fetch("/"); });
  scene.run();
  assert_text_equal(scene.text, "/ timeout: connect: no connection in time\n");
}

void refused_connection_is_unavailable(void**) {
  Scene scene({});
  scene.app.listen();  // on another port
  scene.then([&] { scene.fetch("/"); });
  scene.run();
  assert_true(scene.text.starts_with("/ unavailable: connect: "));
}

void requests_in_flight_are_capped_and_the_rest_waits_in_order(void**) {
  constexpr std::size_t kAll = 100;
  Scene scene(std::vector<Reaction>(kAll, ok("x")), {.max_in_flight = 16});
  scene.app.hold = 16;  // it answers only when so many are there
  scene.then([&] {
    for (std::size_t i = 0; i < kAll; ++i) scene.fetch("/" + std::to_string(i));
  });
  scene.run();
  assert_int_equal(scene.app.next, kAll);
  assert_int_equal(scene.app.most_open, 16);
  assert_int_equal(scene.app.peers.size(), 16);
  std::size_t last = 0;
  for (std::size_t i = 0; i < kAll; ++i) {
    const std::size_t sent = scene.text.find("/" + std::to_string(i) + " sent\n");
    assert_true(sent != std::string::npos && sent >= last);
    last = sent;
  }
}

void cancelled_fetch_is_silent_wherever_it_is(void**) {
  Scene scene({ok("2"), ok("4")}, {.max_in_flight = 1});
  std::uint64_t queued = 0;
  scene.then([&] {
    scene.cancel(scene.fetch("/0"));  // never started
    scene.fetch("/2");
    queued = scene.fetch("/3");
  });
  scene.on_sent = [&](std::uint64_t) {
    if (queued != 0) scene.cancel(std::exchange(queued, 0));
  };
  scene.then([&] { scene.fetch("/4"); });
  scene.run();
  assert_text_equal(scene.text, "/2 sent\n/2 200 2\n/4 sent\n/4 200 4\n");
  assert_text_equal(scene.app.log, "1 GET /2\n1 GET /4\n");
}

void cancel_on_the_wire_costs_the_connection(void**) {
  Scene scene({ok("1"), {""}, ok("3")}, {.max_in_flight = 1});
  std::uint64_t second = 0;
  scene.then([&] { scene.fetch("/1"); });
  scene.then([&] {
    second = scene.fetch("/2");
    scene.fetch("/3");
  });
  scene.app.on_request_seen = [&] {
    if (second != 0) scene.cancel(std::exchange(second, 0));
  };
  scene.run();
  assert_text_equal(scene.text, "/1 sent\n/1 200 1\n/2 sent\n/3 sent\n/3 200 3\n");
  assert_text_equal(scene.app.log, "1 GET /1\n1 GET /2\n2 GET /3\n");
}

void cancel_while_connecting_frees_the_place(void**) {
  Scene scene({ok("2")}, {.max_in_flight = 1});
  std::uint64_t first = 0;
  scene.app.on_peer_accepted = [&] {
    if (first != 0) scene.cancel(std::exchange(first, 0));
  };
  scene.then([&] {
    scene.base.replace(0, 4, "https");
    first = scene.fetch("/1");  // hangs in the handshake
    scene.base.replace(0, 5, "http");
  });
  scene.then([&] { scene.fetch("/2"); }, 1);
  scene.run();
  assert_text_equal(scene.text, "/2 sent\n/2 200 2\n");
}

void stop_fails_what_is_unfinished(void**) {
  Scene scene({}, {.max_in_flight = 1});
  scene.then([&] {
    scene.fetch("/1");
    scene.fetch("/2");
  });
  scene.on_sent = [&](std::uint64_t) {
    scene.client->stop();
    scene.fetch("/3");
  };
  scene.run();
  assert_text_equal(scene.text,
                    "/1 sent\n/1 cancelled: shutting down\n/2 cancelled: shutting down\n"
                    "/3 cancelled: shutting down\n");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(answer_of_any_status_is_a_value),
      cmocka_unit_test(closing_may_end_an_answer),
      cmocka_unit_test(request_is_written_as_asked),
      cmocka_unit_test(connection_is_used_again),
      cmocka_unit_test(connection_the_server_ends_is_not_used_again),
      cmocka_unit_test(idle_connection_is_closed_after_a_while),
      cmocka_unit_test(server_that_speaks_unasked_loses_the_connection),
      cmocka_unit_test(get_on_a_dead_reused_connection_is_sent_once_more),
      cmocka_unit_test(goodbye_that_crosses_a_request_is_no_answer),
      cmocka_unit_test(second_death_is_an_error),
      cmocka_unit_test(request_on_a_new_connection_is_not_repeated),
      cmocka_unit_test(post_is_not_repeated),
      cmocka_unit_test(answer_that_has_begun_is_not_asked_for_again),
      cmocka_unit_test(garbage_is_refused),
      cmocka_unit_test(oversized_answers_are_refused),
      cmocka_unit_test(huge_body_arrives_whole),
      cmocka_unit_test(huge_body_may_be_had_as_it_arrives),
      cmocka_unit_test(parts_count_for_the_limit_of_a_body),
      cmocka_unit_test(only_the_body_of_a_success_comes_in_parts),
      cmocka_unit_test(each_stage_has_its_deadline),
      cmocka_unit_test(unanswered_connection_attempt_is_given_up),
      cmocka_unit_test(refused_connection_is_unavailable),
      cmocka_unit_test(requests_in_flight_are_capped_and_the_rest_waits_in_order),
      cmocka_unit_test(cancelled_fetch_is_silent_wherever_it_is),
      cmocka_unit_test(cancel_on_the_wire_costs_the_connection),
      cmocka_unit_test(cancel_while_connecting_frees_the_place),
      cmocka_unit_test(stop_fails_what_is_unfinished),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
