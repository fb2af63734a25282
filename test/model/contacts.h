// SPDX-License-Identifier: MIT
// Contacts: one user's roster as plain data, whoever has it: the web app, the server, a client.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/json.h"
#include "im/roster.h"

namespace rosterd::model {

struct Item {
  std::string name;
  std::set<std::string> groups;
  im::Subscription subscription = im::Subscription::kBoth;

  bool operator==(const Item&) const = default;
};

using Contacts = std::map<std::string, Item>;  // by bare JID

// As the web app writes it.
std::string to_json(const Contacts& contacts);
void write_contacts(json::Writer& out, const Contacts& contacts);
void write_item(json::Writer& out, const Item& item);
// "both" as well for what is none.
im::Subscription parse_subscription(std::string_view word);
// "romeo@h both Romeo [work], nurse@h to"
std::string describe(const Contacts& contacts);
std::string describe(const std::string& jid, const Item& item);

}  // namespace rosterd::model
