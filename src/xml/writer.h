// SPDX-License-Identifier: MIT
// Writer: appends XML to a string, escaping as it goes. Namespaces are written as default namespace
// declarations where they change; prefixes are never needed but for xml:lang and foreign
// attributes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "xml/element.h"

namespace rosterd::xml {

// Appends `text` with & < > ' " and, so that attribute normalisation cannot change them, tab, LF
// and CR escaped.
void append_escaped_attribute(std::string& out, std::string_view text);
// Appends `text` with & < > and CR escaped; so "]]>" cannot appear.
void append_escaped_text(std::string& out, std::string_view text);

// Appends ` name='value'`, escaped.
void append_attribute(std::string& out, std::string_view name, std::string_view value);
// Appends every attribute of `element` but the unprefixed ones named in `except`, each with a space
// before it. Attributes in foreign namespaces get a prefix that is declared here.
void append_attributes(std::string& out, Element element,
                       std::initializer_list<std::string_view> except = {});

class Writer {
 public:
  // Appends to `out`, which must outlive the writer. `default_ns` is the namespace in scope there.
  explicit Writer(std::string& out, std::string_view default_ns = "jabber:client");

  // Opens an element; an empty `ns` means "the parent's". Views must live until its end().
  Writer& open(std::string_view name, std::string_view ns = {});
  // Only directly after open() or another attr(). An empty value is written, an absent one is not:
  // attr_if() writes nothing for "".
  Writer& attr(std::string_view name, std::string_view value);
  Writer& attr_if(std::string_view name, std::string_view value);
  Writer& text(std::string_view text);
  // <name>text</name>
  Writer& leaf(std::string_view name, std::string_view text);
  // A whole subtree, re-serialised in the namespaces in scope here.
  Writer& element(Element element);
  // Every child (elements and text) of `parent`.
  Writer& children_of(Element parent);
  // Well-formed bytes made earlier by a Writer with the same default namespace in scope.
  Writer& raw(std::string_view bytes);
  Writer& end();

 private:
  // Of what handlers open by hand; subtrees do not count. A vector would be an allocation a stanza.
  static constexpr std::size_t kMaxOpen = 8;
  struct Open {
    std::string_view name;
    std::string_view ns;
  };
  std::string_view scope() const;  // the default namespace in force
  void close_start_tag();
  void write_node(const Document& document, std::uint32_t index, std::string_view outer);
  void write_siblings(const Document& document, std::uint32_t index, std::string_view outer);
  std::string& out_;
  std::string_view default_ns_;
  std::array<Open, kMaxOpen> stack_;
  std::size_t open_ = 0;  // elements
  bool in_start_tag_ = false;
};

}  // namespace rosterd::xml
