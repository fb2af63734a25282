// SPDX-License-Identifier: MIT
#include "app/jwt.h"

#include "support/cmocka.h"
#include "support/jwt.h"
#include "support/jwt_vectors.h"

namespace rosterd::app {
namespace {

constexpr const char* kClaimsOf7515 =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlf"
    "Q";

struct Vector {
  const char* jwk;
  const char* header;
  const char* claims;
  const char* signature;
};

// RFC 7515 appendix A.1 to A.4, RFC 8037 appendix A.4.
constexpr Vector kVectors[] = {
    {R"({"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"})",
     "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9", kClaimsOf7515,
     "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"},
    {R"({"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"})",
     "eyJhbGciOiJSUzI1NiJ9", kClaimsOf7515,
     "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5"
     "jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb"
     "1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QO"
     "YEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"},
    {R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})",
     "eyJhbGciOiJFUzI1NiJ9", kClaimsOf7515,
     "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"},
    {R"({"kty":"EC","crv":"P-521","x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk","y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"})",
     "eyJhbGciOiJFUzUxMiJ9", "UGF5bG9hZA",
     "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8G"
     "aSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn"},
    {R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
     "eyJhbGciOiJFZERTQSJ9", "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
     "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"},
};

std::string join(std::string_view header, std::string_view claims, std::string_view signature) {
  return std::string(header) + '.' + std::string(claims) + '.' + std::string(signature);
}
std::string token_of(const Vector& one) { return join(one.header, one.claims, one.signature); }
JwtKeys keys_of(const Vector& one) { return *parse_jwks(one.jwk, {}); }

JwtKeys test_secret(const char* id = "") {
  JwtKeys keys;
  keys.add({id, *crypto::VerifyKey::from_secret(crypto::SignatureAlgorithm::kHs256,
                                                std::string(kTestSecret))});
  return keys;
}

constexpr WallTime at(std::int64_t seconds) { return WallTime(std::chrono::seconds(seconds)); }

// Whose it is, or what is wrong with it.
std::string judge(const std::string& token, const JwtKeys& keys, const JwtRules& rules = {},
                  WallTime now = at(1000)) {
  const auto jwt = parse_jwt(token);
  if (!jwt) {
    assert_true(jwt.error().code == Errc::kDenied);
    return jwt.error().text;
  }
  if (auto checked = check_signature(*jwt, keys); !checked) return checked.error().text;
  const auto claims = check_claims(*jwt, rules, now);
  if (claims) return claims->name;
  assert_true(claims.error().code == Errc::kDenied);
  return claims.error().text;
}
std::string judge_claims(std::string_view claims, const JwtRules& rules = {},
                         WallTime now = at(1000)) {
  return judge(sign_claims(claims), test_secret(), rules, now);
}
std::string judge_header(std::string_view header) {
  return judge(sign_token(header, R"({"jid":"romeo@h","exp":1001})"), test_secret());
}

void vectors_of_the_rfcs_are_right(void**) {
  for (const Vector& one : kVectors) {
    const std::string token = token_of(one);
    const auto jwt = parse_jwt(token);
    assert_true(jwt.has_value());
    assert_true(check_signature(*jwt, keys_of(one)).has_value());
  }
}

void vectors_of_the_rfcs_fit_no_other_key(void**) {
  for (const Vector& one : kVectors) {
    for (const Vector& other : kVectors) {
      if (&one == &other) continue;
      assert_text_equal(judge(token_of(one), keys_of(other)),
                        "the token's \"alg\" is not the key's");
    }
  }
}

void tokens_of_another_implementation_say_whose_they_are(void**) {
  for (const JwtVector& one : kJwtVectors) {
    const auto algorithm = *crypto::parse_signature_algorithm(one.algorithm);
    JwkOptions options;
    if (is_rsa(algorithm)) options.rsa = algorithm;
    assert_text_equal(judge(one.token, *parse_key_file(one.pem, options)), "romeo@h");
  }
  for (const JwtVector& one : kSecretVectors) {
    const JwkOptions options{.secret = *crypto::parse_signature_algorithm(one.algorithm)};
    assert_text_equal(judge(one.token, *parse_secret_file(one.pem, options)), "romeo@h");
  }
}

void claims_say_whose_it_is_and_how_long(void**) {
  const std::string token = sign_claims(R"({"jid":"romeo@h","exp":2000.5,"nbf":900,"iat":900})");
  const auto jwt = parse_jwt(token);
  const auto claims = check_claims(*jwt, {}, at(1000));
  assert_text_equal(claims->name, "romeo@h");
  assert_true(claims->expires == at(2030) + std::chrono::milliseconds(500));
  assert_text_equal(judge_claims(R"({"sub":"romeo","exp":2000})", {.name = "sub"}), "romeo");
}

