// SPDX-License-Identifier: MIT
#include "c2s/bosh_session.h"

#include <algorithm>
#include <utility>

#include "base/crypto.h"
#include "base/text.h"
#include "xml/writer.h"
#include "xmpp/namespaces.h"

namespace rosterd::c2s {

namespace {

using std::chrono::seconds;

constexpr std::size_t kSidBits = 160;
// A page that is loaded again asks at once, and so do some proxies: a few in a row are no offence.
constexpr unsigned kQuickAllowed = 4;
constexpr unsigned kRepeatsAllowed = 20;
// For a client that has not got the last answer.
constexpr Duration kLinger = seconds(10);
constexpr std::size_t kContentTypeBytes = 128;
constexpr std::string_view kContentType = "text/xml; charset=utf-8";

// Section 7.1: the client's choice, as far as it is a field value at all.
std::string choose_content_type(std::string_view wanted) {
  const bool fits =
      !wanted.empty() && wanted.size() <= kContentTypeBytes &&
      std::all_of(wanted.begin(), wanted.end(), [](char c) { return c >= ' ' && c <= '~'; });
  return std::string(fits ? wanted : kContentType);
}

std::uint64_t whole_seconds(Duration duration) {
  return static_cast<std::uint64_t>(std::chrono::floor<seconds>(duration).count());
}

Duration at_most(std::optional<std::uint64_t> wanted, Duration most) {
  const std::uint64_t limit = whole_seconds(most);
  return seconds(std::min(wanted.value_or(limit), limit));
}

std::string count_seconds(Duration duration) { return std::to_string(whole_seconds(duration)); }

bool is_empty(const BoshRequest& request) {
  return request.payloads.empty() && !request.restart && !request.terminate && !request.pause;
}

bool same_key(std::string_view a, std::string_view b) {
  return crypto::equal_constant_time(text::ascii_lower(a), text::ascii_lower(b));
}

}  // namespace

BoshSession::BoshSession(const BoshRequest& opening, std::string_view host,
                         const BoshOptions& options, const Clock& clock, Timers& timers,
                         BoshFront& front)
    : options_(options),
      clock_(clock),
      timers_(timers),
      front_(front),
      sid_(crypto::random_token(kSidBits)),
      host_(host),
      content_type_(choose_content_type(opening.content)),
      ver_(choose_bosh_version(opening.ver)),
      wait_(at_most(opening.wait, options.wait_max)),
      hold_(std::min(opening.hold.value_or(1), options.hold_max)),
      acks_(opening.ack.has_value()),
      first_rid_(opening.rid),
      last_rid_(opening.rid - 1) {
  idle_since_ = clock_.now();
}

BoshSession::~BoshSession() {
  if (stream_) std::exchange(stream_, nullptr)->on_gone("the server has dropped its session");
}

void BoshSession::skip_opening() {
  last_rid_ = first_rid_;
  front_.on_unsettled(*this);
}

// --- requests ------------------------------------------------------------------------------------

void BoshSession::receive(BoshRequest request, std::uint64_t ticket) {
  if (finished_) return reply(ticket, make_bosh_terminate(BoshCondition::kItemNotFound));
  if (repeat(request, ticket)) return;
  if (!is_in_window(request)) return fail(BoshCondition::kItemNotFound, ticket);
  if (!may_wait(request)) return fail(BoshCondition::kPolicyViolation, ticket);
  early_.push_back({std::move(request), ticket});
  take_early();
  front_.on_unsettled(*this);
}

// Section 13.3. True: it was one, and has been seen to.
bool BoshSession::repeat(const BoshRequest& request, std::uint64_t ticket) {
  if (!repeat_answered(request, ticket) && !repeat_held(request, ticket) &&
      !repeat_early(request, ticket)) {
    return false;
  }
  if (finished_) return true;
  if (++repeats_ > kRepeatsAllowed) fail(BoshCondition::kPolicyViolation, 0);
  idle_since_ = clock_.now();
  front_.on_unsettled(*this);
  return true;
}

bool BoshSession::repeat_answered(const BoshRequest& request, std::uint64_t ticket) {
  for (const Answer& answer : answers_) {
    if (answer.rid != request.rid) continue;
    if (same_key(answer.key, request.key)) {
      reply(ticket, answer.body);
    } else {
      fail(BoshCondition::kItemNotFound, ticket);
    }
    return true;
  }
  return false;
}

// The connection it came on before may be gone without anybody having noticed.
bool BoshSession::repeat_held(const BoshRequest& request, std::uint64_t ticket) {
  for (Held& held : held_) {
    if (held.rid != request.rid) continue;
    if (!same_key(held.key, request.key)) {
      fail(BoshCondition::kItemNotFound, ticket);
      return true;
    }
    if (held.ticket != 0) reply(held.ticket, make_bosh_body(" type='error'", ""));
    held.ticket = ticket;
    held.deadline = clock_.now() + wait_;
    return true;
  }
  return false;
}

bool BoshSession::repeat_early(const BoshRequest& request, std::uint64_t ticket) {
  for (Request& early : early_) {
    if (early.body.rid != request.rid) continue;
    if (early.ticket != 0) reply(early.ticket, make_bosh_body(" type='error'", ""));
    early.ticket = ticket;
    return true;
  }
  return false;
}

// Sections 11 and 13.2: one more than usual may pause or end the session.
bool BoshSession::is_in_window(const BoshRequest& request) const {
  const std::uint64_t extra = request.terminate || request.pause ? 1 : 0;
  return request.rid > last_rid_ && request.rid <= last_rid_ + requests() + extra &&
         !(over_ && end_told_);
}

// What has overtaken others is kept; of a stranger, no more than he may send in one element.
bool BoshSession::may_wait(const BoshRequest& request) const {
  if (request.rid == last_rid_ + 1 || !stream_) return true;
  std::size_t bytes = 0;
  for (const std::string& payload : request.payloads) bytes += payload.size();
  return bytes <= stream_->longest_element();
}

// The request whose turn it is, and those after it that have come before it.
void BoshSession::take_early() {
  while (!finished_) {
    const auto next = std::find_if(early_.begin(), early_.end(), [this](const Request& one) {
      return one.body.rid == last_rid_ + 1;
    });
    if (next == early_.end()) return;
    Request request = std::move(*next);
    early_.erase(next);
    take(std::move(request));
  }
}

void BoshSession::take(Request request) {
  const BoshRequest& body = request.body;
  if (!take_key(body)) return fail(BoshCondition::kItemNotFound, request.ticket);
  if (is_too_quick(body)) return fail(BoshCondition::kPolicyViolation, request.ticket);
  if (body.pause && *body.pause > whole_seconds(options_.pause_max)) {
    return fail(BoshCondition::kPolicyViolation, request.ticket);
  }
  const Instant now = clock_.now();
  last_rid_ = body.rid;
  last_arrival_ = now;
  last_was_empty_ = is_empty(body);
  repeats_ = 0;
  pause_ = body.pause ? Duration(seconds(*body.pause)) : Duration(0);
  held_.push_back({body.rid, request.ticket, now + wait_, body.key, body.pause.has_value()});
  // A request with the acknowledged answers' rid will not come again (section 8.2).
  while (body.ack && !answers_.empty() && answers_.front().rid <= *body.ack)
    answers_.erase(answers_.begin());
  hand_over(body);
}

// Section 14.4: each key is hashed by the one before it. A client that has not begun with one needs
// none.
bool BoshSession::take_key(const BoshRequest& request) {
  if (request.rid != first_rid_ && !key_.empty()) {
    const std::string hash =
        text::hex_encode(crypto::digest(crypto::Hash::kSha1, text::ascii_lower(request.key)));
    if (!same_key(hash, key_)) return false;
    key_ = request.key;
  }
  if (!request.newkey.empty()) key_ = request.newkey;
  return true;
}

// Sections 11 and 12. An abandoned request is not one that the client still waits for.
bool BoshSession::is_too_quick(const BoshRequest& request) {
  const auto waiting = static_cast<std::uint64_t>(
      std::count_if(held_.begin(), held_.end(), [](const Held& held) { return held.ticket != 0; }));
  const bool is_one_of_many = is_polling() ? last_was_empty_ : waiting + 1 >= requests();
  const bool quick = is_empty(request) && is_one_of_many && request.rid != first_rid_ &&
                     clock_.now() - last_arrival_ < options_.polling;
  quick_ = quick ? quick_ + 1 : 0;
  return quick_ > kQuickAllowed;
}

void BoshSession::hand_over(const BoshRequest& request) {
  // XEP-0206 section 5: what comes with a restart is ignored.
  if (stream_ && (request.restart || request.rid == first_rid_)) stream_->on_open(request);
  if (!request.restart) {
    for (const std::string& payload : request.payloads) {
      if (stream_ && !over_) stream_->on_element(payload);
    }
  }
  if (stream_ && !over_ && request.terminate) stream_->on_terminate();
}

void BoshSession::abandon(std::uint64_t ticket) {
  for (Held& held : held_) {
    if (held.ticket == ticket) held.ticket = 0;
  }
  for (Request& early : early_) {
    if (early.ticket == ticket) early.ticket = 0;
  }
  idle_since_ = clock_.now();
  rearm();
}

void BoshSession::hurry(std::uint64_t ticket) {
  for (Held& held : held_) {
    if (held.ticket == ticket) held.deadline = clock_.now();
  }
  front_.on_unsettled(*this);
}

// --- the stream ----------------------------------------------------------------------------------

void BoshSession::send(std::string_view element) {
  if (element.empty() || over_) return;
  const bool is_error = element.starts_with("<stream:error");
  if (is_error && shutdown_) return;  // the condition of the body says it
  has_error_ = has_error_ || is_error;
  queue_.append(element);
  front_.on_unsettled(*this);
}

void BoshSession::close() {
  if (over_) return;
  over_ = true;
  stream_ = nullptr;
  front_.on_unsettled(*this);
}

// --- answers -------------------------------------------------------------------------------------

// The oldest request whose answer is read by somebody, and may carry something.
BoshSession::Held* BoshSession::find_waiting() {
  const auto found = std::find_if(held_.begin(), held_.end(),
                                  [](const Held& held) { return held.ticket != 0 && !held.pause; });
  return found == held_.end() ? nullptr : &*found;
}

// Answers leave in the order of the requests (section 13.2).
void BoshSession::settle() {
  if (finished_) return;
  if (over_) return settle_end();
  const bool pausing = !held_.empty() && held_.back().pause;
  const bool had_queue = !queue_.empty();
  if (const Held* waiting = had_queue ? find_waiting() : nullptr) {
    const std::uint64_t rid = waiting->rid;
    while (!held_.empty() && held_.front().rid <= rid) answer_front();
  }
  while (held_.size() > (pausing || is_polling() ? 0 : hold_) ||
         (!held_.empty() && held_.front().rid == first_rid_)) {
    answer_front();
  }
  answer_all_due(clock_.now());
  if (had_queue && queue_.empty() && stream_) stream_->on_drained();
  rearm();
}

void BoshSession::answer_all_due(Instant now) {
  const auto last_due = std::find_if(held_.rbegin(), held_.rend(), [now](const Held& held) {
    return held.ticket != 0 && held.deadline <= now;
  });
  for (auto left = held_.rend() - last_due; left > 0; --left) answer_front();
}

void BoshSession::answer_front() {
  const Held held = std::move(held_.front());
  held_.erase(held_.begin());
  const bool carries = held.ticket != 0 && !held.pause;
  const std::string payload = carries ? std::exchange(queue_, {}) : std::string();
  last_was_empty_ = last_was_empty_ && payload.empty();
  std::string body = make_bosh_body(make_attributes(held.rid), payload);
  answers_.push_back({held.rid, held.key, body});
  while (answers_.size() > requests()) answers_.erase(answers_.begin());
  idle_since_ = clock_.now();
  if (held.ticket != 0) reply(held.ticket, std::move(body));
}

// Section 14: the oldest request gets the news and what is left to say. Nobody asking: the next
// one.
void BoshSession::settle_end() {
  const BoshCondition condition = end_condition();
  for (Request& early : std::exchange(early_, {})) {
    if (early.ticket != 0) {
      held_.push_back({early.body.rid, early.ticket, {}, std::move(early.body.key), false});
    }
  }
  for (Held& held : std::exchange(held_, {})) {
    std::string body = make_bosh_body("", "");
    if (held.ticket != 0 && !end_told_) {
      body = make_bosh_terminate(condition, std::exchange(queue_, {}));
      end_told_ = true;
    } else if (held.ticket != 0 && condition != BoshCondition::kNone) {
      body = make_bosh_terminate(condition);
    }
    answers_.push_back({held.rid, std::move(held.key), body});
    if (held.ticket != 0) reply(held.ticket, std::move(body));
  }
  while (answers_.size() > requests()) answers_.erase(answers_.begin());
  rearm();
}

BoshCondition BoshSession::end_condition() const {
  if (shutdown_) return BoshCondition::kSystemShutdown;
  return has_error_ ? BoshCondition::kRemoteStreamError : BoshCondition::kNone;
}

std::string BoshSession::make_attributes(std::uint64_t rid) const {
  if (rid == first_rid_) return make_opening_attributes();
  std::string out;
  // Section 9.1: not where it would say nothing new.
  if (acks_ && last_rid_ != rid) xml::append_attribute(out, "ack", std::to_string(last_rid_));
  return out;
}

std::string BoshSession::make_opening_attributes() const {
  std::string out;
  xml::append_attribute(out, "xmlns:xmpp", xmpp::ns::kXbosh);
  xml::append_attribute(out, "sid", sid_);
  xml::append_attribute(out, "from", host_);
  if (!ver_.empty()) xml::append_attribute(out, "ver", ver_);
  xml::append_attribute(out, "wait", count_seconds(wait_));
  xml::append_attribute(out, "hold", std::to_string(hold_));
  xml::append_attribute(out, "requests", std::to_string(requests()));
  xml::append_attribute(out, "polling", count_seconds(options_.polling));
  xml::append_attribute(out, "inactivity", count_seconds(patience()));
  xml::append_attribute(out, "maxpause", count_seconds(options_.pause_max));
  if (acks_) xml::append_attribute(out, "ack", std::to_string(first_rid_));
  xml::append_attribute(out, "xmpp:version", "1.0");
  xml::append_attribute(out, "xmpp:restartlogic", "true");
  return out;
}

// --- the end -------------------------------------------------------------------------------------

// The session is at fault: its stream is cut off, and everybody who waits is told.
void BoshSession::fail(BoshCondition condition, std::uint64_t ticket) {
  if (ticket != 0) held_.push_back({0, ticket, {}, {}, false});
  refuse_all(condition);
  over_ = true;
  if (stream_) std::exchange(stream_, nullptr)->on_gone(to_string(condition));
  finish();
}

void BoshSession::refuse_all(BoshCondition condition) {
  const int status = is_legacy() ? legacy_status(condition) : 200;
  const auto refuse = [&](std::uint64_t ticket) {
    if (ticket != 0) front_.answer(*this, ticket, status, make_bosh_terminate(condition));
  };
  for (const Held& held : std::exchange(held_, {})) refuse(held.ticket);
  for (const Request& early : std::exchange(early_, {})) refuse(early.ticket);
}

void BoshSession::finish() {
  finished_ = true;
  timer_.cancel();
  front_.on_unsettled(*this);
}

// --- time ----------------------------------------------------------------------------------------

// How long nobody may wait for an answer before the client counts as gone.
Duration BoshSession::patience() const {
  if (over_ && end_told_) return std::min(kLinger, options_.inactivity);
  if (pause_ > Duration(0)) return pause_;
  return is_polling() ? options_.inactivity * 2 + options_.polling : options_.inactivity;
}

void BoshSession::rearm() {
  if (finished_) return;
  Instant due = Instant::max();
  for (const Held& held : held_) {
    if (held.ticket != 0) due = std::min(due, held.deadline);
  }
  if (due == Instant::max()) due = idle_since_ + patience();
  timers_.arm(timer_, due);
}

void BoshSession::on_timer() {
  // The stream has ended in this turn: what it said last goes with the news, by settle().
  if (over_ && !held_.empty()) return;
  const Instant now = clock_.now();
  answer_all_due(now);
  const bool waited_for =
      std::any_of(held_.begin(), held_.end(), [](const Held& held) { return held.ticket != 0; });
  if (waited_for || now < idle_since_ + patience()) return rearm();
  refuse_all(BoshCondition::kItemNotFound);
  if (stream_) std::exchange(stream_, nullptr)->on_gone("no request for too long");
  over_ = true;
  finish();
}

}  // namespace rosterd::c2s
