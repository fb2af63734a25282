// SPDX-License-Identifier: MIT
#include "xmpp/jid.h"

#include <string>
#include <string_view>
#include <vector>

#include "support/cmocka.h"

using namespace rosterd;
using namespace rosterd::xmpp;

namespace {

// The prepared text, or "!" where it is refused.
std::string prepared(std::string_view text) {
  const auto jid = Jid::parse(text);
  if (jid) return std::string(jid->text());
  assert_true(jid.error().code == Errc::kInvalid);
  return "!";
}

std::string or_refused(const Result<std::string>& result) { return result ? *result : "!"; }

std::string repeated(std::string_view piece, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += piece;
  return out;
}

void address_has_up_to_three_parts(void**) {
  const auto full = Jid::parse("romeo@example.net/orchard");
  assert_true(full.has_value());
  assert_text_equal(full->node(), "romeo");
  assert_text_equal(full->domain(), "example.net");
  assert_text_equal(full->resource(), "orchard");
  assert_text_equal(full->bare_text(), "romeo@example.net");
  assert_true(full->is_full() && !full->is_domain() && !full->empty());
  const auto domain = Jid::parse("example.net");
  assert_true(domain->is_domain() && !domain->is_full());
  assert_text_equal(domain->node(), "");
  assert_text_equal(domain->resource(), "");
  const auto service = Jid::parse("example.net/x");
  assert_true(service->is_full() && !service->is_domain());
  assert_text_equal(service->domain(), "example.net");
  assert_true(Jid().empty() && !Jid().is_domain());
}

void first_slash_ends_the_bare_address(void**) {
  const auto jid = Jid::parse("romeo@example.net/a/b@c");
  assert_text_equal(jid->resource(), "a/b@c");
  assert_text_equal(Jid::parse("example.net/romeo@x")->node(), "");
  assert_text_equal(prepared("a@b@c"), "!");
}

void empty_parts_are_refused(void**) {
  for (const char* text : {"", "@", "/", "@b", "a@", "a@/r", "a@b/", "/r", "@/", ".", "a@."}) {
    assert_text_equal(prepared(text), "!");
  }
}

void parts_are_made_alike_as_the_peer_does(void**) {
  assert_text_equal(prepared("ROMEO@Example.NET/Orchard"), "romeo@example.net/Orchard");
  assert_text_equal(prepared("ZOË@example.net"), "zoë@example.net");
  assert_text_equal(prepared("Straße@example.net"), "strasse@example.net");
  assert_text_equal(prepared("\u212Belen@a"), "\u00E5elen@a");  // Ångström sign
  assert_text_equal(prepared("r2+d2#%@a"), "r2+d2#%@a");
  assert_text_equal(prepared("a@b/\u2168"), "a@b/IX");
  assert_true(*Jid::parse("ROMEO@A") == *Jid::parse("romeo@a"));
}

void node_may_not_hold_what_nodeprep_forbids(void**) {
  for (const char* text : {"a b@c", "a\"@c", "a&b@c", "a'@c", "a:b@c", "<a@c", "a>@c", "a\x7F@c",
                           "a\t@c", "a\u00A0b@c", "a\u200Eb@c", "\uE000@c", "é:b@c", "\uFF20a@c"}) {
    assert_text_equal(prepared(text), "!");
  }
  assert_text_equal(or_refused(prepare_node(std::string_view("a\0b", 3))), "!");
  assert_text_equal(or_refused(prepare_node(std::string_view("é\0b", 4))), "!");
}

// Every ASCII character must fare as it does next to a character that takes it through ICU.
void ascii_table_agrees_with_icu(void**) {
  for (int c = 0; c < 0x80; ++c) {
    const std::string one(1, static_cast<char>(c));
    for (const auto& prepare : {prepare_node, prepare_resource, saslprep}) {
      const auto table = prepare(one);
      const auto icu = prepare(one + "é");
      assert_int_equal(table.has_value(), icu.has_value());
      if (table) assert_text_equal(*icu, *table + "é");
    }
  }
}

// An address that is prepared already takes a shorter way; with a resource it never does.
void shorter_way_leads_to_the_same_address(void**) {
  std::vector<std::string> texts = {"romeo@h",        "a.b-c_d@1.example.org",
                                    "r\xC3\xB6meo@h", "R@H",
                                    "romeo@h.",       "romeo@.h",
                                    "romeo@a..h",     "romeo@xn--bcher-kva.h",
                                    "romeo@-h",       "romeo@[::1]",
                                    "a@b@c",          "@h",
                                    "romeo@",         "h"};
  for (int c = 1; c < 128; ++c) {
    texts.push_back(std::string("ro") + static_cast<char>(c) + "meo@example.org");
    texts.push_back(std::string("romeo@exam") + static_cast<char>(c) + "ple.org");
  }
  for (const std::string& text : texts) {
    const auto slash = text.find('/');
    if (slash != std::string::npos) continue;
    const std::string bare = prepared(text), full = prepared(text + "/r");
    assert_text_equal(bare, full == "!" ? "!" : full.substr(0, full.size() - 2));
    if (bare == "!") continue;
    const auto jid = Jid::parse(text), other = Jid::parse(text + "/r");
    assert_text_equal(jid->node(), other->node());
    assert_text_equal(jid->domain(), other->domain());
    assert_false(jid->is_full());
  }
}

void domain_is_a_host_name(void**) {
  assert_text_equal(prepared("a@x_1-2.example"), "a@x_1-2.example");
  assert_text_equal(prepared("localhost"), "localhost");
  assert_text_equal(prepared("127.0.0.1"), "127.0.0.1");
  for (const char* text :
       {"a..b", ".a", "a.b..", "a b", "a<b", "a>b", "a&b", "a\"b", "a'b", "a:1", "a%b", "a\\b",
        "a*b", "a\nb", "a\x7F", "\u3002", "a\uFF0Fb", "a\uFF20b", "a\u2026b"}) {
    assert_text_equal(or_refused(prepare_domain(text)), "!");
  }
  assert_text_equal(or_refused(prepare_domain(std::string_view("a\0b", 3))), "!");
}

void trailing_dot_of_a_domain_is_dropped(void**) {
  assert_text_equal(prepared("a@example.net./r"), "a@example.net/r");
  assert_text_equal(prepared("example.net\u3002"), "example.net");
}

void domain_is_kept_in_unicode(void**) {
  assert_text_equal(prepared("BÜCHER.example"), "bücher.example");
  assert_text_equal(prepared("xn--bcher-kva.example"), "bücher.example");
  assert_text_equal(prepared("a.XN--BCHER-KVA"), "a.bücher");
  assert_text_equal(prepared("\u05D0\u05D1.example"), "\u05D0\u05D1.example");
  assert_text_equal(prepared("a\u3002b\uFF0Ec\uFF61d"), "a.b.c.d");
  // nameprep, as the peer has it, where IDNA 2008 would differ; the A-label is another name.
  assert_text_equal(prepared("straße.example"), "strasse.example");
  assert_text_equal(prepared("xn--strae-oqa.example"), "xn--strae-oqa.example");
}

void what_only_looks_encoded_stays_as_it_is(void**) {
  assert_text_equal(prepared("xn--.example"), "xn--.example");
  assert_text_equal(prepared("xn--a-.example"), "xn--a-.example");
  assert_text_equal(prepared("xn--99999999.example"), "xn--99999999.example");
  assert_text_equal(prepared("xn--bücher.example"), "!");
}

void ipv6_literals_stand_in_brackets(void**) {
  for (const char* text : {"[::1]", "[::]", "[2001:db8::1]", "[1:2:3:4:5:6:7:8]", "[1::]",
                           "[::ffff:192.0.2.1]", "[1:2:3:4:5:6:192.0.2.1]"}) {
    assert_text_equal(prepared(text), text);
  }
  assert_text_equal(prepared("a@[2001:DB8::1]/r"), "a@[2001:db8::1]/r");
  for (const char* text :
       {"::1", "[]", "[", "[::1", "[:::]", "[1::2::3]", "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]",
        "[12345::]", "[::g]", "[1:]", "[:1]", "[::1.2.3]", "[::1.2.3.4.5]", "[::1.2.3.256]",
        "[1.2.3.4]", "[1.2.3.4::]", "[::1%lo]"}) {
    assert_text_equal(prepared(text), "!");
  }
}

void each_part_has_at_most_1023_bytes(void**) {
  const std::string most(1023, 'x');
  const std::string host = repeated("abcdefg.", 127) + "abcdefg";
  assert_int_equal(host.size(), 1023);
  const auto jid = Jid::parse(most + "@" + host + "/" + most);
  assert_true(jid.has_value());
  assert_int_equal(jid->text().size(), 3 * 1023 + 2);
  assert_int_equal(jid->node().size(), 1023);
  assert_int_equal(jid->resource().size(), 1023);
  assert_text_equal(prepared(most + "x@a"), "!");
  assert_text_equal(prepared("a@b/x" + most), "!");
  assert_text_equal(prepared(host + ".a"), "!");
  assert_text_equal(prepared(std::string(64, 'a')), "!");  // a label
  // 511 * 2 bytes fit; one letter more does not.
  assert_true(Jid::parse(repeated("é", 511) + "@a").has_value());
  assert_text_equal(prepared(repeated("é", 512) + "@a"), "!");
}

void size_counts_after_preparation_too(void**) {
  // One character of 3 bytes that becomes 18 (33 bytes).
  const std::string ligature = "\uFDFA";
  assert_true(prepare_resource(repeated(ligature, 31)).has_value());
  assert_text_equal(or_refused(prepare_resource(repeated(ligature, 32))), "!");
  // What is removed altogether leaves an empty part.
  assert_text_equal(or_refused(prepare_node("\u00AD")), "!");
  assert_text_equal(or_refused(prepare_resource("\u00AD")), "!");
  assert_text_equal(or_refused(prepare_domain("\u00AD")), "!");
}

void bytes_that_are_no_utf8_are_refused(void**) {
  for (const char* bad : {"\xFF", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC3", "\x80"}) {
    const std::string text = bad;
    assert_text_equal(prepared(text + "@a"), "!");
    assert_text_equal(prepared("a@" + text), "!");
    assert_text_equal(prepared("a@b/" + text), "!");
    assert_text_equal(or_refused(saslprep(text)), "!");
  }
}

void unassigned_code_points_pass(void**) {
  assert_text_equal(prepared("\u0221@a/\U0001FAE0"), "\u0221@a/\U0001FAE0");
}

void directions_may_not_be_mixed(void**) {
  assert_text_equal(prepared("\u05D0\u05D1@a"), "\u05D0\u05D1@a");
  assert_text_equal(prepared("\u05D0a@a"), "!");
  assert_text_equal(prepared("a@\u05D0a"), "!");
}

void resource_is_changed_without_touching_the_rest(void**) {
  const auto jid = Jid::parse("romeo@example.net/orchard");
  assert_text_equal(jid->bare().text(), "romeo@example.net");
  assert_text_equal(jid->bare().bare().text(), "romeo@example.net");
  assert_text_equal(jid->with_resource("balcony")->text(), "romeo@example.net/balcony");
  assert_false(jid->with_resource("").has_value());
  assert_false(jid->with_resource("\x01").has_value());
}

void address_is_made_from_parts_as_from_text(void**) {
  assert_text_equal(Jid::make("Romeo", "EXAMPLE.net", "Orchard")->text(),
                    "romeo@example.net/Orchard");
  assert_text_equal(Jid::make("", "example.net")->text(), "example.net");
  assert_false(Jid::make("a@b", "c").has_value());
  assert_false(Jid::make("a/b", "c").has_value());
  assert_false(Jid::make("a", "c/d").has_value());
  assert_false(Jid::make("a", "").has_value());
}

void domain_has_the_form_that_certificates_have(void**) {
  assert_text_equal(domain_to_ascii("example.com"), "example.com");
  assert_text_equal(domain_to_ascii(*prepare_domain("B\u00FCcher.example")),
                    "xn--bcher-kva.example");
  assert_text_equal(domain_to_ascii("[::1]"), "[::1]");
}

// RFC 4013 section 3, and its limits.
void saslprep_follows_the_examples_of_its_rfc(void**) {
  assert_text_equal(or_refused(saslprep("I\u00ADX")), "IX");
  assert_text_equal(or_refused(saslprep("user")), "user");
  assert_text_equal(or_refused(saslprep("USER")), "USER");
  assert_text_equal(or_refused(saslprep("\u00AA")), "a");
  assert_text_equal(or_refused(saslprep("\u2168")), "IX");
  assert_text_equal(or_refused(saslprep("\x07")), "!");
  assert_text_equal(or_refused(saslprep("\u0627\u0031")), "!");
  assert_text_equal(or_refused(saslprep("a\u00A0b")), "a b");
  assert_text_equal(or_refused(saslprep("")), "!");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(address_has_up_to_three_parts),
      cmocka_unit_test(first_slash_ends_the_bare_address),
      cmocka_unit_test(empty_parts_are_refused),
      cmocka_unit_test(parts_are_made_alike_as_the_peer_does),
      cmocka_unit_test(node_may_not_hold_what_nodeprep_forbids),
      cmocka_unit_test(ascii_table_agrees_with_icu),
      cmocka_unit_test(shorter_way_leads_to_the_same_address),
      cmocka_unit_test(domain_is_a_host_name),
      cmocka_unit_test(trailing_dot_of_a_domain_is_dropped),
      cmocka_unit_test(domain_is_kept_in_unicode),
      cmocka_unit_test(what_only_looks_encoded_stays_as_it_is),
      cmocka_unit_test(ipv6_literals_stand_in_brackets),
      cmocka_unit_test(each_part_has_at_most_1023_bytes),
      cmocka_unit_test(size_counts_after_preparation_too),
      cmocka_unit_test(bytes_that_are_no_utf8_are_refused),
      cmocka_unit_test(unassigned_code_points_pass),
      cmocka_unit_test(directions_may_not_be_mixed),
      cmocka_unit_test(resource_is_changed_without_touching_the_rest),
      cmocka_unit_test(address_is_made_from_parts_as_from_text),
      cmocka_unit_test(domain_has_the_form_that_certificates_have),
      cmocka_unit_test(saslprep_follows_the_examples_of_its_rfc),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
