// SPDX-License-Identifier: MIT
#include "xmpp/jid.h"

#include <utility>

#include "xmpp/stringprep.h"

namespace rosterd::xmpp {

Result<Jid> Jid::parse(std::string_view text) {
  // The first '/' ends the bare JID, the first '@' before it ends the node: RFC 6122 section 2.1.
  const std::size_t slash = text.find('/');
  const std::string_view bare = text.substr(0, slash);
  const std::size_t at = bare.find('@');
  const bool has_node = at != std::string_view::npos;
  const bool has_resource = slash != std::string_view::npos;
  const std::string_view node = has_node ? bare.substr(0, at) : std::string_view();
  const std::string_view resource = has_resource ? text.substr(slash + 1) : std::string_view();
  if (has_node && node.empty()) return make_error(Errc::kInvalid, "node is empty");
  if (has_resource && resource.empty()) return make_error(Errc::kInvalid, "resource is empty");
  const std::string_view domain = has_node ? bare.substr(at + 1) : bare;
  if (has_node && !has_resource && is_plain_node(node) && is_plain_domain(domain)) {
    Jid jid;
    jid.text_ = text;
    jid.node_size_ = static_cast<std::uint16_t>(node.size());
    jid.bare_size_ = static_cast<std::uint16_t>(text.size());
    return jid;
  }
  return make(node, domain, resource);
}

Result<Jid> Jid::make(std::string_view node, std::string_view domain, std::string_view resource) {
  Jid jid;
  if (!node.empty()) {
    auto prepared = prepare_node(node);
    if (!prepared) return tl::unexpected<Error>(prepared.error());
    jid.node_size_ = static_cast<std::uint16_t>(prepared->size());
    jid.text_ = std::move(*prepared);
    jid.text_ += '@';
  }
  const auto prepared = prepare_domain(domain);
  if (!prepared) return tl::unexpected<Error>(prepared.error());
  jid.text_ += *prepared;
  jid.bare_size_ = static_cast<std::uint16_t>(jid.text_.size());
  return resource.empty() ? Result<Jid>(std::move(jid)) : jid.with_resource(resource);
}

std::string_view Jid::node() const { return std::string_view(text_).substr(0, node_size_); }

std::string_view Jid::domain() const {
  const std::size_t start = node_size_ ? node_size_ + std::size_t{1} : 0;
  return bare_text().substr(start);
}

std::string_view Jid::resource() const {
  return is_full() ? std::string_view(text_).substr(bare_size_ + std::size_t{1})
                   : std::string_view();
}

Jid Jid::bare() const {
  Jid bare = *this;
  bare.text_.resize(bare_size_);
  return bare;
}

Result<Jid> Jid::with_resource(std::string_view resource) const {
  const auto prepared = prepare_resource(resource);
  if (!prepared) return tl::unexpected<Error>(prepared.error());
  Jid full = bare();
  full.text_ += '/';
  full.text_ += *prepared;
  return full;
}

}  // namespace rosterd::xmpp
