// SPDX-License-Identifier: MIT
#include "net/network.h"

#include "support/cmocka.h"

using rosterd::net::Address;
using rosterd::net::Network;

namespace {

Address address(std::string_view ip) { return *Address::parse(ip, 1234); }

bool contains(std::string_view network, std::string_view ip) {
  return Network::parse(network)->contains(address(ip));
}

std::string fault_of(std::string_view text) {
  const auto network = Network::parse(text);
  assert_false(network.has_value());
  return network.error().text;
}

void range_holds_what_begins_with_its_prefix(void**) {
  assert_true(contains("192.0.2.0/24", "192.0.2.0"));
  assert_true(contains("192.0.2.0/24", "192.0.2.255"));
  assert_false(contains("192.0.2.0/24", "192.0.3.0"));
  assert_true(contains("10.16.0.0/13", "10.23.255.255"));
  assert_false(contains("10.16.0.0/13", "10.24.0.0"));
  assert_true(contains("2001:db8::/32", "2001:db8:ffff::1"));
  assert_false(contains("2001:db8::/32", "2001:db9::1"));
  assert_true(contains("2001:db8::8000/113", "2001:db8::ffff"));
}

void address_is_a_range_of_one(void**) {
  assert_true(contains("192.0.2.1", "192.0.2.1"));
  assert_false(contains("192.0.2.1", "192.0.2.2"));
  assert_true(contains("::1", "::1"));
  assert_true(contains("::1/128", "::1"));
  assert_false(contains("::1", "::2"));
}

void everything_is_everything_of_one_family(void**) {
  assert_true(contains("0.0.0.0/0", "203.0.113.9"));
  assert_false(contains("0.0.0.0/0", "2001:db8::1"));
  assert_true(contains("::/0", "2001:db8::1"));
  assert_false(contains("::/0", "203.0.113.9"));
}

void mapped_ipv4_is_ipv4(void**) {
  assert_true(contains("192.0.2.0/24", "::ffff:192.0.2.1"));
  assert_true(contains("::ffff:192.0.2.1", "192.0.2.1"));
}

void address_of_no_family_is_in_no_range(void**) {
  for (const char* network : {"0.0.0.0/0", "::/0", "::"}) {
    assert_false(Network::parse(network)->contains(Address()));
  }
}

void ranges_around_addresses_are_equal_where_the_prefix_is(void**) {
  const auto around = [](std::string_view ip) { return Network::around(address(ip), 32, 64); };
  assert_true(around("2001:db8::1") == around("2001:db8::ffff:2"));
  assert_false(around("2001:db8::1") == around("2001:db8:0:1::1"));
  assert_false(around("192.0.2.1") == around("192.0.2.2"));
  assert_text_equal(around("2001:db8::1").to_string(), "2001:db8::/64");
  assert_text_equal(around("192.0.2.1").to_string(), "192.0.2.1");
  assert_text_equal(Network::around(Address(), 32, 64).to_string(), "?");
}

void malformed_ranges_are_refused_with_the_cause(void**) {
  for (const char* text : {"", "*", "example.org", "192.0.2", "fe80::1%lo", "/24"}) {
    assert_text_equal(
        fault_of(text),
        '"' + std::string(text) + "\" is neither an IP address nor a network such as 192.0.2.0/24");
  }
  for (const char* text : {"192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/24x"}) {
    assert_text_equal(fault_of(text),
                      '"' + std::string(text) + "\" has no prefix length from 0 to 32");
  }
  assert_text_equal(fault_of("::/129"), "\"::/129\" has no prefix length from 0 to 128");
  assert_text_equal(fault_of("192.0.2.7/24"),
                    "\"192.0.2.7/24\" has bits beyond its prefix; did you mean 192.0.2.0/24?");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(range_holds_what_begins_with_its_prefix),
      cmocka_unit_test(address_is_a_range_of_one),
      cmocka_unit_test(everything_is_everything_of_one_family),
      cmocka_unit_test(mapped_ipv4_is_ipv4),
      cmocka_unit_test(address_of_no_family_is_in_no_range),
      cmocka_unit_test(ranges_around_addresses_are_equal_where_the_prefix_is),
      cmocka_unit_test(malformed_ranges_are_refused_with_the_cause),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
