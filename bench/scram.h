// SPDX-License-Identifier: MIT
// SCRAM-SHA-256 without channel binding, a client's side (RFC 5802, 7677). What follows from salt
// and rounds alone is computed once, as clients do that log in again.
#pragma once

#include <string>
#include <string_view>

namespace bench {

std::string base64(std::string_view bytes);
std::string base64_decode(std::string_view text);
std::string hmac(std::string_view key, std::string_view data);  // SHA-256

class Scram {
 public:
  Scram(std::string_view user, std::string_view password) : user_(user), password_(password) {}

  std::string first() const;
  // Gives up where the server does not follow.
  std::string answer(std::string_view server_first);
  void check(std::string_view server_final) const;

 private:
  std::string user_;
  std::string password_;
  std::string signature_;  // that the server owes
};

}  // namespace bench
