// SPDX-License-Identifier: MIT
// What RFC 8725 warns of, and what has been done to others' implementations.
#include "app/jwt.h"
#include "support/cmocka.h"
#include "support/jwt.h"
#include "support/jwt_vectors.h"

namespace rosterd::app {
namespace {

constexpr const char* kClaims = R"({"jid":"romeo@h","exp":1001})";
constexpr WallTime kNow{std::chrono::seconds(1000)};

const JwtVector& vector_of(std::string_view algorithm) {
  for (const JwtVector& one : kJwtVectors) {
    if (algorithm == one.algorithm) return one;
  }
  std::abort();
}
JwtKeys keys_of(std::string_view algorithm) {
  JwkOptions options;
  if (algorithm.starts_with("RS")) options.rsa = *crypto::parse_signature_algorithm(algorithm);
  return *parse_key_file(vector_of(algorithm).pem, options);
}
JwtKeys test_secret(const char* id = "") {
  JwtKeys keys;
  keys.add({id, *crypto::VerifyKey::from_secret(crypto::SignatureAlgorithm::kHs256,
                                                std::string(kTestSecret))});
  return keys;
}

std::string judge(const std::string& token, const JwtKeys& keys = test_secret()) {
  const auto jwt = parse_jwt(token);
  if (!jwt) return jwt.error().text;
  if (auto checked = check_signature(*jwt, keys); !checked) return checked.error().text;
  const auto claims = check_claims(*jwt, {}, kNow);
  return claims ? claims->name : claims.error().text;
}
std::string judge_header(const std::string& header) { return judge(sign_token(header, kClaims)); }

std::string signature_of(std::string_view token) {
  return *text::base64url_decode(token.substr(token.rfind('.') + 1));
}
std::string with_signature(std::string_view token, std::string_view signature) {
  return std::string(token.substr(0, token.rfind('.') + 1)) + base64url_encode(signature);
}
std::string with_header(std::string_view token, std::string_view header) {
  return base64url_encode(header) + std::string(token.substr(token.find('.')));
}

// Section 2.1.
void unsigned_tokens_are_refused(void**) {
  for (const char* none : {"none", "None", "NONE", "nOnE", "", "HS256 ", "hs256"}) {
    const std::string header = R"({"alg":")" + std::string(none) + "\"}";
    const std::string bare = base64url_encode(header) + '.' + base64url_encode(kClaims) + '.';
    for (const std::string& token : {bare, sign_token(header, kClaims)}) {
      assert_true(judge(token).ends_with("its \"alg\" is none of ours"));
    }
  }
  assert_text_equal(judge_header(R"({"typ":"JWT"})"), "header of the token: no \"alg\"");
  assert_true(judge_header(R"({"alg":null})").ends_with("\"alg\" is no string"));
  assert_true(judge_header(R"({"alg":["HS256"]})").ends_with("\"alg\" is no string"));
  const std::string token = sign_token(R"({"alg":"HS256"})", kClaims);
  assert_text_equal(judge(token.substr(0, token.rfind('.') + 1)), "the token's signature is wrong");
}

// Section 2.1: the public key is known to everybody.
void public_key_is_no_secret(void**) {
  const std::string pem = vector_of("RS256").pem;
  for (const std::string& secret : {pem, pem.substr(0, pem.size() - 1), std::string()}) {
    assert_text_equal(judge(sign_token(R"({"alg":"HS256"})", kClaims, secret), keys_of("RS256")),
                      "the token's \"alg\" is not the key's");
  }
}

void algorithm_is_the_keys_whatever_the_header_says(void**) {
  for (const JwtVector& one : kJwtVectors) {
    for (const JwtVector& other : kJwtVectors) {
      if (&one == &other) continue;
      assert_text_equal(judge(one.token, keys_of(other.algorithm)),
                        "the token's \"alg\" is not the key's");
      // The right words over a signature of another kind.
      const std::string header = R"({"alg":")" + std::string(other.algorithm) + "\"}";
      assert_text_equal(judge(with_header(one.token, header), keys_of(other.algorithm)),
                        "the token's signature is wrong");
    }
  }
}

