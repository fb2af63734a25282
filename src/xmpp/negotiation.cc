// SPDX-License-Identifier: MIT
#include "xmpp/negotiation.h"

#include <optional>
#include <utility>

#include "base/text.h"
#include "xml/writer.h"
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
    kLogin,  // features are out; while `sasl` is there, an exchange waits for the client
    kTlsHandshake,
    kSaslAnswer,
    kBind,
    kBinding,
    kEstablished,
    kClosed
  };

  Impl(const NegotiationOptions& negotiation_options, StreamFraming stream_framing, bool in_tls,
       ChannelBindings tls_bindings)
      : options(negotiation_options),
        framing(stream_framing),
        secure(in_tls),
        bindings(std::move(tls_bindings)) {}

  void send(Actions& actions, std::string bytes) {
    actions.push_back(action::Send{std::move(bytes)});
  }
  void close(Actions& actions, StreamCondition condition, std::string text) {
    stage = Stage::kClosed;
    actions.push_back(action::Close{condition, std::move(text)});
  }
  LoginStage stage_of_login() const { return {framing, options, host, secure, bindings}; }
  std::string make_header() const;
  const std::string* find_named_host(const xml::StreamHeader& header) const;
  bool is_own_address(const std::string& from) const;
  void begin_stream();

  void start_tls(Actions& actions);
  void start_sasl(xml::Element auth, Actions& actions);
  void continue_sasl(xml::Element response, Actions& actions);
  void take_sasl_message(std::string_view encoded, Actions& actions);
  void take_sasl_step(SaslStep step, Actions& actions);
  void take(SaslChallenge& step, Actions& actions);
  void take(SaslNeedKeys& step, Actions& actions);
  void take(SaslNeedPassword& step, Actions& actions);
  void take(SaslNeedIdentity& step, Actions& actions);
  void take(SaslSuccess& step, Actions& actions);
  void take(SaslFail& step, Actions& actions) { fail_sasl(step.failure, step.log_text, actions); }
  void fail_sasl(SaslFailure failure, std::string why, Actions& actions);
  void request_bind(xml::Element stanza, Actions& actions);
  void refuse_unexpected(xml::Element element, Actions& actions);

  const NegotiationOptions& options;
  const StreamFraming framing;
  bool secure;
  ChannelBindings bindings;
  Stage stage = Stage::kHeader;
  bool header_sent = false;
  std::string host;  // "" until the client names one
  std::string peer;  // bare, who the client says it is; believed by nobody
  std::string lang;
  Jid user;  // bare, once authenticated
  int failures = 0;
  Mechanism mechanism = Mechanism::kPlain;
  std::optional<WallTime> expires;
  std::unique_ptr<SaslExchange> sasl;
  std::string sasl_user;  // for the log
  std::string bind_id;    // of the bind iq that waits for its answer
};

// --- headers -------------------------------------------------------------------------------------

std::string Negotiation::Impl::make_header() const {
  const std::string& from = host.empty() ? options.hosts.front() : host;
  return make_response_header(framing, {from, peer, lang});
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
  impl.peer = from ? from->bare_text() : "";
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
      if (element.is("auth", ns::kSasl)) return impl.start_sasl(element, actions);
      if (element.is("response", ns::kSasl)) return impl.continue_sasl(element, actions);
      if (element.is("abort", ns::kSasl)) {
        return impl.fail_sasl(SaslFailure::kAborted, "aborted by the client", actions);
      }
      return impl.refuse_unexpected(element, actions);
    case Impl::Stage::kBind:
      if (is_bind_request(element)) return impl.request_bind(element, actions);
      return impl.refuse_unexpected(element, actions);
    case Impl::Stage::kHeader:
      return impl.close(actions, StreamCondition::kBadFormat, "no stream header");
    case Impl::Stage::kTlsHandshake:
    case Impl::Stage::kSaslAnswer:
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
  sasl.reset();
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
  impl.peer.clear();
  impl.lang.clear();
  impl.sasl_user.clear();
  impl.begin_stream();
}

// --- SASL ----------------------------------------------------------------------------------------

void Negotiation::Impl::start_sasl(xml::Element auth, Actions& actions) {
  if (sasl) return fail_sasl(SaslFailure::kMalformedRequest, "two exchanges at once", actions);
  if (!may_authenticate(options, secure)) {
    return fail_sasl(SaslFailure::kEncryptionRequired, "authentication before TLS", actions);
  }
  const std::string_view name = auth.attr("mechanism");
  const auto named = parse_mechanism(name);
  const auto refusal =
      named ? find_refusal(*named, stage_of_login()) : SaslFailure::kInvalidMechanism;
  if (refusal) return fail_sasl(*refusal, "mechanism " + text::for_log(name, 40), actions);
  mechanism = *named;
  sasl = SaslExchange::start(mechanism, host, bindings, offers_plus(stage_of_login()));
  std::string initial = auth.text();
  if (initial.empty()) {  // section 6.4.3: an empty challenge asks for it
    SaslChallenge challenge;
    return take(challenge, actions);
  }
  take_sasl_message(initial == "=" ? "" : initial, actions);  // section 6.4.2: "=" is empty
  crypto::wipe(initial);
}

