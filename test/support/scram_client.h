// SPDX-License-Identifier: MIT
// The client's side of SCRAM (RFC 5802), for tests.
#pragma once

#include <string>
#include <string_view>

#include "base/crypto.h"
#include "base/text.h"

namespace rosterd::test {

struct ScramClient {
  crypto::Hash hash = crypto::Hash::kSha256;
  std::string username = "user";
  std::string password = "pencil";
  std::string gs2_header = "n,,";
  std::string binding_data;
  std::string nonce = "rOprNGfwEbeRWgbNEkqO";

  std::string first_bare() const { return "n=" + username + ",r=" + nonce; }
  std::string first() const { return gs2_header + first_bare(); }

  // The value of `letter` in a comma-separated message.
  static std::string value(std::string_view message, char letter) {
    const std::string key = std::string(",") + letter + "=";
    const std::string text = "," + std::string(message) + ",";
    const std::size_t at = text.find(key);
    if (at == std::string::npos) return {};
    return text.substr(at + 3, text.find(',', at + 1) - at - 3);
  }

  std::string salted_password(std::string_view server_first) const {
    return crypto::pbkdf2(hash, password, *text::base64_decode(value(server_first, 's')),
                          std::stoi(value(server_first, 'i')));
  }

  // Of the final message, whose part before the proof may be replaced.
  std::string without_proof(std::string_view server_first) const {
    return "c=" + text::base64_encode(gs2_header + binding_data) + ",r=" + value(server_first, 'r');
  }
  std::string final_message(std::string_view server_first) const {
    return proven(without_proof(server_first), server_first);
  }
  std::string proven(const std::string& message, std::string_view server_first) const {
    const std::string key = crypto::hmac(hash, salted_password(server_first), "Client Key");
    const std::string signature =
        crypto::hmac(hash, crypto::digest(hash, key), auth_message(message, server_first));
    return message + ",p=" + text::base64_encode(crypto::xor_bytes(key, signature));
  }

  // The server-final message that proves the server.
  std::string expected_answer(std::string_view server_first) const {
    const std::string key = crypto::hmac(hash, salted_password(server_first), "Server Key");
    return "v=" + text::base64_encode(crypto::hmac(
                      hash, key, auth_message(without_proof(server_first), server_first)));
  }

 private:
  std::string auth_message(const std::string& message, std::string_view server_first) const {
    return first_bare() + "," + std::string(server_first) + "," + message;
  }
};

}  // namespace rosterd::test
