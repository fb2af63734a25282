// SPDX-License-Identifier: MIT
#include "xmpp/negotiation.h"

#include <optional>
#include <utility>

#include "xml/writer.h"
#include "xmpp/authentication.h"
#include "xmpp/features.h"
#include "xmpp/namespaces.h"
#include "xmpp/stanza.h"
#include "xmpp/stream_header.h"

namespace rosterd::xmpp {

namespace {

bool is_stanza(xml::Element element) {
  return element.ns() == ns::kClient && stanza_kind(element) != StanzaKind::kOther;
}

// A get is one too, though a wrong one; results and errors are never answered.
bool is_bind_request(xml::Element element) {
  const std::string_view type = element.attr("type");
  return element.is("iq", ns::kClient) && (type == "set" || type == "get") &&
         element.child("bind", ns::kBind);
}

}  // namespace

// The stages of RFC 6120 section 4.3 in order, and the questions that interrupt them.
struct Negotiation::Impl {
  enum class Stage {
    kHeader,
    kLogin,  // features are out, and perhaps an exchange waits for the client
    kTlsHandshake,
    kSaslAnswer,
    kIssuing,
    kBind,
    kBinding,
    kEstablished,
    kClosed
  };

  Impl(const NegotiationOptions& negotiation_options, StreamFraming stream_framing, bool in_tls,
       ChannelBindings tls_bindings, std::string browser_cookie)
      : options(negotiation_options),
        framing(stream_framing),
        secure(in_tls),
        bindings(std::move(tls_bindings)),
        cookie(std::move(browser_cookie)) {}

  void send(Actions& actions, std::string bytes) {
    actions.push_back(action::Send{std::move(bytes)});
  }
  void close(Actions& actions, StreamCondition condition, std::string text) {
    stage = Stage::kClosed;
    actions.push_back(action::Close{condition, std::move(text)});
  }
  LoginStage stage_of_login() const {
    return {framing, options, host, peer, secure, bindings, cookie};
  }
  std::string make_header() const;
  const std::string* find_named_host(const xml::StreamHeader& header) const;
  bool is_own_address(const std::string& from) const;
  void begin_stream();

  void start_tls(Actions& actions);
  void follow_login(Actions& actions);
  void announce(const LoginOutcome& outcome, Actions& actions);
  void begin_session(LoginOutcome announced, Actions& actions);
  void begin_bind(Actions& actions);
  void finish_login(const Jid& jid, Actions& actions);
  void refuse_inline_bind(const Error& error, Actions& actions);
  void request_bind(xml::Element stanza, Actions& actions);
  void refuse_unexpected(xml::Element element, Actions& actions);

