// SPDX-License-Identifier: MIT
// RosterAssembly: from the answers of a web app to one user's roster, ready for the table: read as
// they arrive, pages joined, and what has not changed recognised. Pure.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "app/roster_json.h"
#include "base/crypto.h"
#include "base/interner.h"
#include "base/result.h"
#include "base/time.h"
#include "http/message.h"
#include "im/held_roster.h"
#include "xmpp/jid.h"

namespace rosterd::app {

// What a fetch brings.
struct FetchedRoster {
  im::NewRoster roster;
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
      : user_(std::move(user)),
        limits_(limits),
        base_(std::move(base)),
        draft_(names, base_.roster) {}

  // To be sent with If-None-Match; "" = the question is unconditional.
  const std::string& etag() const { return base_.tag.etag; }

  // The beginning of a long page, as it arrives.
  void add_part(std::string_view part);
  // A page, or what has not been added of it, the first page first. Returns where the next one is,
  // a reference to be resolved against the page's URL, or "" when this was the last. Errors are
  // parse_roster()'s.
  Result<std::string> add_page(const http::Response& response, Instant now);
  // The whole of an answer to "sharedroster", instead of pages. Errors are also those of
  // parse_jsxc_roster().
  Status add_jsxc(const http::Response& response, Instant now);
  // After the last page.
  FetchedRoster take();

  // 304: the roster that was asked about is still the one.
  FetchedRoster not_modified(const http::Response& response, Instant now) const;

 private:
  // A page while it is read.
  struct Page {
    Page(im::RosterDraft& draft, const xmpp::Jid& user, const RosterLimits& limits_left)
        : limits(limits_left), parser(draft, user, limits), digest(crypto::Hash::kSha256) {}
    const RosterLimits limits;
    RosterPageParser parser;
    crypto::Digester digest;
  };

  Page& open_page();
  void keep_old(const http::Response& response, Instant now);
  bool is_unchanged(const std::string& body_digest, std::string_view linked) const;
  Error explain(Error error) const;
  void take_tag(const http::Response& response, const RosterMeta& meta, Instant now);

  const xmpp::Jid user_;
  RosterLimits limits_;
  RosterBase base_;
  im::RosterDraft draft_;
  std::unique_ptr<Page> page_;
  FetchedRoster fetched_;
  std::size_t contacts_ = 0;  // of the pages that have been read
  int pages_ = 0;
};

}  // namespace rosterd::app
