// SPDX-License-Identifier: MIT
#include "app/credentials.h"

#include "app/signature.h"
#include "support/cmocka.h"

using rosterd::WallTime;
using rosterd::app::authorize;
using rosterd::app::Credential;
using rosterd::app::is_same_secret;
using rosterd::app::is_signed_by;
using rosterd::app::kSignatureField;
using rosterd::app::mask_credential;
using rosterd::app::parse_credential;
using rosterd::app::parse_signature;
using rosterd::web::FetchRequest;
using Kind = Credential::Kind;

namespace {

constexpr WallTime kNow{std::chrono::seconds(1'763'900'000)};

Credential good(std::string_view text) {
  const auto credential = parse_credential(text);
  assert_true(credential.has_value());
  return *credential;
}

std::string fault_of(std::string_view text) {
  const auto credential = parse_credential(text);
  assert_false(credential.has_value());
  return credential.error().text;
}

FetchRequest make_request() {
  FetchRequest request;
  request.method = "POST";
  request.url = *rosterd::http::parse_url("http://app.example.org/events?n=1");
  request.body = "{}";
  return request;
}

void three_forms_are_read(void**) {
  assert_true(good("bearer:s3cr:et") == (Credential{Kind::kBearer, "", "s3cr:et"}));
  assert_true(good("basic:shop:pa:ss word") == (Credential{Kind::kBasic, "shop", "pa:ss word"}));
  assert_true(good("hmac:2026-a:k:ey") == (Credential{Kind::kHmac, "2026-a", "k:ey"}));
  assert_true(good("hmac::key") == (Credential{Kind::kHmac, "", "key"}));
}

void malformed_credentials_are_refused_without_telling_the_secret(void**) {
  assert_text_equal(fault_of("bearer:"), "the secret is empty");
  assert_text_equal(fault_of("basic:shop:"), "the secret is empty");
  assert_text_equal(fault_of("basic::secret"), "the user is empty");
  assert_text_equal(fault_of("bearer:two words"), "a token is printable ASCII without spaces");
  assert_text_equal(fault_of("basic:shop:a\nb"), "user and password hold no control characters");
  assert_text_equal(fault_of("hmac:a,b:secret"), "a key id is up to 64 of A-Z a-z 0-9 - . _ ~");
  for (const char* text : {"", "secret", "Bearer:secret", "basic:secret", "hmac:secret"}) {
    assert_text_equal(fault_of(text),
                      "expected bearer:<token>, basic:<user>:<password> or hmac:<key id>:<secret>");
  }
}

void masked_form_shows_the_name_alone(void**) {
  assert_text_equal(mask_credential(good("bearer:secret")), "bearer:****");
  assert_text_equal(mask_credential(good("basic:shop:secret")), "basic:shop:****");
  assert_text_equal(mask_credential(good("hmac:k1:secret")), "hmac:k1:****");
}

void secrets_are_the_same_when_every_byte_is(void**) {
  assert_true(is_same_secret("secret", "secret"));
  assert_false(is_same_secret("secreT", "secret"));
  assert_false(is_same_secret("secret1", "secret"));
  assert_false(is_same_secret("", "secret"));
}

void bearer_and_basic_become_authorization(void**) {
  FetchRequest request = make_request();
  authorize({good("bearer:s3cret")}, request, kNow);
  assert_text_equal(std::string(request.fields.get("Authorization")), "Bearer s3cret");
  request = make_request();
  authorize({good("basic:shop:secret")}, request, kNow);
  assert_text_equal(std::string(request.fields.get("Authorization")), "Basic c2hvcDpzZWNyZXQ=");
}

void hmac_becomes_a_signature_of_the_request(void**) {
  FetchRequest request = make_request();
  authorize({good("hmac:k1:s3cret")}, request, kNow);
  assert_false(request.fields.has("Authorization"));
  const auto signature = parse_signature(request.fields.get(kSignatureField));
  assert_true(signature.has_value());
  assert_int_equal(signature->time, 1'763'900'000);
  assert_text_equal(signature->key_id, "k1");
  assert_true(is_signed_by(*signature, "s3cret", {"POST", "/events?n=1", "{}"}));
}

void first_of_each_kind_is_used(void**) {
  FetchRequest request = make_request();
  authorize({good("hmac:new:a"), good("bearer:new"), good("basic:old:b"), good("hmac:old:c")},
            request, kNow);
  assert_int_equal(request.fields.all().size(), 2);
  assert_text_equal(std::string(request.fields.get("Authorization")), "Bearer new");
  assert_text_equal(parse_signature(request.fields.get(kSignatureField))->key_id, "new");
}

void without_credentials_a_request_stays_as_it_is(void**) {
  FetchRequest request = make_request();
  authorize({}, request, kNow);
  assert_true(request.fields.all().empty());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(three_forms_are_read),
      cmocka_unit_test(malformed_credentials_are_refused_without_telling_the_secret),
      cmocka_unit_test(masked_form_shows_the_name_alone),
      cmocka_unit_test(secrets_are_the_same_when_every_byte_is),
      cmocka_unit_test(bearer_and_basic_become_authorization),
      cmocka_unit_test(hmac_becomes_a_signature_of_the_request),
      cmocka_unit_test(first_of_each_kind_is_used),
      cmocka_unit_test(without_credentials_a_request_stays_as_it_is),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
