// SPDX-License-Identifier: MIT
// Stage: the app room with a real im::Core on one side and, on the other, a web app, files, time
// and HTTP clients that the test plays.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/refresh.h"
#include "app/roster_source.h"
#include "base/log.h"
#include "base/text.h"
#include "unit/im/scene.h"

namespace rosterd::app {

using im::make_jid;

// Questions that are out, in the order in which they were asked; what a web app and files have in
// common.
class Outside {
 public:
  struct Question {
    std::uint64_t ticket;
    std::string path;
    http::Fields fields;
    web::FetchEvents* events;
    std::string body = {};
    bool in_parts = false;
    bool sent = false;
  };

  std::uint64_t ask(std::string path, http::Fields fields, web::FetchEvents* events,
                    std::string body = {}, bool in_parts = false) {
    open_.push_back(
        {++last_ticket_, std::move(path), std::move(fields), events, std::move(body), in_parts});
    ++asked;
    return last_ticket_;
  }
  void withdraw(std::uint64_t ticket) {
    const auto found = std::find_if(open_.begin(), open_.end(),
                                    [&](const Question& q) { return q.ticket == ticket; });
    assert_true(found != open_.end());
    open_.erase(found);
    ++withdrawn;
  }

  // The paths of what is out.
  std::string open() const {
    std::string paths;
    for (const Question& question : open_) (paths += paths.empty() ? "" : " ") += question.path;
    return paths;
  }
  std::string field(std::string_view path, std::string_view name) {
    return std::string(find(path)->fields.get(name));
  }
  std::string body(std::string_view path) { return find(path)->body; }
  std::size_t open_count() const { return open_.size(); }
  // The request leaves the queue for a connection.
  void send(std::string_view path) {
    Question& question = *find(path);
    question.sent = true;
    question.events->on_fetch_sent(question.ticket);
  }
  void reply(std::string_view path, Result<http::Response> response) {
    if (!find(path)->sent && response) send(path);
    const auto found = find(path);
    const Question question = *found;
    if (question.in_parts && response) pass_on_body(question, *response);
    open_.erase(found);
    question.events->on_fetch_done(question.ticket, std::move(response));
  }
  void answer(std::string_view path, std::string body) { answer(path, 200, std::move(body)); }
  void answer(std::string_view path, int status, std::string body = {}, http::Fields fields = {}) {
    http::Response response;
    response.status = status;
    response.body = std::move(body);
    response.fields = std::move(fields);
    reply(path, std::move(response));
  }
  void fail(std::string_view path, Errc code) { reply(path, make_error(code, "no luck")); }

  int asked = 0;
  int withdrawn = 0;

 private:
  // Of every other answer, the first half comes before the rest.
  static void pass_on_body(const Question& question, http::Response& response) {
    if (response.status != 200 || question.ticket % 2 != 0) return;
    const std::size_t half = response.body.size() / 2;
    question.events->on_fetch_body(question.ticket, response.body.substr(0, half));
    response.body.erase(0, half);
  }
  std::vector<Question>::iterator find(std::string_view path) {
    const auto found =
        std::find_if(open_.begin(), open_.end(), [&](const Question& q) { return q.path == path; });
    if (found == open_.end()) print_message("%s is not asked for\n", std::string(path).c_str());
    assert_true(found != open_.end());
    return found;
  }
  std::vector<Question> open_;
  std::uint64_t last_ticket_ = 0;
};

class WebApp final : public web::Fetcher, public Outside {
 public:
  std::uint64_t fetch(web::FetchRequest request, web::FetchEvents* events) override {
    assert_text_equal(request.method, request.body.empty() ? "GET" : "POST");
    assert_text_equal(request.url.origin(), origin);
    return ask(request.url.target, std::move(request.fields), events, std::move(request.body),
               request.in_parts);
  }
  void cancel(std::uint64_t ticket) override { withdraw(ticket); }

  std::string origin = "http://app.example.org";  // where it is expected
};

class Files final : public FileReader, public Outside {
 public:
  std::uint64_t read(const std::string& path, std::size_t, web::FetchEvents* events) override {
    return ask(path, {}, events);
  }
  void cancel(std::uint64_t ticket) override { withdraw(ticket); }
};

// The HTTP server's side of the refresh endpoint.
class Clients final : public web::Responder {
 public:
  void respond(web::ExchangeId exchange, http::Response response) override {
    answered.push_back(exchange.index);
    if (before_answer) before_answer(context);
    answers.push_back(std::move(response));
  }
  std::vector<http::Response> answers;
  std::vector<std::uint32_t> answered;  // the number of the request of each
  void (*before_answer)(void* context) = nullptr;
  void* context = nullptr;
};

// Log lines, but for those of debug.
struct Journal {
  Journal() {
    log::set_sink(
        [](void* context, log::Level level, std::string_view line) {
          if (level == log::Level::kDebug) return;
          static_cast<std::vector<std::string>*>(context)->emplace_back(line);
        },
        &lines);
  }
  ~Journal() { log::set_sink(nullptr, nullptr); }
  std::size_t count(std::string_view part) const {
    return static_cast<std::size_t>(std::count_if(
        lines.begin(), lines.end(),
        [&](const std::string& line) { return line.find(part) != std::string::npos; }));
  }
  std::vector<std::string> lines;
};

class Stage {
 public:
  explicit Stage(RosterSourceOptions roster = make_roster_options()) : roster_options(roster) {
    source.set_core(&core);
  }

