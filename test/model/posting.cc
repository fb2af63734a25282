// SPDX-License-Identifier: MIT
#include "posting.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <sstream>
#include <utility>

#include "base/json.h"

namespace rosterd::model {

namespace {

using Words = std::vector<std::string>;

Words split(const std::string& word) {
  Words parts;
  std::istringstream in(word);
  for (std::string part; std::getline(in, part, ':');) parts.push_back(part);
  parts.resize(5);
  return parts;
}

// The names that the histories use are ASCII: this is all the preparation that they need.
std::string prepare(std::string name) {
  name = name.substr(0, name.find('/'));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name.find('@') == std::string::npos ? name + "@h" : name;
}

Saying make_saying(Saying::Kind kind, const std::string& name) {
  Saying saying;
  saying.kind = kind;
  saying.name = name;
  saying.user = prepare(name);
  return saying;
}

Edits diff(const Contacts& from, const Contacts& to) {
  Edits edits;
  for (const auto& [jid, item] : from) {
    if (!to.contains(jid)) edits[jid].removes = true;
  }
  for (const auto& [jid, item] : to) {
    const auto old = from.find(jid);
    if (old == from.end() || old->second != item) edits[jid].item = item;
  }
  return edits;
}

// Is it none of an element, but of how all are to be treated?
bool take_wish(const std::string& word, Posting& posting) {
  if (word == "+all") posting.atomic = true;
  if (word == "+async") posting.answers_first = true;
  return word.starts_with('+');
}

Saying parse_element(const std::string& word, WebApp& web_app) {
  if (word.find(':') == std::string::npos) return make_saying(Saying::Kind::kName, word);
  const Words parts = split(word);
  const std::string& form = parts[0];
  const bool patches = form == "patch" || form == "patch-if";
  Saying saying = make_saying(patches ? Saying::Kind::kPatch : Saying::Kind::kRoster, parts[1]);
  const Contacts& now = web_app.data(saying.user);
  if (form != "plain" && form != "patch") saying.tag = web_app.tag_of(saying.user, now);
  if (form.ends_with("-if")) {
    saying.base = web_app.data_before(saying.user, std::strtoul(parts[2].c_str(), nullptr, 10));
    saying.if_tag = web_app.tag_of(saying.user, *saying.base);
  }
  if (!patches) {
    saying.roster = now;
  } else if (saying.base) {
    saying.edits = diff(*saying.base, now);
  } else {
    const std::string contact = prepare(parts[2]);
    const auto found = now.find(contact);
    Edit& edit = saying.edits[contact];
    edit.removes = found == now.end();
    if (!edit.removes) edit.item = found->second;
  }
  return saying;
}

void write_edits(json::Writer& out, const Edits& edits) {
  out.object();
  for (const auto& [jid, edit] : edits) {
    out.key(jid);
    if (edit.removes) {
      out.null();
    } else {
      write_item(out, edit.item);
    }
  }
  out.end();
}

void write_element(json::Writer& out, const Saying& saying) {
  if (saying.kind == Saying::Kind::kName) {
    out.string(saying.name);
    return;
  }
  out.object().key("user").string(saying.name);
  if (saying.kind == Saying::Kind::kRoster) {
    out.key("roster");
    write_contacts(out, saying.roster);
  } else {
    out.key("patch");
    write_edits(out, saying.edits);
  }
  if (saying.base) out.key("if").string(saying.if_tag);
  if (!saying.tag.empty()) out.key("etag").string(saying.tag);
  out.end();
}

// --- edges ---------------------------------------------------------------------------------------

struct Edge {
  std::string a, b;  // a name; a name or a JID elsewhere
  std::string subscription;
  std::string name;   // of b, "" = not said
  std::string group;  // of both, likewise
};

std::string mirror(const std::string& subscription) {
  if (subscription == "to") return "from";
  return subscription == "from" ? "to" : subscription;
}

Edit make_edit(const Edge& edge, const std::string& subscription, const std::string& name) {
  Edit edit;
  edit.removes = subscription == "remove";
  if (edit.removes) return edit;
  edit.item.subscription = parse_subscription(subscription);
  edit.item.name = name;
  edit.names = !name.empty();
  if (!edge.group.empty()) edit.item.groups = {edge.group};
  edit.groups = !edge.group.empty();
  return edit;
}

Saying make_side(const std::string& owner, const std::string& contact, Edit edit, WebApp& web_app) {
  Saying saying = make_saying(Saying::Kind::kPatch, owner);
  saying.edits[prepare(contact)] = std::move(edit);
  web_app.edit(saying.user, edited(web_app.data(saying.user), saying.edits));
  return saying;
}

void write_edge(json::Writer& out, const Edge& edge) {
  out.object().key("a").string(edge.a).key("b").string(edge.b);
  out.key("subscription").string(edge.subscription);
  if (!edge.name.empty()) out.key("b_name").string(edge.name);
  if (!edge.group.empty()) out.key("groups").string(edge.group);
  out.end();
}

}  // namespace

Contacts edited(Contacts contacts, const Edits& edits) {
  for (const auto& [jid, edit] : edits) {
    if (edit.removes) {
      contacts.erase(jid);
      continue;
    }
    Item& item = contacts[jid];
    item.subscription = edit.item.subscription;
    if (edit.names) item.name = edit.item.name;
    if (edit.groups) item.groups = edit.item.groups;
  }
  return contacts;
}

Posting make_posting(const Words& words, WebApp& web_app) {
  Posting posting;
  json::Writer body;
  body.array();
  for (const std::string& word : words) {
    if (take_wish(word, posting)) continue;
    Saying saying = parse_element(word, web_app);
    write_element(body, saying);
    posting.elements.push_back({std::move(saying)});
  }
  posting.body = body.end().take();
  return posting;
}

Posting make_question(const std::string& name) {
  Posting posting;
  posting.elements.push_back({make_saying(Saying::Kind::kName, name)});
  posting.method = "GET";
  posting.target += "/" + name;
  return posting;
}

Posting make_edges(const Words& words, WebApp& web_app) {
  Posting posting;
  posting.target = "/roster_admin/edges";
  json::Writer body;
  body.array();
  for (const std::string& word : words) {
    if (take_wish(word, posting)) continue;
    const Words parts = split(word);
    Edge edge{parts[0], parts[1], parts[2], {}, {}};
    if (prepare(edge.a) == prepare(edge.b)) continue;
    if (parts[3] != "0" && !parts[3].empty()) edge.name = "Name" + parts[3];
    if (parts[4] != "0" && !parts[4].empty()) edge.group = "Group" + parts[4];
    write_edge(body, edge);
    auto& says = posting.elements.emplace_back();
    const Edit to_a = make_edit(edge, edge.subscription, edge.name);
    says.push_back(make_side(edge.a, edge.b, to_a, web_app));
    if (!prepare(edge.b).ends_with("@h")) continue;
    says.push_back(
        make_side(edge.b, edge.a, make_edit(edge, mirror(edge.subscription), ""), web_app));
  }
  posting.body = body.end().take();
  return posting;
}

}  // namespace rosterd::model
