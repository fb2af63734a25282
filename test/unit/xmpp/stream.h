// SPDX-License-Identifier: MIT
// A client's stream up to the bound resource, as text: from its bytes to what the owner must do.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/text.h"
#include "support/cmocka.h"
#include "xml/parser.h"
#include "xmpp/negotiation.h"

namespace rosterd::xmpp::test {

inline constexpr std::string_view kStreamNs =
    "xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams'";

// What the owner would do, as text: "[tls]", "[keys romeo@a]", "<sent/>".
struct Owner {
  std::string log;

  void operator()(const action::Send& one) { log += one.bytes; }
  void operator()(const action::StartTls&) { log += "[tls]"; }
  void operator()(const action::ExpectHeader&) { log += "[header]"; }
  void operator()(const action::NeedKeys& one) {
    log += "[keys " + std::string(one.user.text()) + "]";
  }
  void operator()(const action::NeedPassword& one) {
    log += "[password " + std::string(one.user.text()) + " " + one.password + "]";
  }
  void operator()(const action::NeedIdentity& one) {
    log += "[identity of " +
           (one.evidence.token.empty() ? one.evidence.cookie : one.evidence.token) +
           (one.evidence.authzid.empty() ? "" : " as " + one.evidence.authzid) + "]";
  }
  void operator()(const action::CheckToken& one) {
    const FastProof& proof = one.proof;
    log += "[token of " + std::string(proof.user.text()) + " " + proof.agent_id + " " +
           std::string(to_string(proof.mechanism)) + " " + proof.hashed_token + " bound to '" +
           proof.binding + "'" +
           (proof.count ? " for the time " + std::to_string(*proof.count) : std::string()) +
           (proof.invalidate ? " the last" : "") + "]";
  }
  void operator()(const action::IssueToken& one) {
    log += "[issue " + std::string(one.order.user.text()) + " " + one.order.agent_id + " " +
           std::string(to_string(one.order.mechanism)) + "]";
  }
  void operator()(const action::Authenticated& one) {
    log += "[authenticated " + std::string(one.user.text()) + " by " +
           std::string(to_string(one.mechanism)) +
           (one.software.empty() ? "" : " of " + one.software) + "]";
  }
  void operator()(const action::AuthFailed& one) {
    assert_false(one.why.empty());
    log += "[failed " + one.user + "]";
  }
  void operator()(const action::Bind& one) { log += "[bind " + one.resource + "]"; }
  void operator()(const action::Established& one) {
    log += "[established " + std::string(one.user.text()) + "]";
  }
  void operator()(const action::Close& one) {
    log += "[close " + std::string(to_string(one.condition)) + "]";
  }
  void operator()(const action::End&) { log += "[end]"; }
};

inline std::string performed(const Actions& actions) {
  Owner owner;
  for (const Action& one : actions) std::visit(owner, one);
  return owner.log;
}

struct Stream {
  NegotiationOptions options;
  xml::Parser parser;
  std::optional<Negotiation> negotiation;

  explicit Stream(bool secure = true, ChannelBindings bindings = {}, NegotiationOptions with = {},
                  StreamFraming framing = StreamFraming::kTcp, std::string cookie = {})
      : options(std::move(with)) {
    if (options.hosts.empty()) options.hosts = {"example.net", "example.com"};
    negotiation.emplace(options, framing, secure, std::move(bindings), std::move(cookie));
  }

  std::string header(const std::string& attributes = "to='example.net' version='1.0'") {
    return raw_header("<stream:stream " + std::string(kStreamNs) + " " + attributes + ">");
  }
  std::string raw_header(const std::string& bytes) {
    const auto header = parser.parse_header(bytes);
    assert_true(header.has_value());
    Actions actions;
    negotiation->on_header(*header, actions);
    return performed(actions);
  }
  std::string send(const std::string& bytes) {
    const auto element = parser.parse_stanza(bytes);
    assert_true(element.has_value());
    Actions actions;
    negotiation->on_element(*element, actions);
    return performed(actions);
  }
  std::string tls(ChannelBindings bindings = {}) {
    Actions actions;
    negotiation->on_tls_open(std::move(bindings), actions);
    return performed(actions);
  }
  std::string keys(const Result<ScramKeys>& keys) {
    Actions actions;
    negotiation->on_keys(keys, actions);
    return performed(actions);
  }
  std::string login(const Result<Login>& login) {
    Actions actions;
    negotiation->on_login(login, actions);
    return performed(actions);
  }
  // That romeo was let in, or not.
  std::string password(bool right) {
    if (right) return login(Login{*Jid::parse("romeo@example.net")});
    return login(make_error(Errc::kDenied, "wrong password"));
  }
  std::string token(const Result<FastLogin>& login) {
    Actions actions;
    negotiation->on_token(login, actions);
    return performed(actions);
  }
  std::string issued(FastToken token) {
    Actions actions;
    negotiation->on_issued(std::move(token), actions);
    return performed(actions);
  }
  std::string bound(const Result<Jid>& full) {
    Actions actions;
    negotiation->on_bound(full, actions);
    return performed(actions);
  }

  std::string auth(const std::string& mechanism, const std::string& content = "") {
    return send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='" + mechanism + "'>" +
                content + "</auth>");
  }
  std::string response(const std::string& content) {
    return send("<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" + content + "</response>");
  }
  // By SASL2, with what else stands inside.
  std::string authenticate(const std::string& mechanism, const std::string& message,
                           const std::string& more = "") {
    return send("<authenticate xmlns='urn:xmpp:sasl:2' mechanism='" + mechanism +
                "'><initial-response>" + text::base64_encode(message) + "</initial-response>" +
                more + "</authenticate>");
  }
  std::string plain(const std::string& name = "romeo", const std::string& secret = "secret") {
    const std::string nul(1, '\0');
    return auth("PLAIN", text::base64_encode(nul + name + nul + secret));
  }
  // Up to the features with bind.
  void log_in() {
    header();
    plain();
    password(true);
    header();
    assert_true(negotiation->authenticated());
  }
};

inline bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace rosterd::xmpp::test
