// SPDX-License-Identifier: MIT
#include "web/client_address.h"

#include "support/cmocka.h"

using rosterd::http::Fields;
using rosterd::net::Address;
using rosterd::net::Network;
using rosterd::web::find_client_address;
using rosterd::web::is_private_way;

namespace {

// What a request from `peer` with these fields comes from; 10.0.0.0/8 and ::1 are proxies.
std::string client(std::string_view peer, const char* x_forwarded_for,
                   const char* forwarded = nullptr) {
  const std::vector<Network> proxies = {*Network::parse("10.0.0.0/8"), *Network::parse("::1")};
  Fields fields;
  if (x_forwarded_for) fields.add("X-Forwarded-For", x_forwarded_for);
  if (forwarded) fields.add("Forwarded", forwarded);
  return find_client_address(*Address::parse(peer, 4711), fields, proxies).ip();
}

void proxy_is_believed(void**) {
  assert_text_equal(client("10.0.0.1", "192.0.2.1"), "192.0.2.1");
  assert_text_equal(client("::1", "2001:db8::1"), "2001:db8::1");
  assert_text_equal(client("10.0.0.1", nullptr, "for=192.0.2.1;proto=https"), "192.0.2.1");
}

void nobody_else_is(void**) {
  assert_text_equal(client("192.0.2.9", "10.0.0.1"), "192.0.2.9");
  assert_text_equal(client("192.0.2.9", "127.0.0.1", "for=127.0.0.1"), "192.0.2.9");
}

void what_a_client_wrote_itself_is_not(void**) {
  assert_text_equal(client("10.0.0.1", "127.0.0.1, 192.0.2.1"), "192.0.2.1");
  assert_text_equal(client("10.0.0.1", nullptr, "for=127.0.0.1, for=192.0.2.1"), "192.0.2.1");
}

void proxies_before_proxies_are_skipped(void**) {
  assert_text_equal(client("10.0.0.1", "198.51.100.7, 192.0.2.1, 10.0.0.3, 10.0.0.2"), "192.0.2.1");
  assert_text_equal(client("10.0.0.1", "::ffff:192.0.2.1, ::ffff:10.0.0.2"), "192.0.2.1");
}

void request_of_a_proxy_itself_comes_from_it(void**) {
  assert_text_equal(client("10.0.0.1", nullptr), "10.0.0.1");
  assert_text_equal(client("10.0.0.1", "10.0.0.3, 10.0.0.2"), "10.0.0.3");
}

void client_that_the_proxy_does_not_name_is_unknown(void**) {
  for (const char* list : {"", "unknown", "192.0.2.1, unknown", "192.0.2.1,", "999.0.0.1"}) {
    assert_text_equal(client("10.0.0.1", list), "");
  }
  assert_text_equal(client("10.0.0.1", nullptr, "for=192.0.2.1;x=\""), "");
}

// nginx minds X-Forwarded-For, and hands on the Forwarded of a client.
void fields_that_disagree_are_not_believed(void**) {
  assert_text_equal(client("10.0.0.1", "192.0.2.1", "for=127.0.0.1"), "");
  assert_text_equal(client("10.0.0.1", "192.0.2.1", "for=\"192.0.2.1:80\""), "192.0.2.1");
}

// `told`: each an X-Forwarded-Proto of its own.
bool is_private(const char* peer, bool tls, std::initializer_list<const char*> told) {
  Fields fields;
  for (const char* value : told) fields.add("X-Forwarded-Proto", value);
  return is_private_way(*Address::parse(peer, 4711), tls, fields, {*Network::parse("10.0.0.0/8")});
}

void way_is_private_by_tls_or_on_this_machine(void**) {
  assert_true(is_private("192.0.2.9", true, {}));
  assert_false(is_private("192.0.2.9", false, {}));
  assert_true(is_private("127.0.0.1", false, {}));
}

void way_through_a_proxy_is_as_private_as_it_says(void**) {
  assert_true(is_private("10.0.0.1", false, {"https"}));
  assert_false(is_private("10.0.0.1", true, {"http"}));
  assert_false(is_private("10.0.0.1", true, {}));
}

void what_others_say_of_the_way_does_not_count(void**) {
  assert_false(is_private("192.0.2.9", false, {"https"}));
  // The client's own field, before that of the proxy.
  assert_false(is_private("10.0.0.1", false, {"https", "http"}));
  assert_false(is_private("10.0.0.1", false, {"https, http"}));
  assert_true(is_private("10.0.0.1", false, {"http", "HTTPS"}));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(proxy_is_believed),
      cmocka_unit_test(nobody_else_is),
      cmocka_unit_test(what_a_client_wrote_itself_is_not),
      cmocka_unit_test(proxies_before_proxies_are_skipped),
      cmocka_unit_test(request_of_a_proxy_itself_comes_from_it),
      cmocka_unit_test(client_that_the_proxy_does_not_name_is_unknown),
      cmocka_unit_test(fields_that_disagree_are_not_believed),
      cmocka_unit_test(way_is_private_by_tls_or_on_this_machine),
      cmocka_unit_test(way_through_a_proxy_is_as_private_as_it_says),
      cmocka_unit_test(what_others_say_of_the_way_does_not_count),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
