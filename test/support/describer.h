// SPDX-License-Identifier: MIT
// Describer: a stanza as a short line, for tests that read as conversations.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "xml/parser.h"
#include "xmpp/namespaces.h"

namespace rosterd::test {

// One stanza as a short line:
//   available romeo@h/a away: lunch      unavailable romeo@h/a: bye
//   push romeo@h both Romeo [Friends]    push romeo@h remove
//   result 1 roster romeo@h both, …      result 1        get 7 ping from romeo@h/a
//   message romeo@h/a: Hi                error iq 1 wait/remote-server-timeout
class Describer {
 public:
  std::string describe(std::string_view stanza) {
    const auto element = parser_.parse_stanza(stanza);
    if (!element) return "NOT XML: " + std::string(stanza);
    if (element->attr("type") == "error") return describe_error(*element);
    if (element->name() == "presence") return describe_presence(*element);
    if (element->name() == "message") return describe_message(*element);
    return describe_iq(*element);
  }
  // The `ver` of a roster push or result, "" when there is none.
  std::string version(std::string_view stanza) {
    const auto element = parser_.parse_stanza(stanza);
    const xml::Element query = element->child("query", xmpp::ns::kRoster);
    return query ? std::string(query.attr("ver")) : "";
  }
  std::string attr(std::string_view stanza, std::string_view name) {
    return std::string(parser_.parse_stanza(stanza)->attr(name));
  }

 private:
  static std::string describe_error(xml::Element stanza) {
    const xml::Element error = stanza.child("error", xmpp::ns::kClient);
    const xml::Element condition = error.child_in(xmpp::ns::kStanzaErrors);
    std::string line = "error " + std::string(stanza.name());
    if (stanza.find_attr("id")) line += " " + std::string(stanza.attr("id"));
    return line + " " + std::string(error.attr("type")) + "/" + std::string(condition.name());
  }
  static std::string describe_presence(xml::Element stanza) {
    std::string line(stanza.attr("type").empty() ? "available" : stanza.attr("type"));
    line += " " + std::string(stanza.attr("from"));
    if (const auto show = stanza.child("show", xmpp::ns::kClient)) line += " " + show.text();
    if (const auto status = stanza.child("status", xmpp::ns::kClient)) {
      line += ": " + status.text();
    }
    return line;
  }
  static std::string describe_message(xml::Element stanza) {
    const xml::Element body = stanza.child("body", xmpp::ns::kClient);
    return "message " + std::string(stanza.attr("from")) + ": " + (body ? body.text() : "");
  }
  static std::string describe_item(xml::Element item) {
    std::string line = std::string(item.attr("jid")) + " " + std::string(item.attr("subscription"));
    if (!item.attr("name").empty()) line += " " + std::string(item.attr("name"));
    std::string groups;
    for (auto group = item.first_child(); group; group = group.next_sibling()) {
      groups += (groups.empty() ? "" : ",") + group.text();
    }
    return groups.empty() ? line : line + " [" + groups + "]";
  }
  static std::string describe_iq(xml::Element stanza) {
    const std::string type(stanza.attr("type"));
    const xml::Element roster = stanza.child("query", xmpp::ns::kRoster);
    if (type == "set" && roster) return "push " + describe_item(roster.first_child());
    std::string line = type + " " + std::string(stanza.attr("id"));
    if (roster) return line + " roster " + describe_roster(roster);
    if (const xml::Element payload = stanza.first_child()) {
      line += " " + std::string(payload.name());
    }
    if (type == "get" || type == "set") line += " from " + std::string(stanza.attr("from"));
    return line;
  }
  static std::string describe_roster(xml::Element query) {
    std::set<std::string> items;
    for (auto item = query.first_child(); item; item = item.next_sibling()) {
      items.insert(describe_item(item));
    }
    std::string line;
    for (const std::string& item : items) line += (line.empty() ? "" : ", ") + item;
    return line;
  }

  xml::Parser parser_;
};

}  // namespace rosterd::test
