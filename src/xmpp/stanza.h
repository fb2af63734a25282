// SPDX-License-Identifier: MIT
// Stanza builders: the bytes of replies and of forwarded stanzas.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "xml/element.h"
#include "xml/writer.h"

namespace rosterd::xmpp {

enum class StanzaKind : std::uint8_t { kMessage, kPresence, kIq, kOther };
StanzaKind stanza_kind(xml::Element stanza);

// A stanza on its way to somebody: the root rebuilt (from is always the server's word, xml:lang of
// the stream added where the stanza has none), the inside re-serialised once and shared by all
// recipients.
class Forward {
 public:
  // Reads the element now; it may die afterwards. `from` = full JID of the sender.
  Forward(xml::Element stanza, std::string_view from, std::string_view stream_lang);
  // Appends the stanza addressed to `to` ("" = no `to` attribute).
  void write(std::string& out, std::string_view to) const;
  std::size_t size() const { return bytes_.size(); }
  // Gives back what room is left for growing: for one that stays.
  void trim() { bytes_.shrink_to_fit(); }

  // The two parts between which the `to` attribute goes: "<message from='…' type='…'", and the rest
  // from '>' or '/>' on.
  std::string_view head() const { return std::string_view(bytes_).substr(0, head_size_); }
  std::string_view tail() const { return std::string_view(bytes_).substr(head_size_); }

 private:
  std::string bytes_;
  std::size_t head_size_ = 0;
};

// Opens <iq type='result' id from to> on `writer`; the caller adds the payload and end()s it.
void open_result(xml::Writer& writer, xml::Element request, std::string_view from,
                 std::string_view to);

// <presence type='unavailable' from to/>
void write_unavailable(std::string& out, std::string_view from, std::string_view to);

}  // namespace rosterd::xmpp
