// SPDX-License-Identifier: MIT
// SASL mechanisms as state machines (RFC 4422): PLAIN (RFC 4616); SCRAM with and without channel
// binding (RFC 5802, 7677, 9266); OAUTHBEARER (RFC 7628) and X-OAUTH2; EXTERNAL; the hashed tokens
// of FAST (draft-schmaus-kitten-sasl-ht). Messages in, messages and questions out; they hold no
// secret longer than a step, know no XML and no storage.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/crypto.h"
#include "base/result.h"

namespace rosterd::xmpp {

// What the server keeps instead of a password (RFC 5802 section 3). Raw bytes, not base64.
struct ScramKeys {
  crypto::Hash hash = crypto::Hash::kSha256;
  int iterations = 0;
  std::string salt;
  std::string stored_key;
  std::string server_key;
};

// SaltedPassword -> keys. `password` has been through saslprep. Slow: PBKDF2.
ScramKeys derive_scram_keys(crypto::Hash hash, std::string_view password, std::string_view salt,
                            int iterations);

enum class Mechanism : std::uint8_t {
  kScramSha512Plus,
  kScramSha256Plus,
  kScramSha1Plus,
  kScramSha512,
  kScramSha256,
  kScramSha1,
  kPlain,
  kOAuthBearer,
  kXOAuth2,
  kExternal,
  kHtSha256Expr,  // these four: of FAST alone
  kHtSha256Endp,
  kHtSha256Uniq,
  kHtSha256None,
};
// Of SCRAM, with channel binding.
bool is_plus(Mechanism mechanism);
// Of FAST: by a token of ours.
bool is_fast(Mechanism mechanism);
std::string_view to_string(Mechanism mechanism);
Result<Mechanism> parse_mechanism(std::string_view name);

// Channel bindings this stream can give; "" = not that one. Also decides which -PLUS are offered.
struct ChannelBindings {
  std::string tls_exporter;
  std::string tls_server_end_point;
  std::string tls_unique;
  bool any() const {
    return !tls_exporter.empty() || !tls_server_end_point.empty() || !tls_unique.empty();
  }
};

// RFC 6120 section 6.5.
enum class SaslFailure : std::uint8_t {
  kAborted,
  kAccountDisabled,
  kCredentialsExpired,
  kEncryptionRequired,
  kIncorrectEncoding,
  kInvalidAuthzid,
  kInvalidMechanism,
  kMalformedRequest,
  kMechanismTooWeak,
  kNotAuthorized,
  kTemporaryAuthFailure,
};
std::string_view to_string(SaslFailure failure);

struct SaslChallenge {
  std::string message;
};  // server-first (also the empty PLAIN challenge)
// He is not let in, and must be told so by this challenge; whatever he answers, it fails after
// that.
struct SaslRefusal {
  std::string message;
  std::string log_text;
};
// Ask for the keys of this user name (saslprepped, no domain) and call on_keys().
struct SaslNeedKeys {
  std::string username;
  crypto::Hash hash;
};
// Ask whether the password is right and call on_login().
struct SaslNeedPassword {
  std::string username;
  std::string password;
};
// Ask whose this token is, or, where it is "", the cookie that came with the stream, and call
// on_login().
struct SaslNeedIdentity {
  std::string authzid;  // as the client wrote it
  std::string token;
};
// Ask whether he has a token of FAST that gives this, and call on_token().
struct SaslNeedToken {
  std::string username;
  std::string hashed_token;
  std::string binding;
};
struct SaslSuccess {
  std::string username;
  std::string message;
};  // server-final, or ""
struct SaslFail {
  SaslFailure failure;
  std::string log_text;
};

using SaslStep = std::variant<SaslChallenge, SaslRefusal, SaslNeedKeys, SaslNeedPassword,
                              SaslNeedIdentity, SaslNeedToken, SaslSuccess, SaslFail>;

// Where an exchange takes place. Views, valid during start().
struct SaslPlace {
  std::string_view domain;  // the stream's host
  const ChannelBindings& bindings;
  // The features advertised a -PLUS mechanism, so that a client's gs2 flag "y" means that somebody
  // has stripped it: refused (RFC 5802 section 6).
  bool plus_offered = false;
  std::string_view offer{};  // what SCRAM signs, so that a stripped list is noticed (XEP-0474)
};

class SaslExchange {
 public:
  // An authzid must be empty, or the same user as USER or USER@domain.
  static std::unique_ptr<SaslExchange> start(Mechanism mechanism, const SaslPlace& place);
  virtual ~SaslExchange() = default;

  // A message of the client, base64-decoded. The initial response comes the same way.
  virtual SaslStep on_message(std::string_view message) = 0;
  // An unknown user gets keys too (see im::AuthSource), so both take the same way. To a mechanism
  // that has not asked, malformed-request.
  virtual SaslStep on_keys(const ScramKeys& keys);
  // The user name that was let in, or why none was.
  virtual SaslStep on_login(const Result<std::string>& username);
  // The proof that we have the token too; kTimeout: it has expired.
  virtual SaslStep on_token(const Result<std::string>& answer);
};

}  // namespace rosterd::xmpp
