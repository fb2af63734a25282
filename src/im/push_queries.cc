// SPDX-License-Identifier: MIT
#include "im/push_queries.h"

#include "xmpp/namespaces.h"

namespace rosterd::im {

namespace {

namespace ns = xmpp::ns;

// Of an item with a name and a group.
constexpr std::size_t kUsualBytes = 300;

void write_query(std::string& out, const Interner& names, const ItemChange& change,
                 std::string_view version) {
  xml::Writer writer(out);
  writer.open("query", ns::kRoster).attr("ver", version);
  if (change.after) {
    write_item(writer, names, *change.after);
  } else {
    writer.open("item")
        .attr("jid", names.text(change.contact()))
        .attr("subscription", "remove")
        .end();
  }
  writer.end();
}

}  // namespace

void write_item(xml::Writer& writer, const Interner& names, const RosterItem& item) {
  writer.open("item")
      .attr("jid", names.text(item.contact))
      .attr_if("name", names.text(item.name))
      .attr("subscription", to_string(item.subscription));
  for (const std::string_view group : split_groups(names.text(item.groups))) {
    writer.leaf("group", group);
  }
  writer.end();
}

// Only the last push leads to a roster whose hash a client may keep. The versions before it are
// longer than any hash, so a client that is cut off in between fetches everything.
PushQueries::PushQueries(const NewRoster& roster, const std::vector<ItemChange>& changes) {
  if (changes.empty()) return;
  std::string bytes;
  bytes.reserve(changes.size() * kUsualBytes);
  const std::string last_version = roster.version();
  std::string version;
  for (std::size_t left = changes.size(); left > 0; --left) {
    version = last_version;
    if (left > 1) version.append("-").append(std::to_string(left - 1));
    write_query(bytes, roster.interner(), changes[changes.size() - left], version);
    bytes += kEnd;
  }
  count_ = changes.size();
  bytes_ = bytes;  // without what it has in reserve: thousands wait for each other
}

}  // namespace rosterd::im
