// SPDX-License-Identifier: MIT
// Stream features: what is offered at each stage (RFC 6120 section 4.3.2), decided in one place.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "xmpp/negotiation.h"

namespace rosterd::xmpp {

// A stream before authentication: what its offers follow from. Views, valid during a call.
struct LoginStage {
  StreamFraming framing;
  const NegotiationOptions& options;
  std::string_view host;  // one of the options'
  const Jid& peer;        // bare, whom the stream header names; believed by nobody
  bool secure;
  const ChannelBindings& bindings;
  const std::string& cookie;  // that a login may be by, or ""
};

// Whether such accounts can check what the mechanism brings; not one of FAST, which they never see.
bool can_check(const LoginMethods& methods, Mechanism mechanism);
// Whether SASL may happen on this stream as it is now.
bool may_authenticate(const NegotiationOptions& options, bool secure);
// Why this mechanism is not offered on this stream; nullopt when it is.
std::optional<SaslFailure> find_refusal(Mechanism mechanism, const LoginStage& stage);
bool offers_plus(const LoginStage& stage);
// What is offered, as the client has seen it, in one string for a hash (XEP-0474 section 5.1).
std::string describe_offer(const LoginStage& stage);

// Before authentication: STARTTLS and mechanisms for either profile of SASL, with the bindings that
// -PLUS may use (XEP-0440).
void write_login_features(std::string& out, const LoginStage& stage);
// After it: bind, the session of RFC 3921, roster versioning.
void write_bind_features(std::string& out, StreamFraming framing);
// After both, for who has bound along with his login.
void write_session_features(std::string& out, StreamFraming framing);
// The error of a bind iq, which the client may repeat.
void write_bind_error(std::string& out, std::string_view id, Errc why);

}  // namespace rosterd::xmpp