  static RosterSourceOptions make_roster_options() {
    RosterSourceOptions options;
    options.url = "http://app.example.org/%s";
    return options;
  }
  static im::Options make_im_options() {
    im::Options options;
    options.hosts = {"h", "other"};
    return options;
  }
  static RefreshOptions make_refresh_options() {
    RefreshOptions options;
    options.hosts = {"h", "other"};
    return options;
  }

  // Time goes on; timers fire at their time.
  void pass(Duration duration) {
    const Duration end = clock.passed + duration;
    const Instant last = clock.now() + duration;
    for (auto due = timers.next_due(); due && *due <= last; due = timers.next_due()) {
      clock.passed += std::max(*due - clock.now(), Duration(0));
      timers.run_due(clock.now());
    }
    clock.passed = end;
    timers.run_due(clock.now());
  }

  // A client authenticates, binds, asks for its roster and becomes available; both wait.
  Handle<im::Session> login(std::string_view user) {
    const xmpp::Jid jid = make_jid(im::at_host(user));
    core.begin_user(jid);
    const auto session = core.bind(jid, "r");
    assert_true(session.has_value());
    tell(*session, "<iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>");
    tell(*session, "<presence/>");
    read(*session);  // his own presence comes back at once
    return *session;
  }
  // The same, with the roster come and read.
  Handle<im::Session> login(std::string_view user, std::string roster) {
    const auto session = login(user);
    web_app.answer(path_of(user), std::move(roster));
    read(session);
    return session;
  }
  void logout(Handle<im::Session> session) {
    const xmpp::Jid user = core.find_session(session)->jid.bare();
    core.end_session(session);
    core.end_user(user);
  }
  void tell(Handle<im::Session> session, std::string_view stanza) {
    const auto element = parser.parse_stanza(stanza);
    assert_true(element.has_value());
    core.handle_stanza(session, *element);
  }
  // What a client got since the last read, a line per stanza.
  std::string read(Handle<im::Session> session) {
    im::Outbox& outbox = core.find_session(session)->outbox;
    std::string lines;
    for (std::size_t i = 0; i < outbox.count(); ++i) {
      lines += (lines.empty() ? "" : "\n") + describer.describe(outbox.stanza(i));
    }
    outbox.clear();
    return lines;
  }
  static std::string path_of(std::string_view user) {
    return "/" + text::percent_encode(user.substr(0, user.find('@')));
  }

  void request(std::string method, std::string target, std::string body = {},
               http::Fields fields = {}) {
    http::Request request;
    request.fields = std::move(fields);
    request.method = std::move(method);
    request.target = std::move(target);
    request.body = std::move(body);
    request.fields.add("Content-Type", "application/x-www-form-urlencoded");
    request.fields.add("Host", "anything");
    refresh.on_request(clients, {requests++, 1}, requester, request);
  }
  void post(std::string body) { request("POST", "/roster_admin/refresh", std::move(body)); }
  void post_edges(std::string body) { request("POST", "/roster_admin/edges", std::move(body)); }
  void post_with(std::string name, std::string value, std::string body) {
    http::Fields fields;
    fields.add(std::move(name), std::move(value));
    request("POST", "/roster_admin/refresh", std::move(body), std::move(fields));
  }
  // "status body" of the last answer, which must be the n-th.
  std::string answer(std::size_t n) {
    assert_int_equal(clients.answers.size(), n);
    const http::Response& response = clients.answers.back();
    assert_text_equal(response.fields.get("Content-Type"), "application/json");
    return std::to_string(response.status) + " " + response.body;
  }

  web::Client requester;  // of request()
  Journal journal;
  im::ManualClock clock;
  Timers timers;
  WebApp web_app;
  Files files;
  RosterSourceOptions roster_options;
  RosterSource source{roster_options, &web_app, &files, clock, timers};
  im::Core core{make_im_options(), clock, &source};
  xml::Parser parser;
  im::Describer describer;
  Clients clients;
  std::uint32_t requests = 0;
  Refresh refresh{make_refresh_options(), core, source, clock, timers};
};

// Notes what it is told: "juliet@h" and the contacts' names, or "juliet@h kind: text".
class Sink final : public RosterSink {
 public:
  void on_refetched(std::uint64_t ticket, const xmpp::Jid& user,
                    Result<im::RosterChange> change) override {
    tickets.push_back(ticket);
    told += (told.empty() ? "" : "; ") + std::string(user.text()) + " ";
    if (!change) {
      told += std::string(to_string(change.error().code)) + ": " + change.error().text;
      return;
    }
    sequences.push_back(change->sequence);
    change->roster.make_whole();
    for (const auto& item : change->roster.base()->items()) {
      told += change->roster.interner().text(item.name);
    }
    if (again) std::exchange(again, nullptr)->refetch(user, this);
  }
  std::string told;
  std::vector<std::uint64_t> tickets, sequences;
  RosterSource* again = nullptr;
};

inline std::uint64_t refetch(Stage& stage, Sink& sink, std::string_view user = "juliet") {
  return stage.source.refetch(make_jid(im::at_host(user)), &sink);
}

// A fresh stage per test: a failing assertion jumps out of the test, so the stage lives here.
inline int set_stage(void** state) {
  *state = new Stage;
  return 0;
}
inline int clear_stage(void** state) {
  delete static_cast<Stage*>(*state);
  *state = nullptr;
  return 0;
}
inline Stage& stage_of(void** state) { return *static_cast<Stage*>(*state); }

#define STAGE_TEST(test) cmocka_unit_test_setup_teardown(test, set_stage, clear_stage)

}  // namespace rosterd::app
