// SPDX-License-Identifier: MIT
#include "xml/element.h"

#include <string>

#include "support/cmocka.h"

using namespace rosterd::xml;

namespace {

bool exists(Element element) { return static_cast<bool>(element); }

void empty_document_has_no_root(void**) {
  const Document document;
  assert_false(exists(document.root()));
}

void document_is_built_in_order(void**) {
  Document document;
  document.start_element("a", "urn:a");
  document.add_attribute("b", "", "1");
  document.add_attribute("b", "urn:b", "2");
  document.add_attribute("lang", kXmlNamespace, "en");
  document.add_text("x");
  document.start_element("c", "urn:a");
  document.add_text("in c");
  document.end_element();
  document.add_text("y");
  document.add_text("z");
  document.start_element("d", "");
  document.end_element();
  document.end_element();

  const Element root = document.root();
  assert_text_equal(root.attr("b"), "1");
  assert_text_equal(root.lang(), "en");
  assert_int_equal(root.attribute_count(), 3);
  assert_text_equal(root.attribute(1).ns, "urn:b");
  assert_text_equal(root.text(), "xyz");
  assert_int_equal(root.child_count(), 2);
  assert_text_equal(root.first_child().text(), "in c");
  assert_true(root.first_child().next_sibling().is("d", ""));
  assert_false(exists(root.first_child().next_sibling().next_sibling()));
  assert_false(exists(root.first_child().first_child()));
}

void attribute_can_be_empty_or_absent(void**) {
  Document document;
  document.start_element("a", "");
  document.add_attribute("b", "", "");
  document.end_element();
  assert_true(document.root().find_attr("b").has_value());
  assert_text_equal(document.root().attr("b"), "");
  assert_false(document.root().find_attr("c").has_value());
}

void cleared_document_is_used_again(void**) {
  Document document;
  for (int i = 0; i < 3; ++i) {
    document.start_element("a", "urn:a");
    document.add_text(std::string(100'000, 'x'));
    document.end_element();
    assert_int_equal(document.root().text().size(), 100'000);
    document.clear();
    assert_false(exists(document.root()));
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(empty_document_has_no_root),
      cmocka_unit_test(document_is_built_in_order),
      cmocka_unit_test(attribute_can_be_empty_or_absent),
      cmocka_unit_test(cleared_document_is_used_again),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
