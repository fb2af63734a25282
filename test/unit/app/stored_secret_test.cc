// SPDX-License-Identifier: MIT
#include "app/stored_secret.h"

#include "base/text.h"
#include "support/cmocka.h"

namespace rosterd::app {
namespace {

std::string base64_of(char c, std::size_t size) {
  return text::base64_encode(std::string(size, c));
}

const std::string kSalt = base64_of('s', 16);
const std::string kStored1 = base64_of('a', 20);
const std::string kServer1 = base64_of('b', 20);
const std::string kStored256 = base64_of('c', 32);
const std::string kServer256 = base64_of('d', 32);

void assert_keys(const StoredSecret& secret, crypto::Hash hash, char stored, char server) {
  const xmpp::ScramKeys* const keys = secret.find(hash);
  assert_non_null(keys);
  assert_int_equal(keys->iterations, 4096);
  assert_text_equal(keys->salt, std::string(16, 's'));
  assert_text_equal(keys->stored_key, std::string(crypto::digest_size(hash), stored));
  assert_text_equal(keys->server_key, std::string(crypto::digest_size(hash), server));
}

void keys_of_several_hashes_are_read_with_either_marker(void**) {
  for (const char* sha1 : {"===SHA1===", "==SHA1==", "==SHA1="}) {
    for (const char* sha256 : {"==SHA256==", "===SHA256==="}) {
      const auto secret = parse_stored_secret(
          "==MULTI_SCRAM==,4096," + std::string(sha1) + kSalt + '|' + kStored1 + '|' + kServer1 +
          ",==SHA224==x|y|z," + sha256 + kSalt + '|' + kStored256 + '|' + kServer256 + '\n');
      assert_true(secret.has_value());
      assert_text_equal(secret->password, "");
      assert_keys(*secret, crypto::Hash::kSha1, 'a', 'b');
      assert_keys(*secret, crypto::Hash::kSha256, 'c', 'd');
      assert_null(secret->find(crypto::Hash::kSha512));
    }
  }
}

void older_form_has_one_salt_for_all_hashes(void**) {
  const auto secret =
      parse_stored_secret("==MULTI_SCRAM==," + kSalt + ",4096,===SHA1===" + kStored1 + '|' +
                          kServer1 + ",==SHA256==" + kStored256 + '|' + kServer256);
  assert_true(secret.has_value());
  assert_keys(*secret, crypto::Hash::kSha1, 'a', 'b');
  assert_keys(*secret, crypto::Hash::kSha256, 'c', 'd');
}

void oldest_form_is_of_sha1(void**) {
  const auto secret =
      parse_stored_secret("==SCRAM==," + kStored1 + ',' + kServer1 + ',' + kSalt + ",4096");
  assert_true(secret.has_value());
  assert_keys(*secret, crypto::Hash::kSha1, 'a', 'b');
}

void anything_else_of_one_line_is_a_password(void**) {
  for (const char* password : {"secr1t", "==SCRAM", "p, w=|", "pass\xC3\xB6rd", "==SHA1=="}) {
    const auto secret = parse_stored_secret(std::string(password) + "\r\n");
    assert_true(secret.has_value());
    assert_text_equal(secret->password, password);
    assert_true(secret->keys.empty());
  }
}

void faulty_answers_are_refused_without_a_word_of_them(void**) {
  const std::string good = "===SHA1===" + kSalt + '|' + kStored1 + '|' + kServer1;
  const std::string faulty[] = {
      "",
      "\n",
      "two\nlines",
      "nul" + std::string(1, '\0'),
      "\xFF\xFE",
      std::string(1024, 'x'),
      "<html>\n</html>",
      "==MULTI_SCRAM==,",
      "==MULTI_SCRAM==,4096",
      "==MULTI_SCRAM==,4096,",
      "==MULTI_SCRAM==,0," + good,
      "==MULTI_SCRAM==,-4096," + good,
      "==MULTI_SCRAM==,4096x," + good,
      "==MULTI_SCRAM==,99999999999," + good,
      "==MULTI_SCRAM==,20000000," + good,
      "==MULTI_SCRAM==,4096,==SHA224==x|y|z",
      "==MULTI_SCRAM==,4096,===SHA1===" + kSalt + '|' + kStored1,
      "==MULTI_SCRAM==,4096,===SHA1===" + kSalt + '|' + kStored1 + '|',
      "==MULTI_SCRAM==,4096,===SHA1===|" + kStored1 + '|' + kServer1,
      "==MULTI_SCRAM==,4096,===SHA1===" + kSalt + '|' + kStored256 + '|' + kServer1,
      "==MULTI_SCRAM==,4096,===SHA1===!!!!|" + kStored1 + '|' + kServer1,
      "==MULTI_SCRAM==,4096," + good + '|' + kServer1,
      "==SCRAM==,",
      "==SCRAM==," + kStored1 + ',' + kServer1 + ',' + kSalt,
      "==SCRAM==," + kStored1 + ',' + kServer1 + ',' + kSalt + ",4096,x",
      "==SCRAM==," + kStored256 + ',' + kServer256 + ',' + kSalt + ",4096",
  };
  for (const std::string& body : faulty) {
    const auto secret = parse_stored_secret(body);
    if (secret) print_error("taken: %s\n", body.c_str());
    assert_false(secret.has_value());
    assert_true(secret.error().code == Errc::kInvalid);
    assert_true(secret.error().text.starts_with("get_password: "));
    assert_true(secret.error().text.find(kStored1) == std::string::npos);
  }
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      cmocka_unit_test(keys_of_several_hashes_are_read_with_either_marker),
      cmocka_unit_test(older_form_has_one_salt_for_all_hashes),
      cmocka_unit_test(oldest_form_is_of_sha1),
      cmocka_unit_test(anything_else_of_one_line_is_a_password),
      cmocka_unit_test(faulty_answers_are_refused_without_a_word_of_them),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
