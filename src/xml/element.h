// SPDX-License-Identifier: MIT
// Element tree in flat arrays: a Document owns nodes, attributes and one text buffer and is reused
// from stanza to stanza without allocating; an Element is a cursor into it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rosterd::xml {

class Document;

inline constexpr std::string_view kXmlNamespace = "http://www.w3.org/XML/1998/namespace";

// One attribute. `ns` is "" for an unprefixed attribute, kXmlNamespace for xml:lang.
struct Attribute {
  std::string_view name;  // local name
  std::string_view ns;
  std::string_view value;
};

// A cursor, cheap to copy. It, and every view it returns, is valid until the Document changes (for
// elements from xml::Parser: until its next parse). A default one is false and must not be asked.
class Element {
 public:
  Element() = default;
  Element(const Document* document, std::uint32_t index) : document_(document), index_(index) {}
  explicit operator bool() const { return document_ != nullptr; }

  std::string_view name() const;  // local name
  std::string_view ns() const;
  bool is(std::string_view name, std::string_view ns) const {
    return this->name() == name && this->ns() == ns;
  }

  // Unprefixed attribute; attr() returns "" where find_attr() returns nullopt.
  std::string_view attr(std::string_view name) const;
  std::optional<std::string_view> find_attr(std::string_view name) const;
  // xml:lang of this very element, "" when absent.
  std::string_view lang() const;
  std::uint32_t attribute_count() const;
  Attribute attribute(std::uint32_t i) const;

  // Child elements; false when there is none. Text is not an Element.
  Element first_child() const;
  Element next_sibling() const;
  Element child(std::string_view name, std::string_view ns) const;
  // Any child that has this namespace.
  Element child_in(std::string_view ns) const;
  std::uint32_t child_count() const;

  // The character data directly inside, concatenated.
  std::string text() const;

 private:
  friend class Writer;
  friend class Document;
  Element from(std::uint32_t index) const;

  const Document* document_ = nullptr;
  std::uint32_t index_ = 0;
};

// Built by the parser in document order (start, attributes, text, children, end).
class Document {
 public:
  // Empties it and keeps the memory, up to a bound so that one giant stanza is not paid for ever.
  void clear();
  Element root() const;  // false when empty

  void start_element(std::string_view name, std::string_view ns);
  void add_attribute(std::string_view name, std::string_view ns, std::string_view value);
  void add_text(std::string_view text);
  void end_element();

 private:
  friend class Element;
  friend class Writer;
  // A run of bytes in text_.
  struct Span {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
  };
  struct Node {
    Span name;  // size 0: a text node, whose bytes are `ns`
    Span ns;
    std::uint32_t first_attribute = 0;
    std::uint32_t attribute_count = 0;
    std::uint32_t first_child = 0;   // 0: none (the root is node 0 and nobody's child)
    std::uint32_t next_sibling = 0;  // 0: none
    std::uint32_t last_child = 0;
    std::uint32_t parent = 0;
    bool is_text() const { return name.size == 0; }
  };
  struct Attr {
    Span name, ns, value;
  };
  std::string_view view(Span span) const { return {text_.data() + span.offset, span.size}; }
  Span store(std::string_view bytes);
  void link_last();

  std::vector<Node> nodes_;
  std::vector<Attr> attributes_;
  std::string text_;
  std::uint32_t open_ = 0;  // node being built
  bool any_open_ = false;
};

}  // namespace rosterd::xml
