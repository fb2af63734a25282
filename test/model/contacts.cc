// SPDX-License-Identifier: MIT
#include "contacts.h"

#include "base/json.h"

namespace rosterd::model {

std::string to_json(const Contacts& contacts) {
  json::Writer out;
  out.object();
  for (const auto& [jid, item] : contacts) {
    out.key(jid).object();
    if (!item.name.empty()) out.key("name").string(item.name);
    if (!item.groups.empty()) {
      out.key("groups").array();
      for (const std::string& group : item.groups) out.string(group);
      out.end();
    }
    if (item.subscription != im::Subscription::kBoth) {
      out.key("subscription").string(im::to_string(item.subscription));
    }
    out.end();
  }
  return out.end().take();
}

std::string describe(const std::string& jid, const Item& item) {
  std::string line = jid + " " + std::string(im::to_string(item.subscription));
  if (!item.name.empty()) line += " " + item.name;
  std::string groups;
  for (const std::string& group : item.groups) groups += (groups.empty() ? "" : ",") + group;
  return groups.empty() ? line : line + " [" + groups + "]";
}

std::string describe(const Contacts& contacts) {
  if (contacts.empty()) return "nobody";
  std::string line;
  for (const auto& [jid, item] : contacts) {
    line += (line.empty() ? "" : ", ") + describe(jid, item);
  }
  return line;
}

}  // namespace rosterd::model