void Negotiation::Impl::continue_sasl(xml::Element response, Actions& actions) {
  if (!sasl) return fail_sasl(SaslFailure::kMalformedRequest, "response to nothing", actions);
  std::string encoded = response.text();
  take_sasl_message(encoded, actions);
  crypto::wipe(encoded);
}

void Negotiation::Impl::take_sasl_message(std::string_view encoded, Actions& actions) {
  auto message = text::base64_decode(encoded);
  if (!message) return fail_sasl(SaslFailure::kIncorrectEncoding, "not base64", actions);
  take_sasl_step(sasl->on_message(*message), actions);
  crypto::wipe(*message);
}

void Negotiation::Impl::take_sasl_step(SaslStep step, Actions& actions) {
  std::visit([&](auto& one) { take(one, actions); }, step);
}

void Negotiation::Impl::take(SaslChallenge& step, Actions& actions) {
  std::string out;
  xml::Writer(out).open("challenge", ns::kSasl).text(text::base64_encode(step.message)).end();
  send(actions, std::move(out));
  stage = Stage::kLogin;
}

void Negotiation::Impl::take(SaslNeedKeys& step, Actions& actions) {
  sasl_user = step.username;
  auto jid = Jid::make(step.username, host);
  if (!jid) return fail_sasl(SaslFailure::kNotAuthorized, jid.error().text, actions);
  stage = Stage::kSaslAnswer;
  actions.push_back(action::NeedKeys{std::move(*jid), step.hash});
}

void Negotiation::Impl::take(SaslNeedPassword& step, Actions& actions) {
  sasl_user = step.username;
  auto jid = Jid::make(step.username, host);
  if (!jid) return fail_sasl(SaslFailure::kNotAuthorized, jid.error().text, actions);
  stage = Stage::kSaslAnswer;
  actions.push_back(action::NeedPassword{std::move(*jid), std::move(step.password)});
}

void Negotiation::Impl::take(SaslNeedIdentity& step, Actions& actions) {
  stage = Stage::kSaslAnswer;
  Evidence evidence{host, std::move(step.authzid), std::move(step.token), ""};
  actions.push_back(action::NeedIdentity{std::move(evidence)});
}

void Negotiation::Impl::take(SaslSuccess& step, Actions& actions) {
  user = *Jid::make(step.username, host);
  sasl.reset();
  std::string out;
  xml::Writer writer(out);
  writer.open("success", ns::kSasl);
  if (!step.message.empty()) writer.text(text::base64_encode(step.message));
  writer.end();
  send(actions, std::move(out));
  begin_stream();
  actions.push_back(action::Authenticated{user, mechanism, expires});
  actions.push_back(action::ExpectHeader{});
}

void Negotiation::Impl::fail_sasl(SaslFailure failure, std::string why, Actions& actions) {
  sasl.reset();
  stage = Stage::kLogin;
  std::string out;
  xml::Writer(out).open("failure", ns::kSasl).open(to_string(failure)).end().end();
  send(actions, std::move(out));
  actions.push_back(action::AuthFailed{std::exchange(sasl_user, {}), failure, std::move(why)});
  if (failure == SaslFailure::kTemporaryAuthFailure) return;  // no fault of his
  // Section 6.4.5: the number of retries is limited, and the last failure is told first.
  if (++failures >= options.sasl_attempts) {
    close(actions, StreamCondition::kPolicyViolation, "too many failed logins");
  }
}

void Negotiation::on_keys(const Result<ScramKeys>& keys, Actions& actions) {
  if (impl_->stage != Impl::Stage::kSaslAnswer) return;
  if (keys) return impl_->take_sasl_step(impl_->sasl->on_keys(*keys), actions);
  impl_->fail_sasl(SaslFailure::kTemporaryAuthFailure, keys.error().text, actions);
}

void Negotiation::on_login(const Result<Login>& login, Actions& actions) {
  Impl& impl = *impl_;
  if (impl.stage != Impl::Stage::kSaslAnswer) return;
  if (!login && login.error().code != Errc::kDenied) {
    return impl.fail_sasl(SaslFailure::kTemporaryAuthFailure, login.error().text, actions);
  }
  Result<std::string> username;
  if (login) {
    username = std::string(login->user.node());
    impl.expires = login->expires;
  } else {
    username = tl::unexpected<Error>(login.error());
  }
  impl.take_sasl_step(impl.sasl->on_login(username), actions);
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

void Negotiation::on_bound(const Result<Jid>& full, Actions& actions) {
  Impl& impl = *impl_;
  if (impl.stage != Impl::Stage::kBinding) return;
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
                         ChannelBindings bindings)
    : impl_(std::make_unique<Impl>(options, framing, secure, std::move(bindings))) {}

Negotiation::~Negotiation() = default;

bool Negotiation::waiting() const {
  const auto stage = impl_->stage;
  return stage == Impl::Stage::kTlsHandshake || stage == Impl::Stage::kSaslAnswer ||
         stage == Impl::Stage::kBinding;
}
bool Negotiation::authenticated() const { return !impl_->user.empty(); }
bool Negotiation::established() const { return impl_->stage == Impl::Stage::kEstablished; }
bool Negotiation::header_sent() const { return impl_->header_sent; }
std::string Negotiation::make_header() const { return impl_->make_header(); }
const std::string& Negotiation::host() const { return impl_->host; }
const std::string& Negotiation::stream_lang() const { return impl_->lang; }

}  // namespace rosterd::xmpp
