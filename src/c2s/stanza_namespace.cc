// SPDX-License-Identifier: MIT
#include "c2s/stanza_namespace.h"

#include <algorithm>

namespace rosterd::c2s {

void append_with_namespace(std::string& out, std::string_view element) {
  const std::size_t end = std::min(element.find_first_of(" />", 1), element.size());
  const std::string_view name = element.substr(1, end - 1);
  out.append(element.substr(0, end));
  if (name == "message" || name == "presence" || name == "iq") out += " xmlns='jabber:client'";
  out.append(element.substr(end));
}

}  // namespace rosterd::c2s
