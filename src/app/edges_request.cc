// SPDX-License-Identifier: MIT
#include "app/edges_request.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "app/json_elements.h"

namespace rosterd::app {

namespace {

// One end of an edge, as the roster at that end is to have the other one.
struct Side {
  xmpp::Jid owner;
  xmpp::Jid contact;
  std::string_view subscription;  // "remove" as well
  const json::Tape* name = nullptr;
  const json::Tape* groups = nullptr;
};

std::optional<std::string_view> mirror(std::string_view subscription) {
  if (subscription == "to") return "from";
  if (subscription == "from") return "to";
  if (subscription == "both" || subscription == "none" || subscription == "remove") {
    return subscription;
  }
  return std::nullopt;
}

void record(json::Tape& tape, std::string_view key, const json::Tape* value) {
  if (!value) return;
  tape.on_key(key);
  tape.append(*value);
}

// The patch of a roster that says the same.
json::Tape make_patch(const Side& side) {
  json::Tape patch;
  patch.on_object_start();
  patch.on_key(side.contact.text());
  if (side.subscription == "remove") {
    patch.on_null();
  } else {
    patch.on_object_start();
    record(patch, "name", side.name);
    record(patch, "groups", side.groups);
    patch.on_key("subscription");
    patch.on_string(side.subscription);
    patch.on_object_end();
  }
  patch.on_object_end();
  return patch;
}

const json::Tape* find_groups(const Members& members, std::string_view own) {
  const json::Tape* groups = members.find(own);
  return groups ? groups : members.find("groups");
}

class EdgeReader final : public ElementEvents {
 public:
  EdgeReader(const std::vector<std::string>& hosts, const RosterSourceOptions& rosters)
      : hosts_(hosts), rosters_(rosters) {}

  Status on_name(std::size_t, std::string_view) override {
    return make_error(Errc::kInvalid, "a string is not an edge");
  }
  Status on_object(std::size_t index, const Members& members) override;

  RefreshCollector collector;

 private:
  Result<xmpp::Jid> find_user(const Members& members, std::string_view member) const;
  Result<xmpp::Jid> parse_contact(std::string_view name) const;
  bool is_served(const xmpp::Jid& jid) const {
    return std::find(hosts_.begin(), hosts_.end(), jid.domain()) != hosts_.end();
  }
  Status add(const Side& side, std::size_t index);

  const std::vector<std::string>& hosts_;
  const RosterSourceOptions& rosters_;
};

Status EdgeReader::on_object(std::size_t index, const Members& members) {
  const auto a = find_user(members, "a");
  if (!a) return tl::unexpected<Error>(a.error());
  const auto b = find_user(members, "b");
  if (!b) return tl::unexpected<Error>(b.error());
  if (*a == *b) return make_error(Errc::kInvalid, "\"a\" and \"b\" are the same user");
  const auto text = members.find_text("subscription");
  if (!text) return tl::unexpected<Error>(text.error());
  const std::string subscription = text->value_or("both");
  const auto back = mirror(subscription);
  if (!back) return make_error(Errc::kInvalid, "unknown \"subscription\"");

  const Side from_a{*a, *b, subscription, members.find("b_name"), find_groups(members, "b_groups")};
  if (auto added = add(from_a, index); !added || !is_served(*b)) return added;
  return add({*b, *a, *back, members.find("a_name"), find_groups(members, "a_groups")}, index);
}

Result<xmpp::Jid> EdgeReader::find_user(const Members& members, std::string_view member) const {
  const auto name = members.find_text(member);
  if (!name) return tl::unexpected<Error>(name.error());
  if (!*name) return make_error(Errc::kInvalid, '"' + std::string(member) + "\" is missing");
  return member == "a" ? parse_refresh_name(**name, hosts_) : parse_contact(**name);
}

// As a refresh has it, or a bare JID elsewhere.
Result<xmpp::Jid> EdgeReader::parse_contact(std::string_view name) const {
  if (name.find('@') != name.npos) {
    const auto jid = xmpp::Jid::parse(name);
    if (jid && !jid->node().empty() && !is_served(*jid)) return jid->bare();
  }
  return parse_refresh_name(name, hosts_);
}

Status EdgeReader::add(const Side& side, std::size_t index) {
  auto parsed = parse_patch(make_patch(side), side.owner, rosters_.of(side.owner.domain()).limits,
                            Unnamed::kKept);
  if (!parsed) return tl::unexpected<Error>(std::move(parsed.error()));
  collector.add_faults(side.owner, *parsed);
  RosterDelta delta;
  delta.edits = std::move(parsed->edits);
  collector.add_delta(side.owner, index, std::move(delta));
  return {};
}

}  // namespace

Result<RefreshRequest> parse_edges_body(std::string_view body,
                                        const std::vector<std::string>& hosts,
                                        const RefreshRequestLimits& limits) {
  const ElementKind kind{
      "an edge",
      "edges",
      {"a", "b", "subscription", "a_name", "b_name", "groups", "a_groups", "b_groups"},
      limits.elements};
  EdgeReader reader(hosts, limits.rosters);
  const auto elements = read_elements(body, kind, reader);
  if (!elements) return tl::unexpected<Error>(elements.error());
  return reader.collector.take(*elements);
}

}  // namespace rosterd::app
