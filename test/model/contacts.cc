// SPDX-License-Identifier: MIT
#include "contacts.h"

namespace rosterd::model {

void write_item(json::Writer& out, const Item& item) {
  out.object();
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

void write_contacts(json::Writer& out, const Contacts& contacts) {
  out.object();
  for (const auto& [jid, item] : contacts) write_item(out.key(jid), item);
  out.end();
}

std::string to_json(const Contacts& contacts) {
  json::Writer out;
  write_contacts(out, contacts);
  return out.take();
}

im::Subscription parse_subscription(std::string_view word) {
  using im::Subscription;
  for (const auto value : {Subscription::kNone, Subscription::kTo, Subscription::kFrom}) {
    if (word == im::to_string(value)) return value;
  }
  return Subscription::kBoth;
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
