// SPDX-License-Identifier: MIT
#include "xmpp/hashed_token.h"

#include <string>
#include <utility>

#include "base/text.h"
#include "xmpp/jid.h"

namespace rosterd::xmpp {

namespace {

SaslFail malformed(const char* why) { return {SaslFailure::kMalformedRequest, why}; }

class HashedTokenExchange final : public SaslExchange {
 public:
  explicit HashedTokenExchange(std::string binding) : binding_(std::move(binding)) {}

  // authcid NUL HMAC(token, "Initiator" binding)
  SaslStep on_message(std::string_view message) override {
    if (std::exchange(state_, State::kDone) != State::kMessage) {
      return malformed("HT: message out of order");
    }
    const std::size_t nul = message.find('\0');
    if (nul == std::string_view::npos) return malformed("HT: a NUL is needed");
    const std::string_view hashed = message.substr(nul + 1);
    if (hashed.size() != crypto::digest_size(crypto::Hash::kSha256)) {
      return malformed("HT: the hash has another length");
    }
    auto username = saslprep(message.substr(0, nul));
    if (!username) return malformed("HT: bad user name");
    username_ = std::move(*username);
    state_ = State::kToken;
    return SaslNeedToken{username_, std::string(hashed), binding_};
  }

  SaslStep on_token(const Result<std::string>& answer) override {
    if (std::exchange(state_, State::kDone) != State::kToken) {
      return malformed("HT: no token was asked for");
    }
    if (answer) return SaslSuccess{username_, *answer};
    const bool expired = answer.error().code == Errc::kTimeout;
    return SaslFail{expired ? SaslFailure::kCredentialsExpired : SaslFailure::kNotAuthorized,
                    answer.error().text};
  }

 private:
  enum class State { kMessage, kToken, kDone };

  const std::string binding_;
  State state_ = State::kMessage;
  std::string username_;
};

}  // namespace

const std::string& find_binding(Mechanism mechanism, const ChannelBindings& bindings) {
  static const std::string none;
  switch (mechanism) {
    case Mechanism::kHtSha256Expr:
      return bindings.tls_exporter;
    case Mechanism::kHtSha256Endp:
      return bindings.tls_server_end_point;
    case Mechanism::kHtSha256Uniq:
      return bindings.tls_unique;
    default:
      return none;
  }
}

std::unique_ptr<SaslExchange> start_hashed_token(Mechanism mechanism,
                                                 const ChannelBindings& bindings) {
  return std::make_unique<HashedTokenExchange>(find_binding(mechanism, bindings));
}

}  // namespace rosterd::xmpp
