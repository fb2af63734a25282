// SPDX-License-Identifier: MIT
#include "app/refresh_request.h"

#include <algorithm>
#include <utility>

#include "app/json_elements.h"
#include "app/response_fields.h"
#include "base/text.h"

namespace rosterd::app {

namespace {

Result<std::optional<std::string>> find_etag(const Members& members, std::string_view name) {
  auto etag = members.find_text(name);
  if (!etag || !*etag || may_be_etag(**etag)) return etag;
  return make_error(Errc::kInvalid, '"' + std::string(name) + "\" is not an entity tag");
}

class RefreshReader final : public ElementEvents {
 public:
  RefreshReader(const std::vector<std::string>& hosts, const RosterSourceOptions& rosters,
                Interner& names)
      : hosts_(hosts), rosters_(rosters), names_(names) {}

  Status on_name(std::size_t index, std::string_view name) override;
  Status on_object(std::size_t index, const Members& members) override;

  RefreshCollector collector;

 private:
  Result<RosterDelta> parse_delta(const xmpp::Jid& user, const Members& members);

  const std::vector<std::string>& hosts_;
  const RosterSourceOptions& rosters_;
  Interner& names_;
};

Status RefreshReader::on_name(std::size_t index, std::string_view name) {
  const auto user = parse_refresh_name(name, hosts_);
  if (!user) return tl::unexpected<Error>(user.error());
  collector.add_name(*user, index);
  return {};
}

Status RefreshReader::on_object(std::size_t index, const Members& members) {
  const auto name = members.find_text("user");
  if (!name) return tl::unexpected<Error>(name.error());
  if (!*name) return make_error(Errc::kInvalid, "\"user\" is missing");
  const auto user = parse_refresh_name(**name, hosts_);
  if (!user) return tl::unexpected<Error>(user.error());
  auto delta = parse_delta(*user, members);
  if (!delta) return tl::unexpected<Error>(std::move(delta.error()));
  collector.add_delta(*user, index, std::move(*delta));
  return {};
}

Result<RosterDelta> RefreshReader::parse_delta(const xmpp::Jid& user, const Members& members) {
  const json::Tape* const roster = members.find("roster");
  const json::Tape* const patch = members.find("patch");
  if (!roster == !patch) {
    return make_error(Errc::kInvalid, "either \"roster\" or \"patch\" must be there");
  }
  auto if_etag = find_etag(members, "if");
  if (!if_etag) return tl::unexpected<Error>(std::move(if_etag.error()));
  auto etag = find_etag(members, "etag");
  if (!etag) return tl::unexpected<Error>(std::move(etag.error()));

  const RosterLimits& limits = rosters_.of(user.domain()).limits;
  RosterDelta delta;
  delta.whole = roster != nullptr;
  delta.if_etag = std::move(*if_etag);
  delta.etag = etag->value_or("");
  if (roster) {
    auto parsed = parse_roster(*roster, user, limits, names_);
    if (!parsed) return tl::unexpected<Error>(std::move(parsed.error()));
    delta.roster = parsed->roster.base();
    collector.add_faults(user, *parsed);
  } else {
    auto parsed = parse_patch(*patch, user, limits);
    if (!parsed) return tl::unexpected<Error>(std::move(parsed.error()));
    delta.edits = std::move(parsed->edits);
    collector.add_faults(user, *parsed);
  }
  return delta;
}

// Goes on where the one before it ends, so that both are one.
bool continues(const RosterDelta& before, const RosterDelta& delta) {
  return !before.whole && before.etag.empty() && !delta.whole && !delta.if_etag &&
         delta.etag.empty();
}

}  // namespace

RefreshCollector::Place& RefreshCollector::find(const xmpp::Jid& user, std::size_t element) {
  const auto [found, is_new] =
      places_.try_emplace(std::string(user.text()), Place{request_.users.size(), false});
  if (is_new) request_.users.push_back({user, {}, {}});
  auto& elements = request_.users[found->second.index].elements;
  elements.push_back(static_cast<std::uint32_t>(element));
  return found->second;
}

void RefreshCollector::add_name(const xmpp::Jid& user, std::size_t element) {
  Place& place = find(user, element);
  place.fetch = true;
  request_.users[place.index].deltas.clear();
}

void RefreshCollector::add_delta(const xmpp::Jid& user, std::size_t element, RosterDelta delta) {
  const Place& place = find(user, element);
  if (place.fetch) return;
  std::vector<RosterDelta>& deltas = request_.users[place.index].deltas;
  if (delta.whole && !delta.if_etag) deltas.clear();
  if (!deltas.empty() && continues(deltas.back(), delta)) {
    std::vector<im::RosterEdit>& edits = deltas.back().edits;
    std::move(delta.edits.begin(), delta.edits.end(), std::back_inserter(edits));
  } else {
    deltas.push_back(std::move(delta));
  }
}

void RefreshCollector::add_faults(const xmpp::Jid& user, const RosterFaults& faults) {
  RosterFaults& all = request_.faults;
  if (all.first_fault.empty() && !faults.first_fault.empty()) {
    all.first_fault = faults.first_fault;
    request_.faulty_user = user.text();
  }
  all.skipped += faults.skipped;
  all.dropped += faults.dropped;
}

RefreshRequest RefreshCollector::take(std::size_t elements) {
  request_.elements = elements;
  return std::move(request_);
}

Result<xmpp::Jid> parse_refresh_name(std::string_view name, const std::vector<std::string>& hosts) {
  if (hosts.empty()) return make_error(Errc::kInternal, "no host is served");
  if (name.empty()) return make_error(Errc::kInvalid, "an empty username");
  const std::string shown = '"' + text::for_log(name, 80) + '"';
  if (name.find('@') == name.npos) {
    auto user = xmpp::Jid::make(name, hosts.front());
    if (user) return user;
    return make_error(Errc::kInvalid, shown + " is not a username: " + user.error().text);
  }
  auto jid = xmpp::Jid::parse(name);
  if (!jid) return make_error(Errc::kInvalid, shown + " is not a JID: " + jid.error().text);
  if (jid->node().empty()) return make_error(Errc::kInvalid, shown + " names no user");
  if (std::find(hosts.begin(), hosts.end(), jid->domain()) == hosts.end()) {
    return make_error(Errc::kDenied, shown + " is not on a host served here");
  }
  return jid->bare();
}

RefreshRequest make_refresh_request(const xmpp::Jid& user) {
  RefreshCollector collector;
  collector.add_name(user, 0);
  return collector.take(1);
}

Result<RefreshRequest> parse_refresh_body(std::string_view body,
                                          const std::vector<std::string>& hosts,
                                          const RefreshRequestLimits& limits, Interner& names) {
  const ElementKind kind{
      "a username", "usernames", {"user", "roster", "patch", "if", "etag"}, limits.elements};
  RefreshReader reader(hosts, limits.rosters, names);
  const auto elements = read_elements(body, kind, reader);
  if (!elements) return tl::unexpected<Error>(elements.error());
  return reader.collector.take(*elements);
}

}  // namespace rosterd::app
