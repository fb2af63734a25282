// SPDX-License-Identifier: MIT
// What a refresh names: the body of the POST, the last path segment of the GET. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "app/roster_delta.h"
#include "app/roster_json.h"
#include "app/roster_source.h"
#include "base/result.h"
#include "xmpp/jid.h"

namespace rosterd::app {

// A user, and what the elements of the array that concern him come to.
struct RefreshUser {
  xmpp::Jid user;                       // bare, on a served host
  std::vector<std::uint32_t> elements;  // their indices: the answer counts elements
  // In the order of the elements. None when one of them is a bare name: what is fetched is newer
  // than whatever stands beside it.
  std::vector<RosterDelta> deltas;
};

struct RefreshRequest {
  std::size_t elements = 0;
  std::deque<RefreshUser> users;  // each once, in order of first mention
  RosterFaults faults;            // of what the deltas hold
  std::string faulty_user;        // whose the first_fault is, a bare JID
};

struct RefreshRequestLimits {
  std::size_t elements = 0;
  const RosterSourceOptions& rosters;  // for the limits of each roster and patch
};

// Puts a request together, element by element.
class RefreshCollector {
 public:
  void add_name(const xmpp::Jid& user, std::size_t element);
  void add_delta(const xmpp::Jid& user, std::size_t element, RosterDelta delta);
  void add_faults(const xmpp::Jid& user, const RosterFaults& faults);
  RefreshRequest take(std::size_t elements);

 private:
  struct Place {
    std::size_t index = 0;
    bool fetch = false;
  };
  Place& find(const xmpp::Jid& user, std::size_t element);

  RefreshRequest request_;
  std::unordered_map<std::string, Place> places_;  // by bare JID
};

// A username of the first host, or a bare JID on any of `hosts` (a resource is stripped); prepared
// here. kDenied for another host, else kInvalid with the cause.
Result<xmpp::Jid> parse_refresh_name(std::string_view name, const std::vector<std::string>& hosts);

// A request for this one user.
RefreshRequest make_refresh_request(const xmpp::Jid& user);

// A JSON array of such names and of objects {"user", "roster" or "patch", "if", "etag"}. kInvalid
// or kDenied for anything else (one bad element spoils the request, its index is in the text),
// kTooLarge over one of the limits. `names` outlives the outcome.
Result<RefreshRequest> parse_refresh_body(std::string_view body,
                                          const std::vector<std::string>& hosts,
                                          const RefreshRequestLimits& limits, Interner& names);

}  // namespace rosterd::app