  const NegotiationOptions& options;
  const StreamFraming framing;
  bool secure;
  ChannelBindings bindings;
  const std::string cookie;
  Stage stage = Stage::kHeader;
  bool header_sent = false;
  std::string host;  // "" until the client names one
  Jid peer;          // bare, who the client says it is; believed by nobody
  std::string lang;
  Jid user;  // bare, once authenticated
  Authentication login{options};
  std::optional<LoginOutcome> inline_login;  // by SASL2, until the client is told
  std::optional<FastToken> token;            // along with it
  std::string bind_id;                       // of the bind iq that waits for its answer
};

// --- headers -------------------------------------------------------------------------------------

std::string Negotiation::Impl::make_header() const {
  const std::string& from = host.empty() ? options.hosts.front() : host;
  return make_response_header(framing, {from, peer.text(), lang});
}

const std::string* Negotiation::Impl::find_named_host(const xml::StreamHeader& header) const {
  if (!header.to.empty()) return find_host(options.hosts, header.to);
  return host.empty() ? &options.hosts.front() : &host;
}

// A domain alone is no claim to be anybody (sendxmpp sends one).
bool Negotiation::Impl::is_own_address(const std::string& from) const {
  if (from.empty()) return true;
  const auto jid = Jid::parse(from);
  return jid && (jid->is_domain() || jid->bare_text() == user.text());
}

// What comes next is a new stream's header.
void Negotiation::Impl::begin_stream() {
  stage = Stage::kHeader;
  header_sent = false;
}

void Negotiation::on_header(const xml::StreamHeader& header, Actions& actions) {
  Impl& impl = *impl_;
  if (impl.stage != Impl::Stage::kHeader) {
    return impl.close(actions, StreamCondition::kBadFormat, "unexpected stream header");
  }
  const auto from = Jid::parse(header.from);
  impl.peer = from ? from->bare() : Jid();
  impl.lang = is_language_tag(header.lang) ? header.lang : "";
  if (auto fault = find_header_fault(header)) {
    return impl.close(actions, fault->condition, std::move(fault->text));
  }
  const std::string* const host = impl.find_named_host(header);
  // Whoever has logged in to one host cannot go on at another.
  if (!host || (!impl.user.empty() && *host != impl.host)) {
    return impl.close(actions, StreamCondition::kHostUnknown, "");
  }
  impl.host = *host;
  if (!impl.user.empty() && !impl.is_own_address(header.from)) {
    return impl.close(actions, StreamCondition::kInvalidFrom, "");
  }
  impl.send(actions, impl.make_header());
  impl.header_sent = true;
  std::string out;
  if (!impl.user.empty()) {
    write_bind_features(out, impl.framing);
    impl.stage = Impl::Stage::kBind;
  } else {
    write_login_features(out, impl.stage_of_login());
    impl.stage = Impl::Stage::kLogin;
  }
  impl.send(actions, std::move(out));
}

// --- elements ------------------------------------------------------------------------------------

// RFC 6120 section 4.9.3.12: a stanza before its time is not-authorized; anything else is no
// element of ours.
void Negotiation::Impl::refuse_unexpected(xml::Element element, Actions& actions) {
  if (is_stanza(element)) {
    return close(actions, StreamCondition::kNotAuthorized, "a stanza before its time");
  }
  close(actions, StreamCondition::kUnsupportedStanzaType, "");
}

void Negotiation::on_element(xml::Element element, Actions& actions) {
  Impl& impl = *impl_;
  switch (impl.stage) {
    case Impl::Stage::kLogin:
      if (element.is("starttls", ns::kTls)) return impl.start_tls(actions);
      if (!find_profile(element)) return impl.refuse_unexpected(element, actions);
      impl.login.on_element(element, impl.stage_of_login(), actions);
      return impl.follow_login(actions);
    case Impl::Stage::kBind:
      if (is_bind_request(element)) return impl.request_bind(element, actions);
      return impl.refuse_unexpected(element, actions);
    case Impl::Stage::kHeader:
      return impl.close(actions, StreamCondition::kBadFormat, "no stream header");
    case Impl::Stage::kTlsHandshake:
    case Impl::Stage::kSaslAnswer:
    case Impl::Stage::kIssuing:
    case Impl::Stage::kBinding:
    case Impl::Stage::kEstablished:
    case Impl::Stage::kClosed:
      return;  // the owner's promise: nothing is fed now
  }
}

void Negotiation::Impl::start_tls(Actions& actions) {
  if (secure || !options.tls_available || framing != StreamFraming::kTcp) {
    std::string out;
    xml::Writer(out).open("failure", ns::kTls).end();
    send(actions, std::move(out));
    stage = Stage::kClosed;  // section 5.4.2.2: the failure ends the stream, without an error
    actions.push_back(action::End{"STARTTLS is not offered"});
    return;
  }
  std::string out;
  xml::Writer(out).open("proceed", ns::kTls).end();
  send(actions, std::move(out));
  login.forget();
  stage = Stage::kTlsHandshake;
  actions.push_back(action::StartTls{});
}

void Negotiation::on_tls_open(ChannelBindings bindings, Actions&) {
  Impl& impl = *impl_;
  if (impl.stage != Impl::Stage::kTlsHandshake) return;
  impl.secure = true;
  impl.bindings = std::move(bindings);
  // Section 5.4.3.3: what was learnt in the clear is forgotten, but for the failed logins.
  impl.host.clear();
  impl.peer = Jid();
  impl.lang.clear();
  impl.begin_stream();
}

// --- login ---------------------------------------------------------------------------------------

// What has become of the login by an element or an answer.
void Negotiation::Impl::follow_login(Actions& actions) {
  stage = login.asking() ? Stage::kSaslAnswer : Stage::kLogin;
  if (login.exhausted()) {
    return close(actions, StreamCondition::kPolicyViolation, "too many failed logins");
  }
  auto outcome = login.take_outcome();
  if (!outcome) return;
  user = outcome->user;
  if (outcome->profile == SaslProfile::kSasl2) return begin_session(std::move(*outcome), actions);
  std::string out;
  write_success(out, outcome->message);
  send(actions, std::move(out));
  begin_stream();
  announce(*outcome, actions);
  actions.push_back(action::ExpectHeader{});
}

void Negotiation::Impl::announce(const LoginOutcome& outcome, Actions& actions) {
  actions.push_back(action::Authenticated{user, outcome.mechanism, outcome.expires,
                                          outcome.request.agent.software});
}

// SASL2: what was asked for along with the login is done before the client is told of either
// (XEP-0388 section 2.6.1).
void Negotiation::Impl::begin_session(LoginOutcome announced, Actions& actions) {
  inline_login = std::move(announced);
  const LoginOutcome& outcome = *inline_login;
  announce(outcome, actions);
  const LoginRequest& request = outcome.request;
  // XEP-0484 section 3.6: who wants to be forgotten gets no new token unless he asks for it.
  const bool rotate = outcome.rotate && !request.fast->invalidate;
  if (!request.new_token && !rotate) return begin_bind(actions);
  stage = Stage::kIssuing;
  actions.push_back(action::IssueToken{
      {user, request.agent.id, request.new_token.value_or(outcome.mechanism), outcome.expires}});
}

void Negotiation::Impl::begin_bind(Actions& actions) {
  const LoginRequest& request = inline_login->request;
  if (!request.tag) return finish_login(user, actions);
  stage = Stage::kBinding;
  actions.push_back(action::Bind{make_resource(*request.tag, user.text(), request.agent.id)});
}

void Negotiation::Impl::finish_login(const Jid& jid, Actions& actions) {
  std::string success;
  write_success(success, Sasl2Success{inline_login->message, jid.text(), jid.is_full(),
                                      token ? &*token : nullptr});
  inline_login.reset();
  token.reset();
  send(actions, std::move(success));
  std::string features;
  if (jid.is_full()) {
    write_session_features(features, framing);
    stage = Stage::kEstablished;
  } else {
    write_bind_features(features, framing);
    stage = Stage::kBind;
  }
  send(actions, std::move(features));
  if (jid.is_full()) actions.push_back(action::Established{jid});
}

void Negotiation::on_keys(const Result<ScramKeys>& keys, Actions& actions) {
  if (impl_->stage != Impl::Stage::kSaslAnswer) return;
  impl_->login.on_keys(keys, actions);
  impl_->follow_login(actions);
}

void Negotiation::on_login(const Result<Login>& login, Actions& actions) {
  if (impl_->stage != Impl::Stage::kSaslAnswer) return;
  impl_->login.on_login(login, actions);
  impl_->follow_login(actions);
}

void Negotiation::on_token(const Result<FastLogin>& login, Actions& actions) {
  if (impl_->stage != Impl::Stage::kSaslAnswer) return;
  impl_->login.on_token(login, actions);
  impl_->follow_login(actions);
}

void Negotiation::on_issued(FastToken token, Actions& actions) {
  if (impl_->stage != Impl::Stage::kIssuing) return;
  impl_->token = std::move(token);
  impl_->begin_bind(actions);
}

// --- resource binding ----------------------------------------------------------------------------

void Negotiation::Impl::request_bind(xml::Element stanza, Actions& actions) {
  const xml::Element bind = stanza.child("bind", ns::kBind);
  const std::string id(stanza.attr("id"));
  if (stanza.attr("type") != "set" || id.empty() || stanza.child_count() != 1) {
    std::string out;
    write_stanza_error(out, stanza, StanzaCondition::kBadRequest, "", "", user.text());
    return send(actions, std::move(out));
  }
  // Not necessarily the first child: libstrophe puts <required/> before it.
  const xml::Element resource = bind.child("resource", ns::kBind);
  bind_id = id;
  stage = Stage::kBinding;
  actions.push_back(action::Bind{resource ? resource.text() : ""});
}

// A resource that is taken is that of the same agent, which may not have seen its old stream end:
// where the old one may not be replaced, there is another. XEP-0386 has no other error.
void Negotiation::Impl::refuse_inline_bind(const Error& error, Actions& actions) {
  std::string& agent_id = inline_login->request.agent.id;
  if (error.code == Errc::kConflict && !agent_id.empty()) {
    agent_id.clear();
    actions.push_back(action::Bind{make_resource(*inline_login->request.tag, user.text(), "")});
    return;
  }
  close(actions, StreamCondition::kResourceConstraint, error.text);
}

void Negotiation::on_bound(const Result<Jid>& full, Actions& actions) {
  Impl& impl = *impl_;
  if (impl.stage != Impl::Stage::kBinding) return;
  if (impl.inline_login) {
    if (full) return impl.finish_login(*full, actions);
    return impl.refuse_inline_bind(full.error(), actions);
  }
  std::string out;
  if (!full) {
    write_bind_error(out, impl.bind_id, full.error().code);
    impl.stage = Impl::Stage::kBind;  // section 7.6.2.2: the client may try another one
    return impl.send(actions, std::move(out));
  }
  xml::Writer(out)
      .open("iq")
      .attr("type", "result")
      .attr("id", impl.bind_id)
      .open("bind", ns::kBind)
      .leaf("jid", full->text())
      .end()
      .end();
  impl.send(actions, std::move(out));
  impl.stage = Impl::Stage::kEstablished;
  actions.push_back(action::Established{*full});
}

// --- what the owner asks -------------------------------------------------------------------------

Negotiation::Negotiation(const NegotiationOptions& options, StreamFraming framing, bool secure,
                         ChannelBindings bindings, std::string cookie)
    : impl_(std::make_unique<Impl>(options, framing, secure, std::move(bindings),
                                   std::move(cookie))) {}

Negotiation::~Negotiation() = default;

bool Negotiation::waiting() const {
  const auto stage = impl_->stage;
  return stage == Impl::Stage::kTlsHandshake || stage == Impl::Stage::kSaslAnswer ||
         stage == Impl::Stage::kIssuing || stage == Impl::Stage::kBinding;
}
bool Negotiation::authenticated() const { return !impl_->user.empty(); }
bool Negotiation::established() const { return impl_->stage == Impl::Stage::kEstablished; }
bool Negotiation::header_sent() const { return impl_->header_sent; }
std::string Negotiation::make_header() const { return impl_->make_header(); }
const std::string& Negotiation::host() const { return impl_->host; }
const std::string& Negotiation::stream_lang() const { return impl_->lang; }

}  // namespace rosterd::xmpp