void clocks_may_differ_by_the_leeway(void**) {
  const char* const claims = R"({"jid":"a@h","exp":2000,"nbf":1000,"iat":1000})";
  assert_text_equal(judge_claims(claims, {}, at(970)), "a@h");
  assert_text_equal(judge_claims(claims, {}, at(969)), "the token is not valid yet");
  assert_text_equal(judge_claims(claims, {}, at(2029)), "a@h");
  assert_text_equal(judge_claims(claims, {}, at(2030)), "the token has expired");
  assert_text_equal(judge_claims(R"({"jid":"a@h","exp":2000,"iat":1031})"),
                    "the token is from the future");
  const JwtRules strict{.leeway = std::chrono::seconds(0)};
  assert_text_equal(judge_claims(claims, strict, at(999)), "the token is not valid yet");
  assert_text_equal(judge_claims(claims, strict, at(2000)), "the token has expired");
}

void times_must_be_numbers_in_range(void**) {
  assert_text_equal(judge_claims(R"({"jid":"a@h"})"), "the token has no \"exp\"");
  for (const char* exp : {"\"2000\"", "null", "true", "[2000]", "{}"}) {
    const std::string text = judge_claims(R"({"jid":"a@h","exp":)" + std::string(exp) + '}');
    assert_true(text.ends_with("\"exp\" is no number"));
  }
  assert_true(judge_claims(R"({"jid":"a@h","exp":1e999})").ends_with("\"exp\" is out of range"));
  assert_text_equal(judge_claims(R"({"jid":"a@h","exp":1e300})"), "a@h");
  assert_text_equal(judge_claims(R"({"jid":"a@h","exp":-1e300})"), "the token has expired");
  assert_text_equal(judge_claims(R"({"jid":"a@h","exp":2e3})"), "a@h");
  assert_true(judge_claims(R"({"jid":"a@h","exp":2000,"nbf":"0"})").ends_with("is no number"));
  assert_text_equal(judge_claims(R"({"jid":"a@h","exp":2000,"nbf":1e300})"),
                    "the token is not valid yet");
}

void issuer_and_audience_must_be_those_asked_for(void**) {
  const JwtRules rules{.issuer = "joe", .audience = "chat"};
  const auto with = [&](const std::string& more) {
    return judge_claims(R"({"jid":"a@h","exp":2000)" + more + '}', rules);
  };
  assert_text_equal(with(R"(,"iss":"joe","aud":"chat")"), "a@h");
  assert_text_equal(with(R"(,"iss":"joe","aud":["mail","chat"])"), "a@h");
  assert_text_equal(with(R"(,"aud":"chat")"), "the token's issuer is another");
  assert_text_equal(with(R"(,"iss":"Joe","aud":"chat")"), "the token's issuer is another");
  for (const char* aud : {"", R"(,"aud":"chatter")", R"(,"aud":[])", R"(,"aud":[["chat"]])",
                          R"(,"aud":[{"chat":"chat"}])"}) {
    assert_text_equal(with(R"(,"iss":"joe")" + std::string(aud)),
                      "the token is for another audience");
  }
  assert_true(with(R"(,"iss":["joe"],"aud":"chat")").ends_with("\"iss\" is no string"));
  assert_true(with(R"(,"iss":"joe","aud":{"chat":1})").ends_with("\"aud\" is no string"));
  assert_text_equal(judge_claims(R"({"jid":"a@h","exp":2000,"iss":"any","aud":"any"})"), "a@h");
}

void name_must_be_a_string(void**) {
  assert_text_equal(judge_claims(R"({"exp":2000})"), "the token has no \"jid\"");
  for (const char* name : {"1", "null", "[\"a@h\"]", "{\"jid\":\"a@h\"}"}) {
    const std::string text = judge_claims(R"({"exp":2000,"jid":)" + std::string(name) + '}');
    assert_true(text.ends_with("\"jid\" is no string"));
  }
  assert_text_equal(judge_claims(R"({"exp":2000,"other":{"jid":"a@h"}})"),
                    "the token has no \"jid\"");
}

void members_that_mean_nothing_here_are_passed_over(void**) {
  assert_text_equal(
      judge_header(R"({"alg":"HS256","typ":"nonsense","cty":7,"x":[{"alg":"none"}]})"), "romeo@h");
  assert_text_equal(judge_claims(R"({"a":[1,[2,{"exp":3}]],"jid":"a@h","exp":2000,"n":null})"),
                    "a@h");
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      cmocka_unit_test(vectors_of_the_rfcs_are_right),
      cmocka_unit_test(vectors_of_the_rfcs_fit_no_other_key),
      cmocka_unit_test(tokens_of_another_implementation_say_whose_they_are),
      cmocka_unit_test(claims_say_whose_it_is_and_how_long),
      cmocka_unit_test(clocks_may_differ_by_the_leeway),
      cmocka_unit_test(times_must_be_numbers_in_range),
      cmocka_unit_test(issuer_and_audience_must_be_those_asked_for),
      cmocka_unit_test(name_must_be_a_string),
      cmocka_unit_test(members_that_mean_nothing_here_are_passed_over),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
