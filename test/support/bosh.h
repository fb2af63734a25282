// SPDX-License-Identifier: MIT
// BoshScene: a BOSH session between a stream and an HTTP server that only write down what happens,
// on a clock of the test's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "c2s/bosh_session.h"

namespace rosterd::test {

// What it has been told, one line of a log each.
class BoshScene : public c2s::BoshFront, public c2s::BoshStream, public Clock {
 public:
  static constexpr std::uint64_t kFirstRid = 100;

  explicit BoshScene(const c2s::BoshOptions& options = {}) : options_(options) {}
  ~BoshScene() override { session.reset(); }

  // Opens the session by request 100 on ticket 100.
  void open(c2s::BoshRequest request = {}) {
    if (request.rid == 0) request.rid = kFirstRid;
    if (request.ver.empty()) request.ver = "1.6";
    open_as(std::move(request));
  }
  void open_as(c2s::BoshRequest request) {
    session = std::make_unique<c2s::BoshSession>(request, "a.test", options_, *this, timers, *this);
    session->attach(this);
    const std::uint64_t ticket = request.rid;
    session->receive(std::move(request), ticket);
    settle();
  }

  // A request whose ticket is its rid, or another one; the turn goes on.
  void receive(c2s::BoshRequest request, std::uint64_t ticket = 0) {
    if (ticket == 0) ticket = request.rid;
    session->receive(std::move(request), ticket);
  }
  // The same in a turn of its own.
  void ask(c2s::BoshRequest request, std::uint64_t ticket = 0) {
    receive(std::move(request), ticket);
    settle();
  }
  static c2s::BoshRequest empty(std::uint64_t rid) {
    c2s::BoshRequest request;
    request.rid = rid;
    return request;
  }
  static c2s::BoshRequest with(std::uint64_t rid, std::string payload) {
    c2s::BoshRequest request = empty(rid);
    request.payloads.push_back(std::move(payload));
    return request;
  }
  // The stream writes, and the turn ends.
  void send(std::string_view element) {
    session->send(element);
    settle();
  }
  void settle() {
    if (std::exchange(unsettled_, false)) session->settle();
  }
  void pass(Duration time) {
    // In small steps: a timer must not be late.
    for (const Instant end = now_ + time; now_ < end;) {
      now_ = std::min(end, now_ + std::chrono::milliseconds(100));
      timers.run_due(now_);
      settle();
    }
  }

  // Since the last call. A body loses its namespace: "100: <body type='error'/>".
  std::string take_log() { return std::exchange(log_, {}); }
  void write_log(std::string_view line) {
    if (!log_.empty()) log_ += '|';
    log_ += line;
  }

  void answer(const c2s::BoshSession&, std::uint64_t ticket, int status,
              std::string body) override {
    constexpr std::string_view kNs = " xmlns='http://jabber.org/protocol/httpbind'";
    constexpr std::string_view kStreamNs = " xmlns:stream='http://etherx.jabber.org/streams'";
    for (const std::string_view ns : {kNs, kStreamNs}) {
      if (const auto at = body.find(ns); at != std::string::npos) body.erase(at, ns.size());
    }
    write_log(std::to_string(ticket) + ": " + (status == 200 ? "" : std::to_string(status) + " ") +
              body);
  }
  void on_unsettled(c2s::BoshSession&) override { unsettled_ = true; }

  void on_open(const c2s::BoshRequest& request) override {
    write_log("open " + request.to);
    if (!features.empty()) session->send(features);
  }
  void on_element(std::string_view xml) override {
    write_log("element " + std::string(xml));
    if (!reply.empty()) session->send(std::exchange(reply, {}));
    if (close_on_element) session->close();
  }
  void on_terminate() override {
    write_log("terminate");
    session->close();
  }
  std::size_t longest_element() const override { return 1000; }
  void on_drained() override { write_log("drained"); }
  void on_gone(std::string_view why) override { write_log("gone, " + std::string(why)); }

  Instant now() const override { return now_; }
  WallTime wall_now() const override { return WallTime{}; }

  std::string features;  // what the stream answers to being opened
  std::string reply;     // and to the next element
  bool close_on_element = false;
  Timers timers;
  std::unique_ptr<c2s::BoshSession> session;

 private:
  const c2s::BoshOptions options_;
  Instant now_{std::chrono::hours(1)};
  std::string log_;
  bool unsettled_ = false;
};

inline constexpr std::string_view kItemNotFound =
    "<body type='terminate' condition='item-not-found'/>";
inline constexpr std::string_view kPolicy = "<body type='terminate' condition='policy-violation'/>";

inline std::string told(std::uint64_t ticket, std::string_view body) {
  return std::to_string(ticket) + ": " + std::string(body);
}

// An open session with nothing held; request 101 is next.
struct Open : BoshScene {
  explicit Open(c2s::BoshRequest opening = {}, const c2s::BoshOptions& options = {})
      : BoshScene(options) {
    open(std::move(opening));
    take_log();
    pass(std::chrono::seconds(5));
  }
};

inline c2s::BoshRequest opening(std::optional<std::uint64_t> wait,
                                std::optional<std::uint64_t> hold) {
  c2s::BoshRequest request;
  request.wait = wait;
  request.hold = hold;
  return request;
}

inline c2s::BoshRequest terminating(std::uint64_t rid) {
  c2s::BoshRequest request = BoshScene::empty(rid);
  request.terminate = true;
  return request;
}

inline c2s::BoshRequest pausing(std::uint64_t rid, std::uint64_t time) {
  c2s::BoshRequest request = BoshScene::empty(rid);
  request.pause = time;
  return request;
}

}  // namespace rosterd::test
