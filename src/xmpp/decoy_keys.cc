// SPDX-License-Identifier: MIT
#include "xmpp/decoy_keys.h"

namespace rosterd::xmpp {

std::string DecoyKeys::derive(std::string_view purpose, const Jid& user, crypto::Hash hash) const {
  std::string label(purpose);
  (label += ' ') += user.bare_text();
  return crypto::hmac(hash, secret_, label);
}

std::string DecoyKeys::make_salt(const Jid& user, crypto::Hash hash, std::size_t size) const {
  std::string salt;
  for (std::string purpose = "salt"; salt.size() < size; purpose += '+') {
    salt += derive(purpose, user, hash);
  }
  salt.resize(size);
  return salt;
}

ScramKeys DecoyKeys::make(const Jid& user, crypto::Hash hash, int iterations) const {
  return {.hash = hash,
          .iterations = iterations,
          .salt = make_salt(user, hash),
          .stored_key = derive("stored key", user, hash),
          .server_key = derive("server key", user, hash)};
}

}  // namespace rosterd::xmpp
