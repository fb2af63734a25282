// SPDX-License-Identifier: MIT
#include "net/address.h"

#include <arpa/inet.h>

#include <string>

#include "support/cmocka.h"

using rosterd::net::Address;

namespace {

void address_reads_back_as_it_was_written(void**) {
  assert_text_equal(Address::parse("127.0.0.1", 5222)->to_string(), "127.0.0.1:5222");
  assert_text_equal(Address::parse("::1", 5222)->to_string(), "[::1]:5222");
  assert_text_equal(Address::parse("2001:db8:0:0::1", 0)->to_string(), "[2001:db8::1]:0");
  assert_text_equal(Address::parse("2001:db8::1", 80)->ip(), "2001:db8::1");
  assert_int_equal(Address::parse("0.0.0.0", 65535)->port(), 65535);
}

void star_is_the_wildcard_of_both_families(void**) {
  const auto both = Address::parse("*", 80);
  assert_text_equal(both->to_string(), "[::]:80");
  assert_true(both->takes_both_families());
  assert_false(Address::parse("::", 80)->takes_both_families());
  assert_false(Address::parse("0.0.0.0", 80)->takes_both_families());
}

void what_is_no_ip_address_is_refused(void**) {
  for (const std::string text :
       {"", "localhost", "1.2.3", "1.2.3.4.5", "256.1.1.1", "[::1]", "::1%no-such-interface",
        "1.2.3.4 ", "**", "::1%", "01.2.3.4", "1.2.3.4%lo"}) {
    assert_false(Address::parse(text, 80).has_value());
  }
  assert_false(Address::parse(std::string("1.2.3.4\0", 8), 80).has_value());
  assert_false(Address::parse(std::string("::1\0x", 5), 80).has_value());
}

void zone_is_kept_as_its_number(void**) {
  const auto address = Address::parse("fe80::1%lo", 80);
  assert_true(address.has_value());
  assert_true(address->ip().starts_with("fe80::1%"));
  assert_text_equal(Address::parse(address->ip(), 80)->to_string(), address->to_string());
}

void mapped_address_is_shown_as_ipv4(void**) {
  sockaddr_in6 mapped{};
  mapped.sin6_family = AF_INET6;
  mapped.sin6_port = htons(99);
  assert_int_equal(inet_pton(AF_INET6, "::ffff:192.0.2.7", &mapped.sin6_addr), 1);
  const Address address = Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&mapped));
  assert_text_equal(address.to_string(), "192.0.2.7:99");
}

void other_families_make_an_empty_address(void**) {
  sockaddr other{};
  other.sa_family = AF_UNIX;
  const Address address = Address::from_sockaddr(&other);
  assert_int_equal(address.get()->sa_family, AF_UNSPEC);
  assert_int_equal(address.port(), 0);
  assert_text_equal(address.ip(), "");
  assert_false(address.is_loopback());
}

void loopback_is_127_slash_8_and_colon_colon_1(void**) {
  assert_true(Address::parse("127.0.0.1", 1)->is_loopback());
  assert_true(Address::parse("127.255.0.9", 1)->is_loopback());
  assert_true(Address::parse("::1", 1)->is_loopback());
  assert_false(Address::parse("*", 1)->is_loopback());
  assert_false(Address::parse("0.0.0.0", 1)->is_loopback());
  assert_false(Address::parse("128.0.0.1", 1)->is_loopback());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(address_reads_back_as_it_was_written),
      cmocka_unit_test(star_is_the_wildcard_of_both_families),
      cmocka_unit_test(what_is_no_ip_address_is_refused),
      cmocka_unit_test(zone_is_kept_as_its_number),
      cmocka_unit_test(mapped_address_is_shown_as_ipv4),
      cmocka_unit_test(other_families_make_an_empty_address),
      cmocka_unit_test(loopback_is_127_slash_8_and_colon_colon_1),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