void signature_must_be_whole_and_no_more(void**) {
  for (const JwtVector& one : kJwtVectors) {
    const std::string right = signature_of(one.token);
    for (const std::string& wrong :
         {right.substr(0, right.size() - 1), right.substr(1), right + '\0', '\0' + right,
          right + right, std::string(), std::string(right.size(), '\0'),
          std::string(right.size(), '\xFF')}) {
      assert_text_equal(judge(with_signature(one.token, wrong), keys_of(one.algorithm)),
                        "the token's signature is wrong");
    }
    assert_text_equal(judge(one.token, keys_of(one.algorithm)), "romeo@h");
  }
}

std::string der_integer(std::string_view big_endian) {
  while (big_endian.size() > 1 && big_endian.front() == '\0') big_endian.remove_prefix(1);
  std::string number(big_endian);
  if ((number.front() & 0x80) != 0) number.insert(0, 1, '\0');
  return '\x02' + std::string(1, static_cast<char>(number.size())) + number;
}

// OpenSSL's own form of ECDSA signatures.
void der_is_not_the_form_of_jws(void**) {
  const JwtVector& one = vector_of("ES256");
  const std::string raw = signature_of(one.token);
  const std::string pair = der_integer(raw.substr(0, 32)) + der_integer(raw.substr(32));
  const std::string der = '\x30' + std::string(1, static_cast<char>(pair.size())) + pair;
  assert_text_equal(judge(with_signature(one.token, der), keys_of("ES256")),
                    "the token's signature is wrong");
}

// CVE-2022-21449.
void zeros_are_no_ecdsa_signature(void**) {
  for (const auto& [algorithm, size] : {std::pair{"ES256", 32}, {"ES384", 48}, {"ES512", 66}}) {
    const std::string zero(static_cast<std::size_t>(size), '\0');
    const std::string right = signature_of(vector_of(algorithm).token);
    for (const std::string& wrong :
         {zero + zero, zero + right.substr(zero.size()), right.substr(0, zero.size()) + zero}) {
      assert_text_equal(
          judge(with_signature(vector_of(algorithm).token, wrong), keys_of(algorithm)),
          "the token's signature is wrong");
    }
  }
}

// Section 3.10: "kid" is a name among ours and nothing else.
void key_id_opens_no_file_and_no_key(void**) {
  const JwtKeys named = test_secret("k1");
  for (const char* kid : {"k2", "../../../../dev/null", "/dev/null", "k1'--", "k1\\u0000", "K1",
                          "http://evil.example/k1", "k1 "}) {
    const std::string header = R"({"alg":"HS256","kid":")" + std::string(kid) + "\"}";
    const std::string token = sign_token(header, kClaims);
    const auto jwt = parse_jwt(token);
    const Status checked = check_signature(*jwt, named);
    assert_false(checked.has_value());
    assert_true(checked.error().code == Errc::kNotFound);
    // An empty file as the secret.
    assert_false(check_signature(*parse_jwt(sign_token(header, kClaims, "")), named).has_value());
  }
  assert_text_equal(judge(sign_token(R"({"alg":"HS256","kid":"k1"})", kClaims), named), "romeo@h");
  assert_true(judge_header(R"({"alg":"HS256","kid":7})").ends_with("\"kid\" is no string"));
}

