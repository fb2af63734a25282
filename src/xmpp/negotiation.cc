// SPDX-License-Identifier: MIT
#include "xmpp/negotiation.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/crypto.h"
#include "base/text.h"
#include "xml/writer.h"
#include "xmpp/features.h"
#include "xmpp/namespaces.h"
#include "xmpp/stanza.h"

namespace rosterd::xmpp {

namespace {

constexpr std::size_t kStreamIdBits = 144;

// "major.minor", each a number; only the major part decides (RFC 6120 section 4.7.5).
bool is_supported_version(std::string_view version) {
  const std::size_t dot = version.find('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == version.size()) return false;
  unsigned major = 0;
  const auto [end, error] = std::from_chars(version.data(), version.data() + dot, major);
  return error == std::errc() && end == version.data() + dot && major >= 1;
}

bool is_stanza(xml::Element element) {
  return element.ns() == ns::kClient && stanza_kind(element) != StanzaKind::kOther;
}

}  // namespace

// The stages of RFC 6120 section 4.3 in order, and the questions that interrupt them.
struct Negotiation::Impl {
  enum class Stage {
    kHeader,
    kFeatures,
    kTlsHandshake,
    kSaslMessage,
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
  std::string make_header();
  std::optional<action::Close> check_header(const xml::StreamHeader& header) const;
  std::optional<std::string> find_host(const std::string& to) const;

