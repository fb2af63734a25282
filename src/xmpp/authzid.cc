// SPDX-License-Identifier: MIT
#include "xmpp/authzid.h"

#include "xmpp/jid.h"

namespace rosterd::xmpp {

bool is_authzid_of(std::string_view authzid, std::string_view username, std::string_view domain) {
  if (authzid.empty()) return true;
  const auto own = Jid::make(username, domain);
  const auto as_jid = Jid::parse(authzid);
  const auto as_node = Jid::make(authzid, domain);
  return own && ((as_jid && *as_jid == *own) || (as_node && *as_node == *own));
}

std::optional<std::string> decode_saslname(std::string_view encoded) {
  std::string name;
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    if (encoded[i] != '=') {
      name += encoded[i];
      continue;
    }
    const std::string_view escape = encoded.substr(i, 3);
    if (escape == "=2C") {
      name += ',';
    } else if (escape == "=3D") {
      name += '=';
    } else {
      return std::nullopt;
    }
    i += 2;
  }
  return name;
}

std::optional<Gs2Header> find_gs2_header(std::string_view message) {
  const std::size_t first = message.find(',');
  const std::size_t second = first == std::string_view::npos ? first : message.find(',', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  Gs2Header header{message.substr(0, first), "", message.substr(0, second + 1)};
  const std::string_view authzid = message.substr(first + 1, second - first - 1);
  if (authzid.empty()) return header;
  auto decoded = authzid.starts_with("a=") ? decode_saslname(authzid.substr(2)) : std::nullopt;
  if (!decoded || decoded->empty()) return std::nullopt;
  header.authzid = std::move(*decoded);
  return header;
}

}  // namespace rosterd::xmpp
