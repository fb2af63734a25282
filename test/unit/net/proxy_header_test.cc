// SPDX-License-Identifier: MIT
#include "net/proxy_header.h"

#include <string>

#include "support/cmocka.h"

using rosterd::net::kMaxProxyHeader;
using rosterd::net::parse_proxy_header;

namespace {

using namespace std::string_literals;

// "client, size"; "more" while it is not whole; "bad".
std::string read(std::string_view bytes) {
  const auto header = parse_proxy_header(bytes);
  if (!header) return "bad";
  if (!*header) return "more";
  const auto& client = (*header)->client;
  return (client.get()->sa_family == AF_UNSPEC ? "own" : client.to_string()) + ", " +
         std::to_string((*header)->size);
}

// Each shorter beginning needs more, and what follows is not looked at.
void assert_reads(const std::string& header, const std::string& client) {
  for (std::size_t size = 0; size < header.size(); ++size) {
    assert_text_equal(read(std::string_view(header).substr(0, size)), "more");
  }
  const std::string expected = client + ", " + std::to_string(header.size());
  assert_text_equal(read(header), expected);
  assert_text_equal(read(header + "<stream:stream>"), expected);
  assert_text_equal(read(header + "\r\n"), expected);
}

std::string binary(std::uint8_t command, std::uint8_t family, const std::string& block) {
  std::string out = "\r\n\r\n\0\r\nQUIT\n"s;
  out += static_cast<char>(command);
  out += static_cast<char>(family);
  out += static_cast<char>(block.size() >> 8);
  out += static_cast<char>(block.size() & 0xFF);
  return out + block;
}

const std::string kV4Block = "\xC0\x00\x02\x01\x7F\x00\x00\x01\x12\x67\x14\x66"s;
const std::string kV6Block = "\x20\x01\x0D\xB8"s + std::string(11, '\0') + "\x07" +
                             std::string(15, '\0') + "\x01" + "\x12\x67\x14\x66";

void line_tells_the_client(void**) {
  assert_reads("PROXY TCP4 192.0.2.1 127.0.0.1 4711 5222\r\n", "192.0.2.1:4711");
  assert_reads("PROXY TCP6 2001:db8::7 ::1 4711 5222\r\n", "[2001:db8::7]:4711");
  assert_reads("PROXY TCP6 ::ffff:192.0.2.1 ::1 0 65535\r\n", "192.0.2.1:0");
}

void line_may_not_know_the_client(void**) {
  assert_reads("PROXY UNKNOWN\r\n", "own");
  assert_reads("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", "own");
}

void line_with_anything_wrong_is_refused(void**) {
  for (const char* line :
       {"PROXY\r\n", "PROXY \r\n", "PROXY TCP4\r\n", "PROXY tcp4 1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n", "PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n", "PROXY TCP4 ::1 ::1 1 2\r\n",
        "PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n", "PROXY TCP6 fe80::1%lo ::1 1 2\r\n",
        "PROXY TCP6 * ::1 1 2\r\n", "PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n", "PROXY TCP4 1.2.3.4 host 1 2\r\n"}) {
    assert_text_equal(read(line), "bad");
  }
  assert_text_equal(read("PROXY TCP4 " + std::string(95, '1')), "more");
  assert_text_equal(read("PROXY TCP4 " + std::string(96, '1')), "bad");
}

void block_tells_the_client(void**) {
  assert_reads(binary(0x21, 0x11, kV4Block), "192.0.2.1:4711");
  assert_reads(binary(0x21, 0x21, kV6Block), "[2001:db8::7]:4711");
  // More than addresses: a name (PP2_TYPE_AUTHORITY).
  assert_reads(binary(0x21, 0x11, kV4Block + "\x02\x00\x01x"s), "192.0.2.1:4711");
}

void block_may_not_know_the_client(void**) {
  assert_reads(binary(0x20, 0x00, ""), "own");
  assert_reads(binary(0x20, 0x11, kV4Block), "own");
  assert_reads(binary(0x20, 0xFF, "x"), "own");
  assert_reads(binary(0x21, 0x00, ""), "own");
  assert_reads(binary(0x21, 0x31, std::string(216, 'x')), "own");
}

void block_with_anything_wrong_is_refused(void**) {
  assert_text_equal(read(binary(0x11, 0x11, kV4Block)), "bad");
  assert_text_equal(read(binary(0x22, 0x11, kV4Block)), "bad");
  assert_text_equal(read(binary(0x21, 0x12, kV4Block)), "bad");
  assert_text_equal(read(binary(0x21, 0x41, kV4Block)), "bad");
  assert_text_equal(read(binary(0x21, 0x11, kV4Block.substr(1))), "bad");
  assert_text_equal(read(binary(0x21, 0x21, kV6Block.substr(1))), "bad");
  const std::size_t most = kMaxProxyHeader - 16 - kV4Block.size();
  assert_reads(binary(0x21, 0x11, kV4Block + std::string(most, 'x')), "192.0.2.1:4711");
  const std::string longer = binary(0x21, 0x11, kV4Block + std::string(most + 1, 'x'));
  assert_text_equal(read(longer.substr(0, 16)), "bad");
}

void what_begins_otherwise_is_refused_at_once(void**) {
  for (const char* bytes : {"<", "GET / HTTP/1.1\r\n", "PROXz", "PROXYTCP4", "\x16\x03\x01", "\r\r",
                            "\r\n\r\nx", " PROXY "}) {
    assert_text_equal(read(bytes), "bad");
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(line_tells_the_client),
      cmocka_unit_test(line_may_not_know_the_client),
      cmocka_unit_test(line_with_anything_wrong_is_refused),
      cmocka_unit_test(block_tells_the_client),
      cmocka_unit_test(block_may_not_know_the_client),
      cmocka_unit_test(block_with_anything_wrong_is_refused),
      cmocka_unit_test(what_begins_otherwise_is_refused_at_once),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
