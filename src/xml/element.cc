// SPDX-License-Identifier: MIT
#include "xml/element.h"

#include <cassert>

namespace rosterd::xml {
namespace {

// What clear() keeps; more than this is one giant stanza's and goes back.
constexpr std::size_t kKeptBytes = 64 * 1024;
constexpr std::size_t kKeptNodes = 1024;

template <class Container>
void clear_keeping(Container& container, std::size_t kept) {
  if (container.capacity() > kept) {
    Container().swap(container);
  } else {
    container.clear();
  }
}

}  // namespace

// --- reading -------------------------------------------------------------------------------------

std::string_view Element::name() const { return document_->view(document_->nodes_[index_].name); }

std::string_view Element::ns() const { return document_->view(document_->nodes_[index_].ns); }

std::optional<std::string_view> Element::find_attr(std::string_view name) const {
  const Document::Node& node = document_->nodes_[index_];
  for (std::uint32_t i = 0; i < node.attribute_count; ++i) {
    const Document::Attr& attr = document_->attributes_[node.first_attribute + i];
    if (attr.ns.size == 0 && document_->view(attr.name) == name) return document_->view(attr.value);
  }
  return std::nullopt;
}

std::string_view Element::attr(std::string_view name) const {
  return find_attr(name).value_or(std::string_view());
}

std::string_view Element::lang() const {
  for (std::uint32_t i = 0; i < attribute_count(); ++i) {
    const Attribute one = attribute(i);
    if (one.name == "lang" && one.ns == kXmlNamespace) return one.value;
  }
  return {};
}

std::uint32_t Element::attribute_count() const { return document_->nodes_[index_].attribute_count; }

Attribute Element::attribute(std::uint32_t i) const {
  const Document::Node& node = document_->nodes_[index_];
  assert(i < node.attribute_count);
  const Document::Attr& attr = document_->attributes_[node.first_attribute + i];
  return {document_->view(attr.name), document_->view(attr.ns), document_->view(attr.value)};
}

// The first element at `index` or among its next siblings; text is passed over.
Element Element::from(std::uint32_t index) const {
  while (index != 0 && document_->nodes_[index].is_text()) {
    index = document_->nodes_[index].next_sibling;
  }
  return index == 0 ? Element() : Element(document_, index);
}

Element Element::first_child() const { return from(document_->nodes_[index_].first_child); }

Element Element::next_sibling() const { return from(document_->nodes_[index_].next_sibling); }

Element Element::child(std::string_view name, std::string_view ns) const {
  Element at = first_child();
  while (at && !at.is(name, ns)) at = at.next_sibling();
  return at;
}

Element Element::child_in(std::string_view ns) const {
  Element at = first_child();
  while (at && at.ns() != ns) at = at.next_sibling();
  return at;
}

std::uint32_t Element::child_count() const {
  std::uint32_t count = 0;
  for (Element at = first_child(); at; at = at.next_sibling()) ++count;
  return count;
}

std::string Element::text() const {
  std::string out;
  std::uint32_t at = document_->nodes_[index_].first_child;
  for (; at != 0; at = document_->nodes_[at].next_sibling) {
    const Document::Node& node = document_->nodes_[at];
    if (node.is_text()) out += document_->view(node.ns);
  }
  return out;
}

// --- building ------------------------------------------------------------------------------------

void Document::clear() {
  clear_keeping(nodes_, kKeptNodes);
  clear_keeping(attributes_, kKeptNodes);
  clear_keeping(text_, kKeptBytes);
  open_ = 0;
  any_open_ = false;
}

Element Document::root() const { return nodes_.empty() ? Element() : Element(this, 0); }

Document::Span Document::store(std::string_view bytes) {
  const Span span{static_cast<std::uint32_t>(text_.size()),
                  static_cast<std::uint32_t>(bytes.size())};
  text_ += bytes;
  return span;
}

// Links nodes_.back() as the last child of the open element.
void Document::link_last() {
  const auto index = static_cast<std::uint32_t>(nodes_.size() - 1);
  if (index == 0) return;
  Node& parent = nodes_[open_];
  nodes_[index].parent = open_;
  if (parent.last_child == 0) {
    parent.first_child = index;
  } else {
    nodes_[parent.last_child].next_sibling = index;
  }
  parent.last_child = index;
}

void Document::start_element(std::string_view name, std::string_view ns) {
  assert(any_open_ || nodes_.empty());
  Node node;
  node.name = store(name);
  // Most elements are in their parent's namespace: its bytes serve both.
  const bool inherited = any_open_ && view(nodes_[open_].ns) == ns;
  node.ns = inherited ? nodes_[open_].ns : store(ns);
  node.first_attribute = static_cast<std::uint32_t>(attributes_.size());
  nodes_.push_back(node);
  link_last();
  open_ = static_cast<std::uint32_t>(nodes_.size() - 1);
  any_open_ = true;
}

void Document::add_attribute(std::string_view name, std::string_view ns, std::string_view value) {
  assert(any_open_ && open_ == nodes_.size() - 1);
  attributes_.push_back({store(name), store(ns), store(value)});
  ++nodes_[open_].attribute_count;
}

void Document::add_text(std::string_view text) {
  assert(any_open_);
  if (text.empty()) return;
  // The parser reports character data in pieces; they are one text node.
  Node& last = nodes_.back();
  if (last.is_text() && last.parent == open_ && nodes_[open_].last_child == nodes_.size() - 1 &&
      last.ns.offset + last.ns.size == text_.size()) {
    last.ns.size += store(text).size;
    return;
  }
  Node node;
  node.ns = store(text);
  nodes_.push_back(node);
  link_last();
}

void Document::end_element() {
  assert(any_open_);
  if (open_ == 0) {
    any_open_ = false;
  } else {
    open_ = nodes_[open_].parent;
  }
}

}  // namespace rosterd::xml
