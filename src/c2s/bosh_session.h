// SPDX-License-Identifier: MIT
// BoshSession: one client's session over many HTTP requests (XEP-0124, XEP-0206): which requests
// are in order, which are held, what each is answered, and when the session is over. No socket and
// no stream: requests are tickets, the stream is a BoshStream.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "base/timers.h"
#include "c2s/bosh_body.h"

namespace rosterd::c2s {

struct BoshOptions {
  Duration inactivity = std::chrono::seconds(60);  // without a held request; twice when polling
  Duration wait_max = std::chrono::seconds(60);    // that a request is held
  std::uint64_t hold_max = 2;                      // requests held at once
  Duration pause_max = std::chrono::seconds(120);  // of inactivity, when the client asks for it
  Duration polling = std::chrono::seconds(2);      // between empty requests that are not held
};

class BoshSession;

// The HTTP side. Tickets are never 0.
class BoshFront {
 public:
  virtual ~BoshFront() = default;
  // The one answer to a request; `session` tells the Content-Type. May be called in any call of the
  // session.
  virtual void answer(const BoshSession& session, std::uint64_t ticket, int status,
                      std::string body) = 0;
  // settle() is wanted at the end of this turn; or the session has finished, and may be destroyed,
  // not in this call.
  virtual void on_unsettled(BoshSession& session) = 0;
};

// The XMPP side.
class BoshStream {
 public:
  virtual ~BoshStream() = default;
  virtual void on_open(const BoshRequest& request) = 0;  // of the session, or a restart
  virtual void on_element(std::string_view xml) = 0;
  virtual void on_terminate() = 0;
  // In bytes: on_element() takes no longer one at the moment.
  virtual std::size_t longest_element() const = 0;
  virtual void on_drained() = 0;  // nothing waits for a request any more
  // The session is over without the stream having been closed. The last call.
  virtual void on_gone(std::string_view why) = 0;
};

class BoshSession {
 public:
  // `opening` is the request without sid; `host` is who answers. The rest outlives the session.
  BoshSession(const BoshRequest& opening, std::string_view host, const BoshOptions& options,
              const Clock& clock, Timers& timers, BoshFront& front);
  ~BoshSession();
  BoshSession(const BoshSession&) = delete;
  BoshSession& operator=(const BoshSession&) = delete;

  // Before the first receive(); null ends its part.
  void attach(BoshStream* stream) { stream_ = stream; }
  // Instead of receiving the opening, of which the client has been told otherwise: its first
  // request is the next one.
  void skip_opening();

  // --- what HTTP reports -----------------------------------------------------------------------
  // The first one is the opening.
  void receive(BoshRequest request, std::uint64_t ticket);
  // Nobody waits for that answer any more. It is still owed to who repeats the request.
  void abandon(std::uint64_t ticket);
  // The client has sent a request behind this one on the same connection, which is not read before
  // this one is answered.
  void hurry(std::uint64_t ticket);

  // --- what the stream says --------------------------------------------------------------------
  // A whole element that declares its namespace. Kept until a request can carry it.
  void send(std::string_view element);
  // The stream has ended. What was sent goes out with the last answer, now or when the client asks.
  void close();
  // When the stream ends now, it is because the server does.
  void announce_shutdown() { shutdown_ = true; }
  std::size_t queued_bytes() const { return queue_.size(); }

  // --- end of turn -----------------------------------------------------------------------------
  // Answers what need not be held. Only here, so that what a request brings about in the same turn
  // goes with its answer.
  void settle();
  bool finished() const { return finished_; }

  const std::string& sid() const { return sid_; }
  const std::string& content_type() const { return content_type_; }
  // For HTTP status codes instead of conditions.
  bool is_legacy() const { return ver_.empty(); }

 private:
  struct Request {
    BoshRequest body;
    std::uint64_t ticket;  // 0 = abandoned
  };
  struct Held {
    std::uint64_t rid;
    std::uint64_t ticket;  // likewise
    Instant deadline;
    std::string key;
    bool pause;
  };
  struct Answer {
    std::uint64_t rid;
    std::string key;
    std::string body;
  };

  bool is_polling() const { return wait_ == Duration(0) || hold_ == 0; }
  std::uint64_t requests() const { return hold_ + 1; }
  Duration patience() const;
  bool repeat(const BoshRequest& request, std::uint64_t ticket);
  bool repeat_answered(const BoshRequest& request, std::uint64_t ticket);
  bool repeat_held(const BoshRequest& request, std::uint64_t ticket);
  bool repeat_early(const BoshRequest& request, std::uint64_t ticket);
  bool is_in_window(const BoshRequest& request) const;
  bool may_wait(const BoshRequest& request) const;
  void take_early();
  void take(Request request);
  bool take_key(const BoshRequest& request);
  bool is_too_quick(const BoshRequest& request);
  void hand_over(const BoshRequest& request);

  Held* find_waiting();
  void answer_front();
  void answer_all_due(Instant now);
  void settle_end();
  void reply(std::uint64_t ticket, std::string body) {
    front_.answer(*this, ticket, 200, std::move(body));
  }
  std::string make_attributes(std::uint64_t rid) const;
  std::string make_opening_attributes() const;
  BoshCondition end_condition() const;
  void fail(BoshCondition condition, std::uint64_t ticket);
  void refuse_all(BoshCondition condition);
  void finish();
  void rearm();
  void on_timer();

  const BoshOptions options_;
  const Clock& clock_;
  Timers& timers_;
  BoshFront& front_;
  BoshStream* stream_ = nullptr;

  // --- what was agreed on at the opening
  const std::string sid_;
  const std::string host_;
  std::string content_type_;
  std::string ver_;
  Duration wait_;
  std::uint64_t hold_;
  bool acks_;
  std::uint64_t first_rid_;

  std::uint64_t last_rid_;       // the highest taken in order
  std::string key_;              // the next request's must hash to it; "" = no keys
  std::vector<Held> held_;       // taken, not answered, by rid
  std::vector<Request> early_;   // came before their turn
  std::vector<Answer> answers_;  // the last ones, for repetition
  std::string queue_;            // elements that wait for a request

  Instant last_arrival_{};
  Instant idle_since_{};         // nobody has waited for an answer since
  Duration pause_{0};            // in the place of the inactivity period; 0 = none
  unsigned quick_ = 0;           // empty requests in a row that came too early
  unsigned repeats_ = 0;         // since the last new request
  bool last_was_empty_ = false;  // request and answer
  bool has_error_ = false;       // a stream error stands in the queue
  bool shutdown_ = false;
  bool over_ = false;      // the stream has ended
  bool end_told_ = false;  // and the client has been answered so
  bool finished_ = false;
  Timer timer_ = Timer::bind<&BoshSession::on_timer>(this);
};

}  // namespace rosterd::c2s
