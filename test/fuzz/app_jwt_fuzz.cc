// SPDX-License-Identifier: MIT
// A token of a stranger: nobody is let in by one that he signed with nothing; what is read is
// within its bounds. Its claims are read as if it had been signed right, too.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "app/jwt.h"

using namespace rosterd;
using namespace rosterd::app;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

const JwtKeys& all_keys() {
  static const JwtKeys keys = *parse_jwks(R"({"keys":[
    {"kty":"oct","kid":"s","k":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"},
    {"kty":"EC","kid":"p","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
     "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
    {"kty":"OKP","kid":"e","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})",
                                          {});
  return keys;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const WallTime now{std::chrono::seconds(1'000'000'000)};
  const JwtRules rules{.issuer = "joe", .audience = "chat"};

  Jwt bare;
  bare.claims = text;
  if (const auto claims = check_claims(bare, rules, now)) {
    require(claims->expires > now && claims->name.size() <= text.size());
  }

  const auto jwt = parse_jwt(text);
  if (!jwt) {
    require(jwt.error().code == Errc::kDenied);
    return 0;
  }
  require(jwt->signed_part.size() < size && jwt->key_id.size() < size);
  const auto signers = find_signers(*jwt, all_keys());
  // The corpus holds tokens that are right; none of them has an "exp" that lies ahead and "joe".
  if (signers && is_signed_by(*signers, jwt->signed_part, jwt->signature)) {
    require(!check_claims(*jwt, rules, now));
  }
  return 0;
}
