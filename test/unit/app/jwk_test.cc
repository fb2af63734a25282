// SPDX-License-Identifier: MIT
#include "app/jwk.h"

#include "support/cmocka.h"
#include "support/jwt_vectors.h"

namespace rosterd::app {
namespace {

using enum crypto::SignatureAlgorithm;

constexpr const char* kModulus =
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4"
    "QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdb"
    "BYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-D"
    "WNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
constexpr const char* kPoint =
    R"("kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")";
constexpr const char* kEd25519 =
    R"("kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")";
// 32 bytes.
constexpr const char* kSecret = R"("kty":"oct","k":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY")";

std::string rsa() { return R"("kty":"RSA","e":"AQAB","n":")" + std::string(kModulus) + '"'; }
std::string object(const std::string& members, const std::string& more = "") {
  return '{' + members + (more.empty() ? "" : "," + more) + '}';
}
std::string set(const std::string& keys) { return R"({"keys":[)" + keys + "]}"; }

// "kid:alg kid:alg", or the fault.
std::string read(const std::string& json, const JwkOptions& options = {}) {
  const auto keys = parse_jwks(json, options);
  if (!keys) return keys.error().text;
  std::string out;
  for (const JwtKey& one : keys->list()) {
    out += (out.empty() ? "" : " ") + one.id + ':' + to_string(one.key.algorithm());
  }
  return out;
}

void one_key_of_each_kind_is_read(void**) {
  assert_text_equal(read(object(rsa())), ":RS256");
  assert_text_equal(read(object(rsa(), R"("alg":"RS512","kid":"a")")), "a:RS512");
  assert_text_equal(read(object(kPoint)), ":ES256");
  assert_text_equal(read(object(kEd25519)), ":EdDSA");
  assert_text_equal(read(object(kSecret, R"("kid":"s","use":"sig")")), "s:HS256");
}

void set_holds_several_keys(void**) {
  assert_text_equal(
      read(set(object(rsa(), R"("kid":"a","x5c":["MII="],"use":"sig")") + "," +
               object(kPoint, R"("kid":"b","key_ops":["verify"])") + "," + object(kEd25519))),
      "a:RS256 b:ES256 :EdDSA");
  assert_text_equal(
      read(R"({"kid":"x","keys":[{)" + std::string(kPoint) + R"(}],"more":{"kty":1}})"), ":ES256");
}

void keys_for_something_else_are_left_out(void**) {
  const std::string good = object(kEd25519, R"("kid":"good")");
  for (const std::string& other :
       {object(rsa(), R"("use":"enc")"),
        object(rsa(), R"("key_ops":["encrypt"])"),
        object(rsa(), R"("key_ops":[])"),
        object(rsa(), R"("alg":"RSA-OAEP")"),
        object(rsa(), R"("alg":"PS256")"),
        object(rsa(), R"("alg":"none")"),
        object(rsa(), R"("alg":"HS256")"),
        object(kPoint, R"("alg":"ES384")"),
        object(kPoint, R"("alg":"HS256")"),
        object(kSecret, R"("alg":"RS256")"),
        object(kEd25519, R"("alg":"ES256")"),
        object(kSecret, R"("alg":"HS512")"),
        std::string(R"({"kty":"OKP","crv":"X25519","x":"AAAA"})"),
        std::string(R"({"kty":"new"})"),
        std::string("{}"),
        std::string(R"({"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"})"),
        std::string(R"({"kty":"RSA","n":"AQAB","e":"AQAB"})"),
        std::string(R"({"kty":"RSA","n":"A+==","e":"AQAB"})"),
        std::string(R"({"kty":["RSA"]})"),
        object(rsa(), R"("kty":"oct","k":"AAAA")")}) {
    assert_text_equal(read(set(other + ',' + good)), "good:EdDSA");
    assert_true(read(other).starts_with("no key that can be used: "));
  }
}

void options_decide_where_the_key_does_not_say(void**) {
  JwkOptions options{.rsa = kRs512, .secret = kHs512};
  assert_text_equal(read(object(rsa()), options), ":RS512");
  assert_text_equal(read(object(rsa(), R"("alg":"RS256")"), options), ":RS256");
  assert_text_equal(read(object(kSecret), options),
                    "no key that can be used: HS512 needs a secret of at least 64 bytes");
}

void secrets_that_anybody_can_fetch_are_left_out(void**) {
  const JwkOptions options{.secrets = false};
  assert_text_equal(read(set(object(kSecret) + ',' + object(kPoint)), options), ":ES256");
  assert_text_equal(read(object(kSecret), options),
                    "no key that can be used: a secret that anybody can fetch");
}

void what_is_no_key_set_is_refused(void**) {
  for (const char* bad : {"", "[]", "null", "\"kty\"", "{\"keys\":[]}", "{\"keys\":{}}",
                          "{\"keys\":[1,\"a\",[{}]]}", "{\"keys\":[", "<html>", "[[[[[[[[[[[["}) {
    assert_false(parse_jwks(bad, {}).has_value());
  }
  std::string many;
  for (std::size_t i = 0; i <= JwtKeys::kMax; ++i) many += (i == 0 ? "" : ",") + object(kPoint);
  assert_true(read(set(many)).ends_with("more than 32 keys"));
}

void keys_are_found_by_their_id(void**) {
  const auto keys =
      parse_jwks(set(object(kPoint, R"("kid":"a")") + ',' + object(kEd25519, R"("kid":"b")") + ',' +
                     object(rsa(), R"("kid":"a")")),
                 {});
  assert_int_equal(keys->find("a").size(), 2);
  assert_int_equal(keys->find("b").size(), 1);
  assert_int_equal(keys->find("").size(), 3);
  assert_int_equal(keys->find("c").size(), 0);
  assert_int_equal(keys->find("../../etc/passwd").size(), 0);
  assert_int_equal(parse_jwks(object(kPoint), {})->find("whatever").size(), 1);
}

void key_file_may_be_pem(void**) {
  for (const JwtVector& one : kJwtVectors) {
    const auto algorithm = *crypto::parse_signature_algorithm(one.algorithm);
    const auto keys = parse_key_file(one.pem, {.rsa = is_rsa(algorithm) ? algorithm : kRs256});
    assert_true(keys.has_value());
    assert_true(keys->list().front().key.algorithm() == algorithm);
  }
  assert_true(parse_key_file(object(kPoint), {}).has_value());
  assert_false(parse_key_file("secret", {}).has_value());
}

void secret_file_is_the_secret_without_its_line_end(void**) {
  const std::string secret(32, 's');
  for (const char* end : {"", "\n", "\r\n"}) {
    const auto keys = parse_secret_file(secret + end, {});
    assert_true(keys.has_value());
    assert_true(keys->list().front().key.algorithm() == kHs256);
  }
  assert_false(parse_secret_file("short\n", {}).has_value());
  assert_text_equal(parse_secret_file(kJwtVectors[0].pem, {}).error().text,
                    "a key in PEM, which is no secret");
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      cmocka_unit_test(one_key_of_each_kind_is_read),
      cmocka_unit_test(set_holds_several_keys),
      cmocka_unit_test(keys_for_something_else_are_left_out),
      cmocka_unit_test(options_decide_where_the_key_does_not_say),
      cmocka_unit_test(secrets_that_anybody_can_fetch_are_left_out),
      cmocka_unit_test(what_is_no_key_set_is_refused),
      cmocka_unit_test(keys_are_found_by_their_id),
      cmocka_unit_test(key_file_may_be_pem),
      cmocka_unit_test(secret_file_is_the_secret_without_its_line_end),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
