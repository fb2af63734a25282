// SPDX-License-Identifier: MIT
#include "xml/writer.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

namespace rosterd::xml {
namespace {

// Which bytes are escaped: a table of bytes, because nearly all of the input only passes by it.
using EscapeTable = std::array<bool, 256>;

constexpr EscapeTable make_table(std::string_view escaped) {
  EscapeTable table{};
  for (const char c : escaped) table[static_cast<unsigned char>(c)] = true;
  return table;
}

// Of '>' only "]]>" needs it. A literal CR would be read as LF (XML 1.0 section 2.11).
constexpr EscapeTable kTextTable = make_table("&<>\r");
constexpr EscapeTable kAttributeTable = make_table("&<>'\"\t\n\r");

std::string_view escape(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '\'':
      return "&apos;";
    case '"':
      return "&quot;";
    case '\t':
      return "&#9;";
    case '\n':
      return "&#10;";
    default:
      return "&#13;";
  }
}

// 0xhh in each byte of a word.
constexpr std::uint64_t in_each_byte(unsigned char byte) {
  return std::uint64_t{0x0101010101010101} * byte;
}

// Are none of the eight bytes in any of the tables? Those are '<', '>', which differ in one bit,
// and some below '(', of which the others make this say no as well. (A borrow between bytes can
// only do that too.)
bool is_plain(std::uint64_t bytes) {
  const std::uint64_t brackets = (bytes & in_each_byte(0xFD)) ^ in_each_byte('<');
  const std::uint64_t found =
      ((bytes - in_each_byte('(')) & ~bytes) | ((brackets - in_each_byte(1)) & ~brackets);
  return (found & in_each_byte(0x80)) == 0;
}

// The first place from `at` on where something may have to be escaped, in steps of eight bytes.
std::size_t skip_plain(std::string_view text, std::size_t at) {
  for (std::uint64_t word; at + sizeof word <= text.size(); at += sizeof word) {
    std::memcpy(&word, text.data() + at, sizeof word);
    if (!is_plain(word)) break;
  }
  return at;
}

void append_escaped(std::string& out, std::string_view text, const EscapeTable& table) {
  std::size_t run = 0;  // start of what has not been appended
  for (std::size_t at = skip_plain(text, 0); at < text.size(); at = skip_plain(text, at)) {
    const std::size_t end = std::min(at + sizeof(std::uint64_t), text.size());
    for (; at < end; ++at) {
      if (!table[static_cast<unsigned char>(text[at])]) continue;
      out.append(text.data() + run, at - run);
      out += escape(text[at]);
      run = at + 1;
    }
  }
  out.append(text.data() + run, text.size() - run);
}

// Declares a prefix for the namespace of attribute `i` unless an earlier one of the same element
// has done so, and appends "prefix:". Prefixes are numbered by the attribute that declares them.
void append_prefix(std::string& out, const Element& element, std::uint32_t i) {
  const std::string_view ns = element.attribute(i).ns;
  std::uint32_t owner = 0;
  while (element.attribute(owner).ns != ns) ++owner;
  const std::string prefix = "n" + std::to_string(owner);
  if (owner == i) append_attribute(out, "xmlns:" + prefix, ns);
  out += ' ';
  out += prefix;
  out += ':';
}

}  // namespace

void append_escaped_attribute(std::string& out, std::string_view text) {
  append_escaped(out, text, kAttributeTable);
}

void append_escaped_text(std::string& out, std::string_view text) {
  append_escaped(out, text, kTextTable);
}

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
  out += ' ';
  out += name;
  out += "='";
  append_escaped_attribute(out, value);
  out += '\'';
}

void append_attributes(std::string& out, Element element,
                       std::initializer_list<std::string_view> except) {
  for (std::uint32_t i = 0; i < element.attribute_count(); ++i) {
    const Attribute one = element.attribute(i);
    if (one.ns.empty()) {
      if (std::find(except.begin(), except.end(), one.name) != except.end()) continue;
      append_attribute(out, one.name, one.value);
      continue;
    }
    if (one.ns == kXmlNamespace) {
      out += " xml:";
    } else {
      append_prefix(out, element, i);
    }
    out += one.name;
    out += "='";
    append_escaped_attribute(out, one.value);
    out += '\'';
  }
}

Writer::Writer(std::string& out, std::string_view default_ns)
    : out_(out), default_ns_(default_ns) {}

std::string_view Writer::scope() const { return open_ == 0 ? default_ns_ : stack_[open_ - 1].ns; }

void Writer::close_start_tag() {
  if (in_start_tag_) out_ += '>';
  in_start_tag_ = false;
}

Writer& Writer::open(std::string_view name, std::string_view ns) {
  close_start_tag();
  const std::string_view outer = scope();
  if (ns.empty()) ns = outer;
  out_ += '<';
  out_ += name;
  if (ns != outer) append_attribute(out_, "xmlns", ns);
  assert(open_ < kMaxOpen);
  stack_[open_++] = {name, ns};
  in_start_tag_ = true;
  return *this;
}

Writer& Writer::attr(std::string_view name, std::string_view value) {
  assert(in_start_tag_);
  append_attribute(out_, name, value);
  return *this;
}

Writer& Writer::attr_if(std::string_view name, std::string_view value) {
  return value.empty() ? *this : attr(name, value);
}

Writer& Writer::text(std::string_view text) {
  if (text.empty()) return *this;
  close_start_tag();
  append_escaped_text(out_, text);
  return *this;
}

Writer& Writer::leaf(std::string_view name, std::string_view text) {
  return open(name).text(text).end();
}

Writer& Writer::element(Element element) {
  close_start_tag();
  write_node(*element.document_, element.index_, scope());
  return *this;
}

Writer& Writer::children_of(Element parent) {
  const Document& document = *parent.document_;
  const std::uint32_t first = document.nodes_[parent.index_].first_child;
  if (first == 0) return *this;
  close_start_tag();
  write_siblings(document, first, scope());
  return *this;
}

void Writer::write_siblings(const Document& document, std::uint32_t index, std::string_view outer) {
  for (; index != 0; index = document.nodes_[index].next_sibling) {
    write_node(document, index, outer);
  }
}

// Recursion is bounded by the framer's depth limit.
void Writer::write_node(const Document& document, std::uint32_t index, std::string_view outer) {
  const Document::Node& node = document.nodes_[index];
  const std::string_view ns = document.view(node.ns);
  if (node.is_text()) return append_escaped_text(out_, ns);
  const std::string_view name = document.view(node.name);
  out_ += '<';
  out_ += name;
  if (ns != outer) append_attribute(out_, "xmlns", ns);
  if (node.attribute_count != 0) append_attributes(out_, Element(&document, index));
  if (node.first_child == 0) {
    out_ += "/>";
    return;
  }
  out_ += '>';
  write_siblings(document, node.first_child, ns);
  out_ += "</";
  out_ += name;
  out_ += '>';
}

Writer& Writer::raw(std::string_view bytes) {
  if (bytes.empty()) return *this;
  close_start_tag();
  out_ += bytes;
  return *this;
}

Writer& Writer::end() {
  assert(open_ > 0);
  if (in_start_tag_) {
    out_ += "/>";
    in_start_tag_ = false;
  } else {
    out_ += "</";
    out_ += stack_[open_ - 1].name;
    out_ += '>';
  }
  --open_;
  return *this;
}

}  // namespace rosterd::xml
