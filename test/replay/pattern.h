// SPDX-License-Identifier: MIT
// Comparing what a client received with what a conversation expects: trees, not text.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "xml/parser.h"

namespace rosterd::replay {

using Captures = std::map<std::string, std::string>;

// A pattern is an element. Names and namespaces must be equal, and every attribute the same, but:
//  - `to` and `id` of the stanza itself, and every xml:lang, may be left out of the pattern;
//  - a value or text '*' stands for any, '?' for any or none;
//  - '{name}' takes what is there the first time, and stands for just that afterwards;
//  - children may come in any order, and the text "..." stands for any further ones.
class Matcher {
 public:
  // Kept across stanzas of one conversation.
  Captures captures;

  // Tells why not in why(). Captures change only on success.
  bool matches(std::string_view pattern, std::string_view stanza);
  // A stanza error reply: `pattern` without type and payload, "type/condition" in `error`.
  bool matches_error(std::string_view pattern, std::string_view error, std::string_view stanza);
  // A stream error with this condition.
  bool matches_stream_error(std::string_view condition, std::string_view stanza);
  // Only its start tag's attributes.
  bool matches_header(std::string_view pattern, const xml::StreamHeader& header);
  const std::string& why() const { return why_; }

  // '{name}' replaced by what has been captured; kInvalid for an unknown name.
  Result<std::string> substitute(std::string_view text) const;

 private:
  bool parse_both(std::string_view pattern, std::string_view stanza, xml::Element& wanted,
                  xml::Element& actual);
  bool refuse(std::string why);

  xml::Parser pattern_parser_;
  xml::Parser stanza_parser_;
  std::string why_;
};

// The stanzas in a piece of a conversation, one after the other. kInvalid when it is not XML.
Result<std::vector<std::string>> split_stanzas(std::string_view text);

}  // namespace rosterd::replay
