// SPDX-License-Identifier: MIT
// FAST (XEP-0484): a token in exchange for a login, by which the same program logs in the next time
// in one step. What the login says to those who keep the tokens, and hears from them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "xmpp/jid.h"
#include "xmpp/sasl.h"

namespace rosterd::xmpp {

// That the client has a token, without the token (draft-schmaus-kitten-sasl-ht).
struct FastProof {
  Jid user;              // bare
  std::string agent_id;  // of UserAgent
  Mechanism mechanism = Mechanism::kHtSha256None;
  std::string hashed_token;              // HMAC of "Initiator" and `binding`
  std::string binding{};                 // of the channel, "" for none
  std::optional<std::uint32_t> count{};  // of the uses of this token, as the client counts
  bool invalidate = false;               // this is the last one
};

// It is right.
struct FastLogin {
  std::string answer;   // HMAC of "Responder" and the binding
  bool rotate = false;  // it is time for a new token
  std::optional<WallTime>
      expires{};  // when the session must end, as of the login that it began with
};

struct FastOrder {
  Jid user;
  std::string agent_id;
  Mechanism mechanism = Mechanism::kHtSha256None;  // the only one it will be good for
  std::optional<WallTime> expires{};               // of the login: no token outlives it
};

struct FastToken {
  std::string token;
  WallTime expiry;
};

}  // namespace rosterd::xmpp
