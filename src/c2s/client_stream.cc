// SPDX-License-Identifier: MIT
#include "c2s/client_stream.h"

#include <variant>

#include "base/log.h"
#include "base/text.h"
#include "xmpp/namespaces.h"
#include "xmpp/stream_header.h"

namespace rosterd::c2s {

using xmpp::StreamCondition;

namespace {

// Of a client that has to wait, beside its longest element: far more than one read brings.
constexpr std::size_t kMostKeptBeside = 1024 * 1024;
// Over outbox_total: less than this is no sign of a client that does not read.
constexpr std::size_t kLeastOfTotal = 16 * 1024;

}  // namespace

ClientStream::ClientStream(const StreamContext& context, Channel& channel)
    : context_(context),
      channel_(channel),
      timer_(Timer::bind<&ClientStream::on_timer>(this)),
      framer_(context.options.before_login) {
  ++context_.stats.opened;
  begin_negotiation();
  context_.timers.arm(timer_, context_.clock.now() + context_.options.login_timeout);
}

ClientStream::~ClientStream() { leave(); }

void ClientStream::begin_negotiation() {
  const bool secure = channel_.secure();
  negotiation_ = std::make_unique<xmpp::Negotiation>(
      context_.options.negotiation, channel_.framing(), secure,
      secure ? channel_.bindings() : xmpp::ChannelBindings{}, channel_.take_cookie());
}

// --- input ---------------------------------------------------------------------------------------

void ClientStream::on_bytes(std::string_view bytes) {
  if (closed_ || !count_before_login(bytes)) return;
  if (kept_) {
    kept_->append(bytes);
    consume_kept();
  } else {
    const std::string_view rest = bytes.substr(consume(bytes));
    if (!closed_ && !rest.empty()) kept_ = std::make_unique<std::string>(rest);
  }
}

bool ClientStream::count_before_login(std::string_view bytes) {
  if (!user_.empty()) return true;
  bytes_before_login_ += bytes.size();
  if (bytes_before_login_ <= context_.options.bytes_before_login) return true;
  close(StreamCondition::kPolicyViolation, "too many bytes before login");
  return false;
}

// The framer, which knows the limits, must find one element and nothing else. What comes while the
// negotiation or the client waits is kept as on TCP: it has been found to be whole elements.
void ClientStream::on_message(std::string_view xml) {
  if (closed_ || !count_before_login(xml)) return;
  framer_.reset_to_stanzas();
  const xml::Frame frame = framer_.next(xml);
  if (frame.kind == xml::Frame::Kind::kError) return handle_frame_error();
  if (frame.kind != xml::Frame::Kind::kStanza || frame.size != xml.size()) {
    return close(StreamCondition::kBadFormat, "not one whole element");
  }
  framer_.reset_to_stanzas();
  if (!waiting() && !held()) return handle_element(xml);
  if (!kept_) kept_ = std::make_unique<std::string>();
  kept_->append(xml);
  // By BOSH a client can go on sending, whatever is left in the kernel.
  if (kept_->size() > longest_element() + kMostKeptBeside) {
    close(StreamCondition::kPolicyViolation, "the client sends more than it may");
  }
}

void ClientStream::consume_kept() {
  if (!kept_) return;
  // Taken out, so that nothing that happens meanwhile can pull it from under the frames; put back
  // uncopied, so that a stanza sent byte by byte costs no more than one sent whole.
  std::unique_ptr<std::string> bytes = std::move(kept_);
  const std::size_t used = consume(*bytes);
  if (closed_ || used == bytes->size()) return;
  bytes->erase(0, used);
  kept_ = std::move(bytes);
}

// Handles every whole frame in `bytes` and returns how many bytes they took. Stops while the
// negotiation waits for an answer, or the client must wait: what it sent ahead is handled
// afterwards.
std::size_t ClientStream::consume(std::string_view bytes) {
  std::size_t used = 0;
  while (!closed_ && !waiting() && !held()) {
    const xml::Frame frame = framer_.next(bytes.substr(used));
    if (frame.kind == xml::Frame::Kind::kNeedMore) break;
    handle_frame(frame.kind, bytes.substr(used, frame.size));
    used += frame.size;
    if (drop_rest_) {
      drop_rest_ = false;
      return bytes.size();
    }
  }
  return used;
}

void ClientStream::handle_frame(xml::Frame::Kind kind, std::string_view bytes) {
  switch (kind) {
    case xml::Frame::Kind::kNeedMore:
    case xml::Frame::Kind::kWhitespace:
      return;
    case xml::Frame::Kind::kHeader:
      return handle_header(bytes);
    case xml::Frame::Kind::kStanza:
      return handle_element(bytes);
    case xml::Frame::Kind::kStreamEnd:
      return on_stream_end();
    case xml::Frame::Kind::kError:
      return handle_frame_error();
  }
}

void ClientStream::handle_frame_error() {
  close(xmpp::to_stream_condition(framer_.error()), framer_.detail());
}

void ClientStream::handle_header(std::string_view bytes) {
  if (!negotiation_) return close(StreamCondition::kBadFormat, "stream header inside the stream");
  const auto header = context_.parser.parse_header(bytes);
  if (!header) return close(StreamCondition::kNotWellFormed, header.error().text);
  on_header(*header);
}

void ClientStream::on_header(const xml::StreamHeader& header) {
  if (closed_) return;
  if (!negotiation_) return close(StreamCondition::kBadFormat, "stream header inside the stream");
  xmpp::Actions actions;
  negotiation_->on_header(header, actions);
  perform(actions);
}

void ClientStream::on_stream_end() { close_politely("the client closed its stream"); }

void ClientStream::handle_element(std::string_view bytes) {
  const auto element = context_.parser.parse_stanza(bytes);
  if (!element) return close(StreamCondition::kNotWellFormed, element.error().text);
  if (element->ns() == xmpp::ns::kFraming && handle_framing(*element)) return;
  if (!negotiation_) return handle_stanza(*element, bytes.size());
  xmpp::Actions actions;
  negotiation_->on_element(*element, actions);
  perform(actions);
}

void ClientStream::handle_stanza(xml::Element stanza, std::size_t bytes) {
  const RateOptions& rate = context_.options.rate;
  const im::Handled handled = context_.core.handle_stanza(session_, stanza);
  const Instant now = context_.clock.now();
  if (std::exchange(busy_in_, now) != now) work_ = 0;
  work_ += 1 + handled.sent;
  const bool has_had_its_share = work_ > Brake::kWorkOfTurn;
  if (closed_ || (!handled.congested && !has_had_its_share && rate.bytes_per_second == 0)) return;
  if (!brake_) {
    brake_ = std::make_unique<Brake>(
        context_.timers, [](void* stream) { static_cast<ClientStream*>(stream)->on_brake(); },
        this);
  }
  brake_->count(bytes, rate, now);
  if (has_had_its_share) brake_->rest(now);
  if (handled.congested) brake_->wait_for(handled.congested, now);
  if (brake_->hold(static_cast<bool>(handled.congested), now)) channel_.pause_reading();
}

void ClientStream::on_brake() {
  const im::Session* const reader = context_.core.find_session(brake_->reader());
  if (brake_->hold(reader && reader->congested, context_.clock.now())) return;
  consume_kept();
  if (!closed_ && !held()) channel_.resume_reading();
}

// RFC 7395 section 3.3.
bool ClientStream::handle_framing(xml::Element element) {
  if (channel_.framing() != xmpp::StreamFraming::kWebSocket) return false;
  if (element.name() == "close") {
    on_stream_end();
  } else if (element.name() == "open") {
    on_header(xmpp::read_open(element));
  } else {
    close(StreamCondition::kBadFormat, "neither open nor close");
  }
  return true;
}

void ClientStream::on_tls_open() {
  if (closed_) return;
  xmpp::Actions actions;
  if (waiting()) {
    negotiation_->on_tls_open(channel_.bindings(), actions);
  } else {
    begin_negotiation();  // direct TLS: the bindings are known only now
  }
  perform(actions);
}

void ClientStream::on_keys(const Result<xmpp::ScramKeys>& keys) {
  if (closed_ || !waiting()) return;
  xmpp::Actions actions;
  negotiation_->on_keys(keys, actions);
  perform(actions);
  consume_kept();
}

void ClientStream::on_login(const Result<xmpp::Login>& login) {
  if (closed_ || !waiting()) return;
  xmpp::Actions actions;
  negotiation_->on_login(login, actions);
  perform(actions);
  consume_kept();
}

// --- what the negotiation asks for ---------------------------------------------------------------

void ClientStream::perform(xmpp::Actions& actions) {
  for (xmpp::Action& action : actions) {
    if (closed_) return;
    std::visit([this](auto& one) { perform_action(one); }, action);
  }
}

void ClientStream::perform_action(xmpp::action::Send& action) { channel_.send(action.bytes); }

void ClientStream::perform_action(xmpp::action::StartTls&) {
  drop_rest_ = true;
  framer_.reset();
  channel_.start_tls();
}

void ClientStream::perform_action(xmpp::action::ExpectHeader&) {
  if (channel_.framing() == xmpp::StreamFraming::kTcp) framer_.reset();
}

void ClientStream::perform_action(xmpp::action::NeedKeys& action) {
  context_.logins.ask(handle_.to_u64(), channel_.peer(), std::move(action));
}

void ClientStream::perform_action(xmpp::action::NeedPassword& action) {
  context_.logins.ask(handle_.to_u64(), channel_.peer(), std::move(action));
}

void ClientStream::perform_action(xmpp::action::NeedIdentity& action) {
  context_.logins.ask(handle_.to_u64(), channel_.peer(), std::move(action));
}

void ClientStream::perform_action(xmpp::action::CheckToken& action) {
  xmpp::Actions actions;
  negotiation_->on_token(context_.fast.check(action.proof), actions);
  perform(actions);
}

void ClientStream::perform_action(xmpp::action::IssueToken& action) {
  xmpp::Actions actions;
  negotiation_->on_issued(context_.fast.issue(action.order), actions);
  perform(actions);
}

void ClientStream::perform_action(xmpp::action::Authenticated& action) {
  context_.logins.settle(handle_.to_u64(), LoginGate::Outcome::kRight);
  begin_user(action.user, xmpp::to_string(action.mechanism), action.software);
  if (action.expires) expire_at(*action.expires);
}

void ClientStream::expire_at(WallTime when) {
  expiry_.reset(new Timer(Timer::bind<&ClientStream::on_expired>(this)));
  context_.timers.arm(*expiry_, context_.clock.now() + (when - context_.clock.wall_now()));
}

void ClientStream::begin_user(const xmpp::Jid& user, std::string_view how,
                              std::string_view software) {
  user_ = user;
  framer_.set_limits(context_.options.after_login);
  ++context_.stats.logins;
  log::info("c2s", "authenticated",
            {{"connection", channel_.connection_id()},
             {"peer", channel_.peer().to_string()},
             {"user", user_.text()},
             {"mechanism", how},
             {"tls", channel_.secure() ? "yes" : "no"},
             {"client", text::for_log(software, 40)}});
  login_ = context_.core.begin_user(user_);
}

void ClientStream::perform_action(xmpp::action::AuthFailed& action) {
  ++context_.stats.failed_logins;
  const bool wrong = action.failure == xmpp::SaslFailure::kNotAuthorized;
  context_.logins.settle(handle_.to_u64(),
                         wrong ? LoginGate::Outcome::kWrong : LoginGate::Outcome::kUnknown);
  // What keeps everybody out has a line of its own, once.
  const bool passes = action.failure == xmpp::SaslFailure::kTemporaryAuthFailure;
  log::write(passes ? log::Level::kDebug : log::Level::kWarn, "c2s", "authentication failed",
             {{"connection", channel_.connection_id()},
              {"peer", channel_.peer().to_string()},
              {"user", text::for_log(action.user)},
              {"reason", action.why}});
}

void ClientStream::perform_action(xmpp::action::Bind& action) {
  if (context_.core.was_kicked(user_, login_)) {
    return close(xmpp::StreamCondition::kNotAuthorized, "kicked before it had a session");
  }
  xmpp::Actions actions;
  negotiation_->on_bound(bind(action.resource, negotiation_->stream_lang()), actions);
  perform(actions);
}

Result<xmpp::Jid> ClientStream::bind(std::string_view resource, std::string_view lang) {
  const auto bound = context_.core.bind(user_, resource);
  if (!bound) return tl::unexpected<Error>(bound.error());
  session_ = *bound;
  im::Session* const session = context_.core.find_session(session_);
  session->stream = handle_.to_u64();
  session->lang = lang;
  return session->jid;
}

Result<xmpp::Jid> ClientStream::admit(const xmpp::Jid& user, std::string_view resource) {
  begin_user(user, "prebind");
  auto full = bind(resource, "");
  if (full) {
    timer_.cancel();
    negotiation_.reset();
  } else {
    close_politely("not admitted");
  }
  return full;
}

void ClientStream::perform_action(xmpp::action::Established&) {
  timer_.cancel();
  negotiation_.reset();
}

void ClientStream::perform_action(xmpp::action::Close& action) {
  close(action.condition, action.text);
}

void ClientStream::perform_action(xmpp::action::End& action) { close_politely(action.why); }

// --- output --------------------------------------------------------------------------------------

void ClientStream::flush(im::Session& session) {
  if (closed_) return;
  const std::size_t unsent = channel_.queued_bytes();
  send_outbox(session);
  if (session.end != StreamCondition::kNone) return close(session.end, session.end_text);
  if (unsent > context_.options.outbox_hard) {
    return close(StreamCondition::kResourceConstraint, "the client does not read fast enough");
  }
  if (unsent > kLeastOfTotal && context_.backlog.bytes() > context_.options.outbox_total) {
    return close(StreamCondition::kResourceConstraint,
                 "too much waits for clients that do not read, this one among them");
  }
  // Unsent bytes of this very turn may still all go to the kernel, so they make nobody congested,
  // and the soft limit's time runs from the flush that went over it on an empty queue.
  session.congested = unsent > context_.options.outbox_soft;
  if (unsent == 0) timer_.cancel();
  if (channel_.queued_bytes() > context_.options.outbox_soft && !timer_.armed()) {
    context_.timers.arm(timer_, context_.clock.now() + context_.options.outbox_soft_time);
  }
}

// The server's own writers begin a stanza with '<' and its name, so one character tells.
void ClientStream::count_sent(const im::Outbox& outbox) {
  StreamStats& stats = context_.stats;
  for (std::size_t i = 0; i < outbox.count(); ++i) {
    const char initial = outbox.stanza(i)[1];
    ++(initial == 'm'   ? stats.messages_sent
       : initial == 'p' ? stats.presences_sent
                        : stats.iqs_sent);
  }
}

void ClientStream::send_outbox(im::Session& session) {
  count_sent(session.outbox);
  channel_.send_stanzas(session.outbox);
  session.outbox.clear();
}

void ClientStream::on_drained() {
  if (negotiation_) return;
  timer_.cancel();
  if (im::Session* session = context_.core.find_session(session_)) session->congested = false;
}

void ClientStream::on_timer() {
  if (negotiation_) return close(StreamCondition::kConnectionTimeout, "login took too long");
  if (channel_.queued_bytes() <= context_.options.outbox_soft) return;
  close(StreamCondition::kResourceConstraint, "the client has not read for too long");
}

void ClientStream::on_expired() { close(StreamCondition::kNotAuthorized, "the login has expired"); }

// --- the end -------------------------------------------------------------------------------------

void ClientStream::close(StreamCondition condition, std::string_view text) {
  if (closed_) return;
  log::info("c2s", "stream error sent",
            {{"connection", channel_.connection_id()},
             {"peer", channel_.peer().to_string()},
             {"user", user_.text()},
             {"condition", xmpp::to_string(condition)},
             {"reason", text}});
  if (im::Session* session = context_.core.find_session(session_)) send_outbox(*session);
  // RFC 6120 section 4.9.1.2: an error before the response header is preceded by one.
  if (negotiation_ && !negotiation_->header_sent()) channel_.send(negotiation_->make_header());
  std::string error;
  xmpp::write_stream_error(error, condition, text, channel_.framing() != xmpp::StreamFraming::kTcp);
  channel_.send(error);
  leave(condition);
  channel_.close_stream(xmpp::to_string(condition));
}

void ClientStream::close_politely(std::string_view why) {
  if (closed_) return;
  if (im::Session* session = context_.core.find_session(session_)) send_outbox(*session);
  leave();
  channel_.close_stream(why);
}

void ClientStream::on_gone(std::string_view why) {
  if (!closed_) {
    ROSTERD_DEBUG(
        "c2s", "stream gone",
        {{"connection", channel_.connection_id()}, {"user", user_.text()}, {"reason", why}});
  }
  leave();
}

// Idempotent: from here on nothing reaches or leaves the stream.
void ClientStream::leave(StreamCondition error) {
  closed_ = true;
  timer_.cancel();
  if (expiry_) expiry_->cancel();
  if (brake_) brake_->release();
  kept_.reset();
  context_.logins.settle(handle_.to_u64(), LoginGate::Outcome::kUnknown);
  if (session_) context_.core.end_session(std::exchange(session_, {}), error);
  if (!user_.empty()) context_.core.end_user(std::exchange(user_, {}));
}

}  // namespace rosterd::c2s
