// SPDX-License-Identifier: MIT
#include "token.h"

#include <fmt/format.h>

#include <ctime>
#include <string_view>

#include "client.h"
#include "scram.h"

namespace bench {

namespace {

constexpr std::string_view kTokenSecret = "a secret of thirty-two bytes, or more";

std::string base64url(std::string_view bytes) {
  std::string out = base64(bytes);
  for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return out.substr(0, out.find('='));
}

}  // namespace

std::string make_token(int user) {
  const std::string signed_part =
      base64url(R"({"alg":"HS256","typ":"JWT"})") + '.' +
      base64url(fmt::format(R"({{"jid":"{}@{}","exp":{}}})", user_name(user), kHost,
                            std::time(nullptr) + 3600));
  return signed_part + '.' + base64url(hmac(kTokenSecret, signed_part));
}

}  // namespace bench
