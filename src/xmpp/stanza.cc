// SPDX-License-Identifier: MIT
#include "xmpp/stanza.h"

#include "xmpp/namespaces.h"

namespace rosterd::xmpp {
namespace {

// Room for the root's attributes, so that a usual message costs one allocation.
constexpr std::size_t kHeadGuess = 256;

}  // namespace

StanzaKind stanza_kind(xml::Element stanza) {
  if (stanza.ns() != ns::kClient) return StanzaKind::kOther;
  const std::string_view name = stanza.name();
  if (name == "message") return StanzaKind::kMessage;
  if (name == "presence") return StanzaKind::kPresence;
  if (name == "iq") return StanzaKind::kIq;
  return StanzaKind::kOther;
}

Forward::Forward(xml::Element stanza, std::string_view from, std::string_view stream_lang) {
  bytes_.reserve(kHeadGuess);
  bytes_ += '<';
  bytes_ += stanza.name();
  xml::append_attribute(bytes_, "from", from);
  xml::append_attributes(bytes_, stanza, {"from", "to"});
  if (!stream_lang.empty() && stanza.lang().empty()) {
    xml::append_attribute(bytes_, "xml:lang", stream_lang);
  }
  head_size_ = bytes_.size();
  bytes_ += '>';
  xml::Writer(bytes_, stanza.ns()).children_of(stanza);
  if (bytes_.size() == head_size_ + 1) {
    bytes_.back() = '/';
    bytes_ += '>';
    return;
  }
  bytes_ += "</";
  bytes_ += stanza.name();
  bytes_ += '>';
}

void Forward::write(std::string& out, std::string_view to) const {
  out += head();
  if (!to.empty()) xml::append_attribute(out, "to", to);
  out += tail();
}

void open_result(xml::Writer& writer, xml::Element request, std::string_view from,
                 std::string_view to) {
  writer.open("iq").attr("type", "result").attr("id", request.attr("id"));
  writer.attr_if("from", from).attr_if("to", to);
}

void write_unavailable(std::string& out, std::string_view from, std::string_view to) {
  out += "<presence type='unavailable'";
  xml::append_attribute(out, "from", from);
  if (!to.empty()) xml::append_attribute(out, "to", to);
  out += "/>";
}

}  // namespace rosterd::xmpp
