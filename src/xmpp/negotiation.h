// SPDX-License-Identifier: MIT
// Negotiation: a client's way from the stream header to a bound resource (RFC 6120 sections 4 to
// 7): header -> features -> STARTTLS -> SASL -> bind, or by SASL2 (XEP-0388) both in one. Events
// in, actions out; no socket, no clock.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "xml/element.h"
#include "xml/parser.h"
#include "xmpp/errors.h"
#include "xmpp/fast.h"
#include "xmpp/jid.h"
#include "xmpp/login.h"
#include "xmpp/sasl.h"

namespace rosterd::xmpp {

struct NegotiationOptions {
  std::vector<std::string> hosts;  // prepared domains served; the first answers a missing `to`
  std::map<std::string, LoginMethods, std::less<>> methods = {};  // of those with their own
  bool tls_available = true;                                      // STARTTLS can be offered
  bool tls_required = true;                                       // nothing but STARTTLS before TLS
  bool plain_without_tls = false;  // PLAIN on an unencrypted stream, where that may log in at all
  std::vector<Mechanism> mechanisms = {Mechanism::kScramSha512Plus, Mechanism::kScramSha256Plus,
                                       Mechanism::kScramSha1Plus,   Mechanism::kScramSha512,
                                       Mechanism::kScramSha256,     Mechanism::kScramSha1,
                                       Mechanism::kPlain,           Mechanism::kOAuthBearer,
                                       Mechanism::kXOAuth2,         Mechanism::kExternal};
  std::vector<Mechanism> http_mechanisms = {};  // on WebSocket and BOSH; empty: as elsewhere
  bool fast = false;                            // tokens are given in exchange for a login
  int sasl_attempts = 3;  // failures before the stream is closed with policy-violation
};

// What the owner must do, in the order given.
namespace action {
struct Send {
  std::string bytes;
};                       // to the peer, as is
struct StartTls {};      // after what was sent so far; then on_tls_open()
struct ExpectHeader {};  // drop unread bytes' framing: a new stream begins
struct NeedKeys {
  Jid user;
  crypto::Hash hash;
};  // then on_keys()
struct NeedPassword {
  Jid user;
  std::string password;
};  // then on_login()
struct NeedIdentity {
  Evidence evidence;
};  // then on_login()
struct CheckToken {
  FastProof proof;
};  // then on_token()
struct IssueToken {
  FastOrder order;
};  // then on_issued()
struct Authenticated {
  Jid user;
  Mechanism mechanism;
  std::optional<WallTime> expires;
  std::string software;  // what the client says it is, or ""
};                       // bare: fetch its roster, raise the limits
struct AuthFailed {
  std::string user;
  SaslFailure failure;  // kNotAuthorized alone may have been a guess
  std::string why;
};  // for the log and for rate limits
struct Bind {
  std::string resource;
};  // "" = choose one; then on_bound()
struct Established {
  Jid user;
};  // full: stanzas go to im::Core from now on
// Send the error (the negotiation has not sent it), </stream:stream>, and close.
struct Close {
  StreamCondition condition;
  std::string text;
};
// Send </stream:stream> and close, without an error.
struct End {
  std::string why;  // for the log
};
}  // namespace action
using Action = std::variant<action::Send, action::StartTls, action::ExpectHeader, action::NeedKeys,
                            action::NeedPassword, action::NeedIdentity, action::CheckToken,
                            action::IssueToken, action::Authenticated, action::AuthFailed,
                            action::Bind, action::Established, action::Close, action::End>;
using Actions = std::vector<Action>;

// How the stream's own framing is written: TCP uses <stream:stream>, WebSocket <open/> (RFC 7395),
// BOSH attributes of its <body/> (XEP-0206), which are its channel's to write.
enum class StreamFraming : std::uint8_t { kTcp, kWebSocket, kBosh };

class Negotiation {
 public:
  // `options` must outlive it. `secure`: the stream began inside TLS (5223), with these bindings.
  // `cookie`: of a browser whose page may log in by it; "" = there is none.
  Negotiation(const NegotiationOptions& options, StreamFraming framing, bool secure,
              ChannelBindings bindings, std::string cookie = {});
  ~Negotiation();

  // Where another framing carries the stream, what its own opening says, put as a stream header.
  void on_header(const xml::StreamHeader& header, Actions& actions);
  // First-level elements until the session is established.
  void on_element(xml::Element element, Actions& actions);
  void on_tls_open(ChannelBindings bindings, Actions& actions);
  // An error is temporary-auth-failure, but kDenied of a login not-authorized.
  void on_keys(const Result<ScramKeys>& keys, Actions& actions);
  void on_login(const Result<Login>& login, Actions& actions);
  void on_token(const Result<FastLogin>& login, Actions& actions);
  void on_issued(FastToken token, Actions& actions);
  // What im::Core answered to Bind.
  void on_bound(const Result<Jid>& full, Actions& actions);

  // Waits for on_keys/on_login/on_bound/on_tls_open: elements must not be fed meanwhile.
  bool waiting() const;
  bool authenticated() const;
  bool established() const;
  // The response header of the present stream has been sent; else an error must be preceded by one
  // (section 4.9.1.2). STARTTLS and SASL begin a new stream.
  bool header_sent() const;
  // The header to send before an error when none was sent yet.
  std::string make_header() const;
  const std::string& host() const;         // the stream's domain once known
  const std::string& stream_lang() const;  // xml:lang of the header, stamped on its stanzas

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rosterd::xmpp
