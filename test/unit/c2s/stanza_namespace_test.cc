// SPDX-License-Identifier: MIT
#include "c2s/stanza_namespace.h"

#include "support/cmocka.h"

using rosterd::c2s::append_with_namespace;

namespace {

void assert_element(std::string_view element, std::string_view expected) {
  std::string out = "before";
  append_with_namespace(out, element);
  assert_text_equal(out, "before" + std::string(expected));
}

void stanzas_name_their_namespace(void**) {
  assert_element("<message to='a'>x</message>",
                 "<message xmlns='jabber:client' to='a'>x</message>");
  assert_element("<presence/>", "<presence xmlns='jabber:client'/>");
  assert_element("<iq><a/></iq>", "<iq xmlns='jabber:client'><a/></iq>");
}

void other_elements_have_named_theirs(void**) {
  assert_element("<success xmlns='s'/>", "<success xmlns='s'/>");
  assert_element("<iqs/>", "<iqs/>");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(stanzas_name_their_namespace),
      cmocka_unit_test(other_elements_have_named_theirs),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
