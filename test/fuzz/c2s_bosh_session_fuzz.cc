// SPDX-License-Identifier: MIT
// A BOSH session under a sequence of requests, lost connections, stanzas and time. Every request is
// answered once at the most, in order, an element is handed over once, in order, and nothing that
// the stream says is lost or doubled in the answers that the client has not repeated.
//
// The input is a sequence of steps of two bytes: what, and how.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <set>
#include <string>

#include "c2s/bosh_session.h"

using namespace rosterd;
using namespace rosterd::c2s;

namespace {

constexpr std::uint64_t kFirstRid = 1000;

void require(bool condition) {
  if (!condition) std::abort();
}

class Scene final : public BoshFront, public BoshStream, public Clock {
 public:
  explicit Scene(std::uint8_t terms) {
    BoshRequest request;
    request.rid = kFirstRid;
    request.ver = terms & 16 ? "" : "1.6";
    request.hold = terms & 3;
    request.wait = terms & 4 ? 0 : 60;
    if (terms & 8) request.ack = 1;
    session_ =
        std::make_unique<BoshSession>(request, "a.test", BoshOptions{}, *this, timers_, *this);
    session_->attach(this);
    receive(std::move(request));
  }

  void play(std::uint8_t what, std::uint8_t how) {
    switch (what % 8) {
      case 0:
      case 1:
      case 2:
        return ask(how, what);
      case 3:
        return session_->send("<n" + std::to_string(said_++) + "/>");
      case 4:
        return lose(how);
      case 5:
        return pass(how);
      case 6:
        return hurry(how);
      default:
        if (how < 200) return;
        session_->close();
        closed_ = true;
    }
  }

  // True when it has finished.
  bool settle() {
    session_->settle();
    check_waiting();
    return session_->finished();
  }

 private:
  // A request around the one that is due, by and large.
  void ask(std::uint8_t how, std::uint8_t what) {
    BoshRequest request;
    request.rid = next_ + (how & 7) - 3;
    next_ = std::max(next_, request.rid + 1);
    if (how & 8) request.payloads.push_back("<p" + std::to_string(request.rid) + "/>");
    request.terminate = (how & 0x70) == 0x70;
    request.restart = (how & 0x70) == 0x60;
    if ((how & 0x70) == 0x50) request.pause = what;
    if ((how & 0x70) == 0x40) request.ack = request.rid - 1;
    receive(std::move(request));
  }

  void receive(BoshRequest request) {
    const std::uint64_t ticket = ++last_ticket_;
    waiting_.insert(ticket);
    session_->receive(std::move(request), ticket);
  }

  void lose(std::uint8_t how) {
    if (waiting_.empty()) return;
    auto lost = std::next(waiting_.begin(), how % waiting_.size());
    const std::uint64_t ticket = *lost;
    waiting_.erase(lost);
    session_->abandon(ticket);
  }

  void hurry(std::uint8_t how) {
    if (waiting_.empty()) return;
    session_->hurry(*std::next(waiting_.begin(), how % waiting_.size()));
  }

  void pass(std::uint8_t how) {
    now_ += std::chrono::seconds(how % 64);
    timers_.run_due(now_);
  }

  // No more requests wait than a client may have: those held, and those before their turn.
  void check_waiting() const { require(waiting_.size() <= 8 || session_->finished()); }

  void answer(const BoshSession&, std::uint64_t ticket, int status, std::string body) override {
    require(waiting_.erase(ticket) == 1);
    require(status == 200 || status == 400 || status == 403 || status == 404);
    require(body.starts_with("<body ") && (body.ends_with("/>") || body.ends_with("</body>")));
    read(body);
  }

  // What is said stands in one answer, or again in the repetition of that one.
  void read(const std::string& body) {
    const std::size_t at = body.find("<n");
    if (at == std::string::npos) return;
    const auto number = static_cast<std::uint64_t>(std::atoll(body.c_str() + at + 2));
    if (number < heard_) return require(answers_.contains(body));
    require(number == heard_);
    for (std::size_t i = at; i != std::string::npos; i = body.find("<n", i + 1)) ++heard_;
    require(heard_ <= said_);
    answers_.insert(body);
  }

  void on_unsettled(BoshSession&) override {}
  void on_open(const BoshRequest&) override { require(!gone_); }
  void on_element(std::string_view xml) override {
    require(!gone_ && !closed_);
    const auto rid = static_cast<std::uint64_t>(std::atoll(std::string(xml.substr(2)).c_str()));
    require(rid > handed_over_);
    handed_over_ = rid;
  }
  void on_terminate() override {
    require(!gone_ && !closed_);
    session_->close();
    closed_ = true;
  }
  std::size_t longest_element() const override { return 8; }
  void on_drained() override { require(session_->queued_bytes() == 0); }
  void on_gone(std::string_view) override {
    require(!gone_ && !closed_);
    gone_ = true;
  }

  Instant now() const override { return now_; }
  WallTime wall_now() const override { return WallTime{}; }

  Timers timers_;
  std::set<std::uint64_t> waiting_;  // tickets
  std::set<std::string> answers_;    // that have said something
  std::uint64_t last_ticket_ = 0;
  std::uint64_t next_ = kFirstRid + 1;
  std::uint64_t said_ = 0, heard_ = 0;  // elements of the stream
  std::uint64_t handed_over_ = 0;       // the rid of the last element
  bool closed_ = false, gone_ = false;
  Instant now_{std::chrono::hours(1)};
  std::unique_ptr<BoshSession> session_;  // the first to go
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  Scene scene(data[0]);
  scene.settle();
  for (std::size_t i = 1; i + 1 < size; i += 2) {
    scene.play(data[i], data[i + 1]);
    if (scene.settle()) break;
  }
  return 0;
}
