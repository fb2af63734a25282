// SPDX-License-Identifier: MIT
#include "http/forwarded.h"

#include "support/cmocka.h"

using rosterd::http::Fields;
using rosterd::http::ForwardedFor;
using rosterd::http::parse_forwarded;
using rosterd::http::parse_x_forwarded_for;

namespace {

std::string show(const ForwardedFor& nodes) {
  if (!nodes) return "malformed";
  std::string out;
  for (const std::string& node : *nodes) out += '<' + node + '>';
  return out;
}

std::string forwarded(std::initializer_list<const char*> values) {
  Fields fields;
  for (const char* value : values) fields.add("forwarded", value);
  return show(parse_forwarded(fields));
}

std::string x_forwarded_for(std::initializer_list<const char*> values) {
  Fields fields;
  for (const char* value : values) fields.add("x-forwarded-for", value);
  return show(parse_x_forwarded_for(fields));
}

void x_forwarded_for_is_a_list_of_addresses(void**) {
  assert_text_equal(x_forwarded_for({}), "");
  assert_text_equal(x_forwarded_for({"192.0.2.1"}), "<192.0.2.1>");
  assert_text_equal(x_forwarded_for({"192.0.2.1,2001:db8::1 ,\t198.51.100.2"}),
                    "<192.0.2.1><2001:db8::1><198.51.100.2>");
  assert_text_equal(x_forwarded_for({"192.0.2.1:4711, [2001:db8::1]:80, [2001:db8::2]"}),
                    "<192.0.2.1><2001:db8::1><2001:db8::2>");
}

void several_fields_are_one_list(void**) {
  assert_text_equal(x_forwarded_for({"192.0.2.1", "192.0.2.2, 192.0.2.3"}),
                    "<192.0.2.1><192.0.2.2><192.0.2.3>");
  assert_text_equal(forwarded({"for=192.0.2.1", "for=192.0.2.2"}), "<192.0.2.1><192.0.2.2>");
}

void what_is_no_address_keeps_its_place(void**) {
  assert_text_equal(x_forwarded_for({""}), "<>");
  assert_text_equal(x_forwarded_for({"unknown, , host.example, 192.0.2.1:port, 192.0.2.1"}),
                    "<><><><><192.0.2.1>");
  assert_text_equal(x_forwarded_for({"fe80::1%eth0, [::1, [1.2.3.4], 1:2, ::1]"}), "<><><><><>");
  assert_text_equal(forwarded({"for=unknown, for=_hidden;proto=http, by=192.0.2.1, "}), "<><><><>");
}

void examples_of_rfc_7239_are_read(void**) {
  assert_text_equal(forwarded({"for=\"_gazonk\""}), "<>");
  assert_text_equal(forwarded({"For=\"[2001:db8:cafe::17]:4711\""}), "<2001:db8:cafe::17>");
  assert_text_equal(forwarded({"for=192.0.2.60;proto=http;by=203.0.113.43"}), "<192.0.2.60>");
  assert_text_equal(forwarded({"for=192.0.2.43, for=198.51.100.17"}),
                    "<192.0.2.43><198.51.100.17>");
  assert_text_equal(forwarded({"for=192.0.2.43, for=\"[2001:db8:cafe::17]\""}),
                    "<192.0.2.43><2001:db8:cafe::17>");
}

void addresses_without_their_quotes_are_read_all_the_same(void**) {
  assert_text_equal(forwarded({"for=192.0.2.1:80;proto=https , for=[2001:db8::1]:80"}),
                    "<192.0.2.1><2001:db8::1>");
}

void quoted_values_may_hold_separators(void**) {
  assert_text_equal(forwarded({R"(x="a,b;for=1.1.1.1\"";for=192.0.2.1)"}), "<192.0.2.1>");
}

// What a client sends in the hope that its quotes hide what the proxy appends.
void open_quotes_spoil_the_field(void**) {
  assert_text_equal(forwarded({"for=10.0.0.1;x=\"", "for=192.0.2.1"}), "malformed");
  assert_text_equal(forwarded({"for=10.0.0.1;x=\"", "for=\"[2001:db8::1]\""}), "malformed");
  assert_text_equal(forwarded({"for=10.0.0.1;x=\"\\", "for=\"[2001:db8::1]\""}), "malformed");
}

void malformed_forwarded_is_told_from_an_unknown_client(void**) {
  for (const char* value : {"for", "for=", "for=a b", "for=1.1.1.1 for=2.2.2.2", "=1.1.1.1",
                            "for=1.1.1.1;for=2.2.2.2", "for=\"1.1.1.1\"x", "for = 1.1.1.1"}) {
    assert_text_equal(forwarded({value}), "malformed");
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(x_forwarded_for_is_a_list_of_addresses),
      cmocka_unit_test(several_fields_are_one_list),
      cmocka_unit_test(what_is_no_address_keeps_its_place),
      cmocka_unit_test(examples_of_rfc_7239_are_read),
      cmocka_unit_test(addresses_without_their_quotes_are_read_all_the_same),
      cmocka_unit_test(quoted_values_may_hold_separators),
      cmocka_unit_test(open_quotes_spoil_the_field),
      cmocka_unit_test(malformed_forwarded_is_told_from_an_unknown_client),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
