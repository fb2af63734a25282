// SPDX-License-Identifier: MIT
// Tokens that a test signs itself, by HMAC-SHA256.
#pragma once

#include <string>
#include <string_view>

#include "app/jwt.h"
#include "base/crypto.h"
#include "base/text.h"

namespace rosterd {

inline constexpr std::string_view kTestSecret = "0123456789abcdef0123456789abcdef";

inline std::string base64url_encode(std::string_view bytes) {
  std::string out = text::base64_encode(bytes);
  while (out.ends_with('=')) out.pop_back();
  for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return out;
}

inline std::string sign_token(std::string_view header, std::string_view claims,
                              std::string_view secret = kTestSecret) {
  std::string token = base64url_encode(header) + '.' + base64url_encode(claims);
  token += '.' + base64url_encode(crypto::hmac(crypto::Hash::kSha256, secret, token));
  return token;
}

inline std::string sign_claims(std::string_view claims) {
  return sign_token(R"({"alg":"HS256","typ":"JWT"})", claims);
}

// What a login does with it, but for the thread.
inline Status check_signature(const app::Jwt& token, const app::JwtKeys& keys) {
  const auto signers = app::find_signers(token, keys);
  if (!signers) return tl::unexpected<Error>(signers.error());
  if (app::is_signed_by(*signers, token.signed_part, token.signature)) return {};
  return make_error(Errc::kDenied, "the token's signature is wrong");
}

}  // namespace rosterd
