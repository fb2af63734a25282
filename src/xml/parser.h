// SPDX-License-Identifier: MIT
// Parser: whole framed stanzas to an Element, through one libxml2 push context for the whole loop
// (16 bytes per idle connection instead of 16 KB). The only user of libxml2.
//
// It accepts exactly what expat accepts (XML_PARSE_OLD10), refuses undeclared prefixes and
// everything else that is a namespace error, and recreates the context when its dictionary has
// grown, so names sent by peers are not kept.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "xml/element.h"

namespace rosterd::xml {

// What an initial stream header said (RFC 6120 section 4.7). Absent attributes are "".
struct StreamHeader {
  std::string name;        // local name of the root, should be "stream"
  std::string ns;          // its namespace, should be http://etherx.jabber.org/streams
  std::string content_ns;  // the default namespace it declares
  std::string prefix;      // its prefix, "stream" as a rule
  std::string from, to, version, id, lang;
};

class Parser {
 public:
  Parser();
  ~Parser();
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  // Parses exactly one stanza, as Framer delivered it, in a stream whose default namespace is
  // `content_ns` ("jabber:client") and whose prefix `stream` is bound as usual. The element is
  // valid until the next call. kInvalid when it is not well-formed or breaks namespace rules.
  Result<Element> parse_stanza(std::string_view bytes,
                               std::string_view content_ns = "jabber:client");

  // Parses XML declaration + stream start tag, as Framer delivered them.
  Result<StreamHeader> parse_header(std::string_view bytes);

 private:
  class Context;
  std::unique_ptr<Context> context_;  // null after an error
  std::string content_ns_;            // of context_
  Document document_;
};

}  // namespace rosterd::xml
