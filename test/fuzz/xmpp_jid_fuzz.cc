// SPDX-License-Identifier: MIT
// What is accepted as a JID is a fixed point: its text parses to itself, whole and by its parts,
// and may stand in a stanza.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "xmpp/jid.h"

namespace {

using namespace rosterd;

void require(bool condition) {
  if (!condition) std::abort();
}

template <class Prepare>
void check_stable(Prepare prepare, std::string_view text) {
  const auto once = prepare(text);
  if (!once) return;
  require(!once->empty() && once->size() <= 1023 && text::is_utf8(*once));
  const auto twice = prepare(*once);
  require(twice && *twice == *once);
}

void check_jid(const xmpp::Jid& jid) {
  require(text::is_xml_text(jid.text()) && !jid.domain().empty());
  const auto again = xmpp::Jid::parse(jid.text());
  require(again && *again == jid && again->bare_text() == jid.bare_text());
  const auto made = xmpp::Jid::make(jid.node(), jid.domain(), jid.resource());
  require(made && *made == jid && made->node() == jid.node());
  std::string text(jid.node());
  if (!text.empty()) text += '@';
  text += jid.domain();
  require(text == jid.bare_text() && text == jid.bare().text());
  if (jid.is_full()) text.append("/").append(jid.resource());
  require(text == jid.text());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto jid = xmpp::Jid::parse(text);
  if (jid) check_jid(*jid);
  check_stable(xmpp::prepare_node, text);
  check_stable(xmpp::prepare_domain, text);
  check_stable(xmpp::prepare_resource, text);
  check_stable(xmpp::saslprep, text);
  return 0;
}
