// SPDX-License-Identifier: MIT
#include "base/crypto.h"

#include <set>

#include "base/text.h"
#include "support/cmocka.h"

namespace crypto = rosterd::crypto;
using crypto::Hash;
using rosterd::text::hex_encode;

namespace {

void digests_match_the_examples_of_fips_180(void**) {
  assert_text_equal(hex_encode(crypto::digest(Hash::kSha1, "abc")),
                    "a9993e364706816aba3e25717850c26c9cd0d89d");
  assert_text_equal(hex_encode(crypto::digest(Hash::kSha256, "abc")),
                    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assert_text_equal(hex_encode(crypto::digest(Hash::kSha512, "abc")),
                    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  assert_text_equal(hex_encode(crypto::digest(Hash::kSha1, "")),
                    "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

void digest_of_parts_is_that_of_the_whole(void**) {
  crypto::Digester digester(Hash::kSha256);
  for (const char* part : {"a", "", "bc"}) digester.add(part);
  assert_text_equal(hex_encode(digester.finish()),
                    hex_encode(crypto::digest(Hash::kSha256, "abc")));
}

void digest_sizes_are_those_of_the_digests(void**) {
  for (const Hash hash : {Hash::kSha1, Hash::kSha256, Hash::kSha512}) {
    assert_int_equal(crypto::digest_size(hash), crypto::digest(hash, "x").size());
  }
}

void hmac_sha1_matches_rfc_2202(void**) {
  assert_text_equal(hex_encode(crypto::hmac(Hash::kSha1, std::string(20, '\x0B'), "Hi There")),
                    "b617318655057264e28bc0b6fb378c8ef146be00");
  assert_text_equal(hex_encode(crypto::hmac(Hash::kSha1, "Jefe", "what do ya want for nothing?")),
                    "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}

void hmac_sha256_and_sha512_match_rfc_4231(void**) {
  assert_text_equal(hex_encode(crypto::hmac(Hash::kSha256, "Jefe", "what do ya want for nothing?")),
                    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  assert_text_equal(hex_encode(crypto::hmac(Hash::kSha512, "Jefe", "what do ya want for nothing?")),
                    "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
                    "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
  // A key longer than the block is hashed first.
  assert_text_equal(
      hex_encode(crypto::hmac(Hash::kSha256, std::string(131, '\xAA'),
                              "Test Using Larger Than Block-Size Key - Hash Key First")),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

void hmac_takes_an_empty_key_and_message(void**) {
  assert_text_equal(hex_encode(crypto::hmac(Hash::kSha256, "", "")),
                    "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

void pbkdf2_sha1_matches_rfc_6070(void**) {
  assert_text_equal(hex_encode(crypto::pbkdf2(Hash::kSha1, "password", "salt", 1)),
                    "0c60c80f961f0e71f3a9b524af6012062fe037a6");
  assert_text_equal(hex_encode(crypto::pbkdf2(Hash::kSha1, "password", "salt", 4096)),
                    "4b007901b765489abead49d926f721d065a429c1");
}

// The password, salt and result of the exchange in RFC 7677 section 3, by way of SaltedPassword.
void pbkdf2_sha256_gives_the_server_signature_of_rfc_7677(void**) {
  const std::string salt = rosterd::text::base64_decode("W22ZaJ0SNY7soEsUEjb6gQ==").value();
  const std::string salted = crypto::pbkdf2(Hash::kSha256, "pencil", salt, 4096);
  const std::string auth_message =
      "n=user,r=rOprNGfwEbeRWgbNEkqO,"
      "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
      "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
  const std::string server_key = crypto::hmac(Hash::kSha256, salted, "Server Key");
  const std::string signature = crypto::hmac(Hash::kSha256, server_key, auth_message);
  assert_text_equal(rosterd::text::base64_encode(signature),
                    "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

void random_bytes_have_the_size_and_differ(void**) {
  assert_int_equal(crypto::random_bytes(0).size(), 0);
  assert_int_equal(crypto::random_bytes(33).size(), 33);
  assert_true(crypto::random_bytes(32) != crypto::random_bytes(32));
}

void random_tokens_are_safe_in_urls_and_xml_and_differ(void**) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string token = crypto::random_token();
    assert_int_equal(token.size(), 26);  // 5 bits each
    assert_text_equal(rosterd::text::percent_encode(token), token);
    assert_text_equal(rosterd::text::ascii_lower(token), token);
    seen.insert(token);
  }
  assert_int_equal(seen.size(), 1000);
  assert_int_equal(crypto::random_token(1).size(), 1);
  assert_int_equal(crypto::random_token(64).size(), 13);
}

void constant_time_comparison_compares(void**) {
  assert_true(crypto::equal_constant_time("", ""));
  assert_true(crypto::equal_constant_time("abc", "abc"));
  assert_false(crypto::equal_constant_time("abc", "abd"));
  assert_false(crypto::equal_constant_time("abc", "abcd"));
  assert_false(crypto::equal_constant_time("", "a"));
}

void xor_combines_byte_by_byte(void**) {
  assert_text_equal(hex_encode(crypto::xor_bytes("\x0F\xFF\x55", "\xFF\xFF\xAA")), "f000ff");
}

void wiped_secret_is_gone_from_its_memory(void**) {
  std::string secret = "correct horse battery staple, long enough for the heap";
  const std::size_t size = secret.size();
  secret.resize(7);  // the tail is still there
  const char* const memory = secret.data();
  crypto::wipe(secret);
  assert_true(secret.empty());
  secret.resize(size);
  assert_ptr_equal(secret.data(), memory);
  assert_text_equal(secret, std::string(size, '\0'));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(digests_match_the_examples_of_fips_180),
      cmocka_unit_test(digest_of_parts_is_that_of_the_whole),
      cmocka_unit_test(digest_sizes_are_those_of_the_digests),
      cmocka_unit_test(hmac_sha1_matches_rfc_2202),
      cmocka_unit_test(hmac_sha256_and_sha512_match_rfc_4231),
      cmocka_unit_test(hmac_takes_an_empty_key_and_message),
      cmocka_unit_test(pbkdf2_sha1_matches_rfc_6070),
      cmocka_unit_test(pbkdf2_sha256_gives_the_server_signature_of_rfc_7677),
      cmocka_unit_test(random_bytes_have_the_size_and_differ),
      cmocka_unit_test(random_tokens_are_safe_in_urls_and_xml_and_differ),
      cmocka_unit_test(constant_time_comparison_compares),
      cmocka_unit_test(xor_combines_byte_by_byte),
      cmocka_unit_test(wiped_secret_is_gone_from_its_memory),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
