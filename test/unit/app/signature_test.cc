// SPDX-License-Identifier: MIT
#include "app/signature.h"

#include "support/cmocka.h"

using rosterd::WallTime;
using rosterd::app::is_hub_signed_by;
using rosterd::app::is_signed_by;
using rosterd::app::make_signature;
using rosterd::app::parse_signature;
using rosterd::app::ReplayWindow;
using rosterd::app::Signature;
using rosterd::app::SignedParts;
using std::chrono::seconds;

namespace {

constexpr std::int64_t kTime = 1'763'900'000;
constexpr WallTime kNow{seconds(kTime)};
constexpr SignedParts kRefresh{"POST", "/roster_admin/refresh", R"(["john", "aaron"])"};

// Made by: printf '1763900000.POST./roster_admin/refresh.["john", "aaron"]' |
//          openssl dgst -sha256 -hmac s3cret
constexpr const char* kMac = "d5f1b7833780701bc037f1aacfe60f9fca5a49a4e7836da5a4224ab428e021d9";
// The same of '1763900000.GET./roster_admin/refresh/john?n=1.'
constexpr const char* kGetMac = "1eb80774f2c53597ca21b9721f51042cfb12a1b77d344e123aed17c1a86c3e43";
// The same of '["john"]'
constexpr const char* kHubMac = "7826e4a06f88208634b7918561e590573bd7ea26acce222aed8f3920fd1eb479";

std::string field_of(std::string_view mac) { return "t=1763900000,k=k1,v1=" + std::string(mac); }

std::string fault_of(std::string_view field) {
  const auto signature = parse_signature(field);
  assert_false(signature.has_value());
  return signature.error().text;
}

// The n-th of many different ones.
Signature make_one(std::int64_t time, int n) {
  return *parse_signature(
      make_signature("", "secret", WallTime{seconds(time)}, {"GET", "/", std::to_string(n)}));
}

void signatures_match_those_of_openssl(void**) {
  assert_text_equal(make_signature("k1", "s3cret", kNow, kRefresh), field_of(kMac));
  assert_text_equal(
      make_signature("", "s3cret", kNow, {"GET", "/roster_admin/refresh/john?n=1", ""}),
      "t=1763900000,v1=" + std::string(kGetMac));
}

void signature_is_read_back(void**) {
  const auto signature = parse_signature(field_of(kMac));
  assert_true(signature.has_value());
  assert_int_equal(signature->time, kTime);
  assert_text_equal(signature->key_id, "k1");
  assert_true(is_signed_by(*signature, "s3cret", kRefresh));
}

void order_space_case_and_unknown_parameters_do_not_matter(void**) {
  std::string upper(kMac);
  for (char& c : upper) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
  const auto signature = parse_signature(" v1=" + upper + " , v2=later, t=1763900000");
  assert_true(signature.has_value());
  assert_text_equal(signature->mac, kMac);
  assert_true(is_signed_by(*signature, "s3cret", kRefresh));
}

void any_other_part_or_secret_is_not_what_was_signed(void**) {
  const Signature signature = *parse_signature(field_of(kMac));
  const auto [method, target, body] = kRefresh;
  assert_false(is_signed_by(signature, "s3cre", kRefresh));
  assert_false(is_signed_by(signature, "s3cret", {"PUT", target, body}));
  assert_false(is_signed_by(signature, "s3cret", {method, "/roster_admin/refresh?", body}));
  assert_false(is_signed_by(signature, "s3cret", {method, target, "[]"}));
  Signature later = signature;
  ++later.time;
  assert_false(is_signed_by(later, "s3cret", kRefresh));
}

void malformed_signatures_are_refused(void**) {
  const std::string mac(kMac);
  assert_text_equal(fault_of(""), "t is missing");
  assert_text_equal(fault_of("t=1"), "v1 is missing");
  assert_text_equal(fault_of("v1=" + mac), "t is missing");
  assert_text_equal(fault_of("t=1,v1"), "a parameter without =");
  assert_text_equal(fault_of("t=1,t=2,v1=" + mac), "two t");
  assert_text_equal(fault_of("t=1,v1=" + mac + ",v1=" + mac), "two v1");
  assert_text_equal(fault_of("t=1,k=a,k=b,v1=" + mac), "two k");
  assert_text_equal(fault_of("t=1,k=,v1=" + mac), "k is not a key id");
  assert_text_equal(fault_of("t=1,v1=" + mac.substr(1)), "v1 is not 64 hexadecimal digits");
  assert_text_equal(fault_of("t=1,v1=g" + mac.substr(1)), "v1 is not 64 hexadecimal digits");
  for (const char* time : {"", "0", "01", "-1", "+1", "1.5", "1x", "9999999999999"}) {
    assert_text_equal(fault_of("t=" + std::string(time)), "t is not a time in seconds");
  }
}

void hub_signature_covers_the_body(void**) {
  const std::string field = "sha256=" + std::string(kHubMac);
  assert_true(is_hub_signed_by(field, "s3cret", R"(["john"])"));
  assert_false(is_hub_signed_by(field, "s3cret", "[]"));
  assert_false(is_hub_signed_by(field, "other", R"(["john"])"));
  assert_false(is_hub_signed_by(kHubMac, "s3cret", R"(["john"])"));
  assert_false(is_hub_signed_by("sha256=", "s3cret", R"(["john"])"));
}

void signature_counts_once(void**) {
  ReplayWindow window;
  assert_true(window.admit(make_one(kTime, 1), kNow));
  assert_true(window.admit(make_one(kTime, 2), kNow));
  assert_false(window.admit(make_one(kTime, 1), kNow));
  assert_false(window.admit(make_one(kTime, 1), kNow + seconds(300)));
}

void signature_counts_for_five_minutes_either_way(void**) {
  const ReplayWindow window;
  assert_int_equal(window.off_by(kTime - 300, kNow), 0);
  assert_int_equal(window.off_by(kTime + 300, kNow), 0);
  assert_int_equal(window.off_by(kTime - 301, kNow), -301);
  assert_int_equal(window.off_by(kTime + 301, kNow), 301);
}

void signature_from_the_future_is_remembered_as_long_as_it_counts(void**) {
  ReplayWindow window;
  const Signature early = make_one(kTime + 300, 1);
  assert_true(window.admit(early, kNow));
  assert_true(window.admit(make_one(kTime + 599, 2), kNow + seconds(599)));
  assert_false(window.admit(early, kNow + seconds(600)));
  assert_false(window.admit(early, kNow + seconds(601)));
}

void old_signatures_are_forgotten(void**) {
  ReplayWindow window;
  for (int n = 0; n < 10; ++n) assert_true(window.admit(make_one(kTime, n), kNow));
  assert_true(window.admit(make_one(kTime + 301, 0), kNow + seconds(301)));
  assert_int_equal(window.size(), 1);
}

void memory_is_bounded_and_what_falls_out_is_stale(void**) {
  ReplayWindow window(3);
  for (int n = 0; n < 5; ++n) {
    assert_true(window.admit(make_one(kTime + n, n), kNow));
  }
  assert_int_equal(window.size(), 3);
  assert_false(window.admit(make_one(kTime, 0), kNow));
  assert_false(window.admit(make_one(kTime + 1, 1), kNow));
  assert_int_equal(window.off_by(kTime, kNow), -1);
  assert_true(window.admit(make_one(kTime + 5, 5), kNow));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(signatures_match_those_of_openssl),
      cmocka_unit_test(signature_is_read_back),
      cmocka_unit_test(order_space_case_and_unknown_parameters_do_not_matter),
      cmocka_unit_test(any_other_part_or_secret_is_not_what_was_signed),
      cmocka_unit_test(malformed_signatures_are_refused),
      cmocka_unit_test(hub_signature_covers_the_body),
      cmocka_unit_test(signature_counts_once),
      cmocka_unit_test(signature_counts_for_five_minutes_either_way),
      cmocka_unit_test(signature_from_the_future_is_remembered_as_long_as_it_counts),
      cmocka_unit_test(old_signatures_are_forgotten),
      cmocka_unit_test(memory_is_bounded_and_what_falls_out_is_stale),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