// Section 3.9 and 3.10.
void keys_that_the_token_brings_are_not_used(void**) {
  for (const char* more : {R"("jwk":{"kty":"oct","k":"AAAA"})", R"("jku":"http://evil.example/")",
                           R"("x5u":"http://evil.example/")", R"("x5c":["MII="])"}) {
    const std::string header = R"({"alg":"HS256",)" + std::string(more) + '}';
    assert_text_equal(judge(sign_token(header, kClaims, std::string(32, '\0'))),
                      "the token's signature is wrong");
  }
}

// RFC 7515 section 4.1.11.
void what_must_be_understood_is_not(void**) {
  for (const char* crit : {"[\"exp\"]", "[\"b64\"]", "[]", "\"exp\"", "null", "{}", "1"}) {
    assert_true(judge_header(R"({"alg":"HS256","b64":false,"crit":)" + std::string(crit) + '}')
                    .ends_with("it has \"crit\""));
  }
}

void member_may_not_stand_there_twice(void**) {
  for (const char* header :
       {R"({"alg":"HS256","alg":"HS256"})", R"({"alg":"none","alg":"HS256"})",
        R"({"alg":"HS256","kid":"a","kid":"b"})", R"({"alg":"HS256","\u0061lg":"HS256"})"}) {
    assert_false(judge_header(header) == "romeo@h");
  }
  for (const char* claims :
       {R"({"jid":"a@h","jid":"b@h","exp":2000})", R"({"jid":"a@h","exp":1,"exp":2000})",
        R"({"jid":"a@h","exp":2000,"x":1,"x":{}})"}) {
    assert_true(judge(sign_claims(claims)).ends_with("a member stands there twice"));
  }
}

void huge_and_deep_tokens_are_refused(void**) {
  const std::string large =
      R"({"jid":"romeo@h","exp":1001,"x":")" + std::string(kJwtSizeMax, 'x') + "\"}";
  assert_text_equal(judge(sign_claims(large)), "the token is too large");
  std::string deep = R"({"jid":"romeo@h","exp":1001,"x":)" + std::string(4000, '[');
  assert_true(judge(sign_claims(deep)).ends_with("nested too deeply"));
  deep = R"({"alg":"HS256","x":)" + std::string(4000, '[');
  assert_true(judge_header(deep).ends_with("nested too deeply"));
}

void what_is_no_json_object_is_refused(void**) {
  for (const char* bad : {"", "[]", "null", "1", "\"x\"", "{", "{}{}", R"({"a":1} x)", "{\"a\":}",
                          "{\"a\":\"\xC0\xAF\"}", "\xFF\xFE{\0}\0"}) {
    assert_true(judge_header(bad).starts_with("header of the token: "));
    assert_true(judge(sign_claims(bad)).starts_with("claims of the token: ") ||
                judge(sign_claims(bad)) == "the token has no \"exp\"");
  }
}

// One token, one way to write it: nothing is skipped and nothing follows.
void form_is_strict(void**) {
  const std::string token = sign_claims(kClaims);
  const std::size_t first = token.find('.'), second = token.rfind('.');
  assert_text_equal(judge(token), "romeo@h");
  for (const std::string& wrong :
       {token + "=", token + "==", token + " ", token + "\n", " " + token, token + '\0',
        std::string(token).insert(first, "="), std::string(token).insert(first, " "),
        std::string(token).insert(second, "\n"), std::string(token).insert(second + 1, " "),
        token + "+", std::string("..."), std::string("a.b.c"), std::string("é.é.é")}) {
    assert_false(judge(wrong) == "romeo@h");
  }
  for (const std::string& parts :
       {std::string(), std::string("."), std::string("a"), token.substr(0, second), token + ".",
        token + "." + token, "." + token, token + ".a.b"}) {
    assert_text_equal(judge(parts), "no token of three parts");
  }
  // The last character of the signature has bits to spare; another with the same meaning is
  // refused.
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (const char last : kDigits) {
    std::string other = token;
    other.back() = last;
    assert_true((judge(other) == "romeo@h") == (last == token.back()));
  }
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      cmocka_unit_test(unsigned_tokens_are_refused),
      cmocka_unit_test(public_key_is_no_secret),
      cmocka_unit_test(algorithm_is_the_keys_whatever_the_header_says),
      cmocka_unit_test(signature_must_be_whole_and_no_more),
      cmocka_unit_test(der_is_not_the_form_of_jws),
      cmocka_unit_test(zeros_are_no_ecdsa_signature),
      cmocka_unit_test(key_id_opens_no_file_and_no_key),
      cmocka_unit_test(keys_that_the_token_brings_are_not_used),
      cmocka_unit_test(what_must_be_understood_is_not),
      cmocka_unit_test(member_may_not_stand_there_twice),
      cmocka_unit_test(huge_and_deep_tokens_are_refused),
      cmocka_unit_test(what_is_no_json_object_is_refused),
      cmocka_unit_test(form_is_strict),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
