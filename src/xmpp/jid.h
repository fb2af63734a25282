// SPDX-License-Identifier: MIT
// Jid: an XMPP address (RFC 6122), prepared once on the way in and compared as bytes ever after.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace rosterd::xmpp {

// Value; every non-empty Jid is valid and prepared (nodeprep, nameprep, resourceprep; unassigned
// code points allowed, as Prosody does, so that both give a user the same identity).
class Jid {
 public:
  Jid() = default;

  // [node@]domain[/resource]. kInvalid with the part at fault; each part <= 1023 bytes.
  static Result<Jid> parse(std::string_view text);
  // From parts that need preparation; empty node or resource = absent.
  static Result<Jid> make(std::string_view node, std::string_view domain,
                          std::string_view resource = {});

  bool empty() const { return text_.empty(); }
  std::string_view text() const { return text_; }
  std::string_view bare_text() const { return std::string_view(text_).substr(0, bare_size_); }
  std::string_view node() const;
  std::string_view domain() const;
  std::string_view resource() const;
  bool is_full() const { return bare_size_ < text_.size(); }
  bool is_domain() const { return node_size_ == 0 && !is_full() && !empty(); }
  Jid bare() const;
  // This JID's bare part with another resource; kInvalid when resourceprep refuses it.
  Result<Jid> with_resource(std::string_view resource) const;

  friend bool operator==(const Jid& a, const Jid& b) { return a.text_ == b.text_; }

 private:
  std::string text_;
  std::uint16_t node_size_ = 0;  // 0: no node
  std::uint16_t bare_size_ = 0;
};

// The three profiles on one part; the result is prepared. kInvalid when forbidden or empty.
Result<std::string> prepare_node(std::string_view text);
Result<std::string> prepare_domain(std::string_view text);
Result<std::string> prepare_resource(std::string_view text);
// A prepared domain as DNS, certificates and SNI have it: "xn--…" for labels that are not ASCII.
// One that has no such form comes back as it is.
std::string domain_to_ascii(std::string_view domain);
// RFC 4013, for passwords and SCRAM user names.
Result<std::string> saslprep(std::string_view text);

}  // namespace rosterd::xmpp
