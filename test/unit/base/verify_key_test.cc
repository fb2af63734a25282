// SPDX-License-Identifier: MIT
#include "base/verify_key.h"

#include "base/text.h"
#include "support/cmocka.h"
#include "support/jwt_vectors.h"

using namespace rosterd;
using crypto::parse_signature_algorithm;
using crypto::SignatureAlgorithm;
using crypto::VerifyKey;

namespace {

using enum SignatureAlgorithm;

std::string decode(std::string_view text) { return *text::base64url_decode(text); }

// Of RFC 7515 appendix A.3.
std::string x_of_a3() { return decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"); }
std::string y_of_a3() { return decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"); }

std::string fault_of(const Result<VerifyKey>& key) {
  assert_false(key.has_value());
  assert_true(key.error().code == Errc::kInvalid);
  return key.error().text;
}

// The signed part and the signature of a token.
std::pair<std::string, std::string> take_apart(std::string_view token) {
  const std::size_t dot = token.rfind('.');
  return {std::string(token.substr(0, dot)), decode(token.substr(dot + 1))};
}

void names_of_algorithms_are_read_as_they_are_written(void**) {
  for (const auto algorithm :
       {kHs256, kHs384, kHs512, kRs256, kRs384, kRs512, kEs256, kEs384, kEs512, kEdDsa}) {
    assert_true(parse_signature_algorithm(to_string(algorithm)) == algorithm);
  }
  assert_true(parse_signature_algorithm("Ed25519") == kEdDsa);
  for (const char* other : {"", "none", "None", "hs256", "HS256 ", "PS256", "ES256K", "RSA1_5"}) {
    assert_false(parse_signature_algorithm(other).has_value());
  }
}

void every_algorithm_accepts_what_another_implementation_signed(void**) {
  for (const JwtVector& one : kJwtVectors) {
    const auto algorithm = *parse_signature_algorithm(one.algorithm);
    const auto key = VerifyKey::from_pem(one.pem, is_rsa(algorithm) ? algorithm : kRs256);
    assert_true(key.has_value());
    assert_true(key->algorithm() == algorithm);
    const auto [message, signature] = take_apart(one.token);
    assert_true(key->verifies(message, signature));
    assert_false(key->verifies(message + "x", signature));
    assert_false(key->verifies(message, signature + '\0'));
    assert_false(key->verifies(message, signature.substr(1)));
    assert_false(key->verifies(message, ""));
    for (const std::size_t at : {std::size_t{0}, signature.size() / 2, signature.size() - 1}) {
      std::string wrong = signature;
      wrong[at] = static_cast<char>(wrong[at] ^ 1);
      assert_false(key->verifies(message, wrong));
    }
  }
}

void secrets_are_checked_in_the_same_way(void**) {
  for (const JwtVector& one : kSecretVectors) {
    const auto key = VerifyKey::from_secret(*parse_signature_algorithm(one.algorithm), one.pem);
    assert_true(key.has_value());
    const auto [message, signature] = take_apart(one.token);
    assert_true(key->verifies(message, signature));
    assert_false(key->verifies(message, signature.substr(0, signature.size() - 1)));
    assert_false(key->verifies(message, ""));
    assert_false(key->verifies("", signature));
  }
}

void short_secrets_are_refused(void**) {
  assert_text_equal(fault_of(VerifyKey::from_secret(kHs256, std::string(31, 'x'))),
                    "HS256 needs a secret of at least 32 bytes");
  assert_text_equal(fault_of(VerifyKey::from_secret(kHs512, std::string(63, 'x'))),
                    "HS512 needs a secret of at least 64 bytes");
  assert_true(VerifyKey::from_secret(kHs384, std::string(48, 'x')).has_value());
}

void kinds_of_keys_and_algorithms_do_not_mix(void**) {
  assert_false(VerifyKey::from_secret(kRs256, std::string(64, 'x')).has_value());
  assert_false(VerifyKey::from_rsa(kHs256, std::string(256, '\xFF'), "\x01\x00\x01").has_value());
  assert_false(VerifyKey::from_point(kRs256, x_of_a3(), y_of_a3()).has_value());
}

void rsa_keys_must_be_of_a_safe_size(void**) {
  assert_text_equal(fault_of(VerifyKey::from_pem(kSmallRsaPem, kRs256)),
                    "an RSA key of 1024 bits; 2048 to 8192 are accepted");
  const std::string exponent("\x01\x00\x01", 3);
  assert_text_equal(fault_of(VerifyKey::from_rsa(kRs256, std::string(1025, '\xFF'), exponent)),
                    "the RSA key is too large");
  assert_text_equal(
      fault_of(VerifyKey::from_rsa(kRs256, std::string(256, '\xFF'), std::string(9, '\xFF'))),
      "the RSA key is too large");
  assert_false(VerifyKey::from_rsa(kRs256, "", exponent).has_value());
  const std::string even = std::string(255, '\xFF') + '\xFE';
  assert_false(VerifyKey::from_rsa(kRs256, even, exponent).has_value());
  assert_false(VerifyKey::from_rsa(kRs256, std::string(256, '\xFF'), "").has_value());
  assert_false(VerifyKey::from_rsa(kRs256, std::string(256, '\xFF'), "\x01").has_value());
}

void points_must_lie_on_their_curve(void**) {
  assert_true(VerifyKey::from_point(kEs256, x_of_a3(), y_of_a3()).has_value());
  std::string off = y_of_a3();
  off[31] = static_cast<char>(off[31] ^ 1);
  assert_text_equal(fault_of(VerifyKey::from_point(kEs256, x_of_a3(), off)),
                    "the numbers make no key");
  assert_text_equal(fault_of(VerifyKey::from_point(kEs384, x_of_a3(), y_of_a3())),
                    "x and y are not of the curve's size");
  const std::string zero(32, '\0');
  assert_false(VerifyKey::from_point(kEs256, zero, zero).has_value());
}

void ed25519_keys_have_32_bytes(void**) {
  assert_true(
      VerifyKey::from_ed25519(decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")).has_value());
  for (const std::size_t size : {0, 31, 33}) {
    assert_false(VerifyKey::from_ed25519(std::string(size, 'x')).has_value());
  }
}

void certificates_are_as_good_as_their_keys(void**) {
  const auto key = VerifyKey::from_pem(kCertificatePem, kRs256);
  assert_true(key.has_value());
  assert_true(key->algorithm() == kEs256);
  for (const JwtVector& one : kJwtVectors) {
    if (std::string_view(one.algorithm) != "ES256") continue;
    const auto [message, signature] = take_apart(one.token);
    assert_true(key->verifies(message, signature));
  }
}

void what_is_no_public_key_is_refused_with_the_cause(void**) {
  assert_text_equal(fault_of(VerifyKey::from_pem("-----BEGIN PRIVATE KEY-----\nMC4=", kRs256)),
                    "a private key: give the public key, which is enough");
  assert_text_equal(fault_of(VerifyKey::from_pem("-----BEGIN PUBLIC KEY-----\nno", kRs256)),
                    "no public key or certificate in PEM that can be read");
  assert_text_equal(fault_of(VerifyKey::from_pem("-----BEGIN CERTIFICATE-----\nno", kRs256)),
                    "no public key or certificate in PEM that can be read");
  assert_text_equal(fault_of(VerifyKey::from_pem(kOtherCurvePem, kRs256)),
                    "neither RSA nor P-256, P-384, P-521 nor Ed25519");
}

// CVE-2022-21449.
void ecdsa_signature_of_zeros_fits_nothing(void**) {
  const auto key = VerifyKey::from_point(kEs256, x_of_a3(), y_of_a3());
  const std::string zero(32, '\0'), one = std::string(31, '\0') + '\1';
  for (const std::string& signature : {zero + zero, one + zero, zero + one, one + one}) {
    assert_false(key->verifies("message", signature));
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(names_of_algorithms_are_read_as_they_are_written),
      cmocka_unit_test(every_algorithm_accepts_what_another_implementation_signed),
      cmocka_unit_test(secrets_are_checked_in_the_same_way),
      cmocka_unit_test(short_secrets_are_refused),
      cmocka_unit_test(kinds_of_keys_and_algorithms_do_not_mix),
      cmocka_unit_test(rsa_keys_must_be_of_a_safe_size),
      cmocka_unit_test(points_must_lie_on_their_curve),
      cmocka_unit_test(ed25519_keys_have_32_bytes),
      cmocka_unit_test(certificates_are_as_good_as_their_keys),
      cmocka_unit_test(what_is_no_public_key_is_refused_with_the_cause),
      cmocka_unit_test(ecdsa_signature_of_zeros_fits_nothing),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
