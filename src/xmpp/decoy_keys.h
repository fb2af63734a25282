// SPDX-License-Identifier: MIT
// DecoyKeys: SCRAM keys for users who do not exist: the same at every asking, so that they look
// like anybody's, and made so that nobody can match them (RFC 5802 section 9). Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "xmpp/jid.h"
#include "xmpp/sasl.h"

namespace rosterd::xmpp {

class DecoyKeys {
 public:
  static constexpr std::size_t kSaltSize = 16;

  // `secret` is nobody else's business.
  explicit DecoyKeys(std::string secret) : secret_(std::move(secret)) {}

  ScramKeys make(const Jid& user, crypto::Hash hash, int iterations) const;
  // The salt of these, or one of another size.
  std::string make_salt(const Jid& user, crypto::Hash hash, std::size_t size = kSaltSize) const;

 private:
  std::string derive(std::string_view purpose, const Jid& user, crypto::Hash hash) const;

  std::string secret_;
};

}  // namespace rosterd::xmpp