  void start_tls(Actions& actions);
  void start_sasl(xml::Element auth, Actions& actions);
  void continue_sasl(std::string_view encoded, Actions& actions);
  void take_sasl_step(SaslStep step, Actions& actions);
  void take(SaslChallenge& step, Actions& actions);
  void take(SaslNeedKeys& step, Actions& actions);
  void take(SaslNeedPassword& step, Actions& actions);
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
  std::string host;       // prepared; the first host until the client names one
  std::string peer_from;  // of the client's header, as it came
  std::string lang;
  Jid user;  // bare, once authenticated
  int failures = 0;
  Mechanism mechanism = Mechanism::kPlain;
  std::unique_ptr<SaslExchange> sasl;
  std::string sasl_user;  // for the log
  std::string bind_id;    // of the bind iq that waits for its answer
};

// --- headers -------------------------------------------------------------------------------------

std::string Negotiation::Impl::make_header() {
  std::string out;
  const std::string& from = host.empty() ? options.hosts.front() : host;
  const auto attribute = [&out](std::string_view name, std::string_view value) {
    out.append(" ").append(name).append("='");
    xml::append_escaped_attribute(out, value);
    out += '\'';
  };
  if (framing == StreamFraming::kTcp) {
    out =
        "<?xml version='1.0'?><stream:stream xmlns='jabber:client'"
        " xmlns:stream='http://etherx.jabber.org/streams'";
  } else {
    out = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing'";
  }
  attribute("id", crypto::random_token(kStreamIdBits));
  attribute("from", from);
  if (Jid::parse(peer_from)) attribute("to", peer_from);
  attribute("version", "1.0");
  attribute("xml:lang", lang.empty() ? "en" : lang);
  out += framing == StreamFraming::kTcp ? ">" : "/>";
  return out;
}

std::optional<std::string> Negotiation::Impl::find_host(const std::string& to) const {
  if (to.empty()) return options.hosts.front();
  const auto jid = Jid::parse(to);
  if (!jid) return std::nullopt;
  const auto found = std::find(options.hosts.begin(), options.hosts.end(), jid->domain());
  return found == options.hosts.end() ? std::nullopt : std::optional(*found);
}

// In the order of RFC 6120 section 4.
std::optional<action::Close> Negotiation::Impl::check_header(
    const xml::StreamHeader& header) const {
  using Condition = StreamCondition;
  if (header.ns != ns::kStreams) {
    return action::Close{Condition::kInvalidNamespace, "not the streams namespace"};
  }
  if (header.name != "stream") return action::Close{Condition::kBadFormat, "not a stream"};
  if (header.prefix != "stream") {
    return action::Close{Condition::kBadNamespacePrefix, "the prefix of a stream is 'stream'"};
  }
  if (header.content_ns != ns::kClient) {
    return action::Close{Condition::kInvalidNamespace, "the default namespace is jabber:client"};
  }
  if (!is_supported_version(header.version)) {
    return action::Close{Condition::kUnsupportedVersion, ""};
  }
  const auto named = find_host(header.to);
  if (!named) return action::Close{Condition::kHostUnknown, ""};
  if (user.empty()) return std::nullopt;
  if (*named != host) return action::Close{Condition::kHostUnknown, "the host has changed"};
  // Section 4.9.3.6: whoever has authenticated cannot go on as somebody else. A domain alone is not
  // a claim to be anybody (sendxmpp sends one).
  const auto from = Jid::parse(header.from);
  if (from && !from->is_domain() && from->bare_text() != user.text()) {
    return action::Close{Condition::kInvalidFrom, ""};
  }
  return std::nullopt;
}

void Negotiation::on_header(const xml::StreamHeader& header, Actions& actions) {
  Impl& impl = *impl_;
  if (impl.stage != Impl::Stage::kHeader) {
    return impl.close(actions, StreamCondition::kBadFormat, "unexpected stream header");
  }
  impl.header_sent = false;
  impl.lang = text::is_xml_text(header.lang) ? header.lang : "";
  if (auto fault = impl.check_header(header)) {
    return impl.close(actions, fault->condition, std::move(fault->text));
  }
  impl.host = *impl.find_host(header.to);
  impl.peer_from = header.from;
  std::string out = impl.make_header();
  impl.header_sent = true;
  if (!impl.user.empty()) {
    write_bind_features(out, impl.framing);
    impl.stage = Impl::Stage::kBind;
  } else {
    write_login_features(out, impl.framing, impl.options, impl.secure, impl.bindings);
    impl.stage = Impl::Stage::kFeatures;
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
    case Impl::Stage::kFeatures:
    case Impl::Stage::kSaslMessage:
      if (element.is("starttls", ns::kTls)) return impl.start_tls(actions);
      if (element.is("auth", ns::kSasl)) return impl.start_sasl(element, actions);
      if (element.is("response", ns::kSasl)) return impl.continue_sasl(element.text(), actions);
      if (element.is("abort", ns::kSasl)) {
        return impl.fail_sasl(SaslFailure::kAborted, "aborted by the client", actions);
      }
      return impl.refuse_unexpected(element, actions);
    case Impl::Stage::kBind:
      if (element.is("iq", ns::kClient) && element.child("bind", ns::kBind)) {
        return impl.request_bind(element, actions);
      }
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
  if (secure || !options.tls_available) {
    std::string out;
    xml::Writer(out).open("failure", ns::kTls).end();
    send(actions, std::move(out));
    return close(actions, StreamCondition::kNone, "STARTTLS is not offered");
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
  // Section 5.4.3.3: what was learnt in the clear is forgotten.
  impl.secure = true;
  impl.bindings = std::move(bindings);
  impl.stage = Impl::Stage::kHeader;
  impl.host.clear();
  impl.peer_from.clear();
  impl.lang.clear();
}

// --- SASL ----------------------------------------------------------------------------------------

void Negotiation::Impl::start_sasl(xml::Element auth, Actions& actions) {
  const auto named = parse_mechanism(auth.attr("mechanism"));
  if (sasl) {
    return fail_sasl(SaslFailure::kMalformedRequest, "two exchanges at once", actions);
  }
  if (!may_authenticate(options, secure)) {
    return fail_sasl(SaslFailure::kEncryptionRequired, "authentication before TLS", actions);
  }
  if (named == Mechanism::kPlain && !secure && !options.plain_without_tls) {
    return fail_sasl(SaslFailure::kEncryptionRequired, "PLAIN before TLS", actions);
  }
  if (!named || !is_offered(*named, options, secure, bindings)) {
    return fail_sasl(SaslFailure::kInvalidMechanism,
                     "mechanism " + text::for_log(auth.attr("mechanism"), 40), actions);
  }
  mechanism = *named;
  sasl = SaslExchange::start(mechanism, host, bindings, offers_plus(options, secure, bindings));
  stage = Stage::kSaslMessage;
  const std::string initial = auth.text();
  if (!initial.empty()) return continue_sasl(initial, actions);
  // No initial response: section 6.4.3 asks for it with an empty challenge.
  SaslChallenge empty;
  take(empty, actions);
}

void Negotiation::Impl::continue_sasl(std::string_view encoded, Actions& actions) {
  if (!sasl) return fail_sasl(SaslFailure::kMalformedRequest, "response to nothing", actions);
  auto message = encoded == "=" ? std::optional<std::string>("") : text::base64_decode(encoded);
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
  stage = Stage::kSaslMessage;
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

void Negotiation::Impl::take(SaslSuccess& step, Actions& actions) {
  user = *Jid::make(step.username, host);
  sasl.reset();
  std::string out;
  xml::Writer writer(out);
  writer.open("success", ns::kSasl);
  if (!step.message.empty()) writer.text(text::base64_encode(step.message));
  writer.end();
  send(actions, std::move(out));
  stage = Stage::kHeader;
  actions.push_back(action::Authenticated{user, mechanism});
  actions.push_back(action::ExpectHeader{});
}

void Negotiation::Impl::fail_sasl(SaslFailure failure, std::string why, Actions& actions) {
  sasl.reset();
  stage = Stage::kFeatures;
  std::string out;
  xml::Writer(out).open("failure", ns::kSasl).open(to_string(failure)).end().end();
  send(actions, std::move(out));
  actions.push_back(action::AuthFailed{std::exchange(sasl_user, {}), std::move(why)});
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

void Negotiation::on_password(const Result<bool>& right, Actions& actions) {
  if (impl_->stage != Impl::Stage::kSaslAnswer) return;
  if (right) return impl_->take_sasl_step(impl_->sasl->on_password(*right), actions);
  impl_->fail_sasl(SaslFailure::kTemporaryAuthFailure, right.error().text, actions);
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
