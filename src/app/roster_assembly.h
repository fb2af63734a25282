// SPDX-License-Identifier: MIT
// RosterAssembly: from the answers of a web app to one user's roster, ready for the table: pages
// joined, and what has not changed recognised. Pure.
#pragma once

#include <string>

#include "app/roster_json.h"
#include "base/interner.h"
#include "base/result.h"
#include "base/time.h"
#include "http/message.h"
#include "im/held_roster.h"
#include "xmpp/jid.h"

namespace rosterd::app {

// What a fetch brings.
struct FetchedRoster {
  im::SharedRoster roster;
  im::RosterTag tag;
  RosterFaults faults;
  bool unchanged = false;  // `roster` is the one that was asked about
};

// The roster that a question is about, as it was held when the question left.
struct RosterBase {
  im::SharedRoster roster;  // null: there is none
  im::RosterTag tag;
};

class RosterAssembly {
 public:
  // `names` outlives it.
  RosterAssembly(Interner& names, xmpp::Jid user, const RosterLimits& limits, RosterBase base)
      : names_(names), user_(std::move(user)), limits_(limits), base_(std::move(base)) {}

  // To be sent with If-None-Match; "" = the question is unconditional.
  const std::string& etag() const { return base_.tag.etag; }

  // A page, the first one first. Returns where the next one is, a reference to be resolved against
  // the page's URL, or "" when this was the last. Errors are parse_roster()'s.
  Result<std::string> add_page(const http::Response& response, Instant now);
  // After the last page.
  FetchedRoster take();

  // 304: the roster that was asked about is still the one.
  FetchedRoster not_modified(const http::Response& response, Instant now) const;

 private:
  void take_tag(const http::Response& response, const RosterMeta& meta, Instant now);

  Interner& names_;
  const xmpp::Jid user_;
  const RosterLimits limits_;
  RosterBase base_;
  std::vector<im::RosterEntry> entries_;
  FetchedRoster fetched_;
  int pages_ = 0;
};

}  // namespace rosterd::app
