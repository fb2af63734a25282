// SPDX-License-Identifier: MIT
// The web app's JSON roster to a roster, or to edits of one (the protocol's section 1, level 0).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_tape.h"
#include "base/result.h"
#include "im/roster_draft.h"
#include "xmpp/jid.h"

namespace rosterd::app {

// The protocol in which rosters are asked for: the choices of http_roster_format, in its order.
enum class RosterFormat : std::uint8_t {
  kJson,  // of section 1
  kJsxc,  // "sharedroster" of JSXC's external API, see jsxc.h
};

struct RosterLimits {
  std::size_t contacts = 10'000;  // members of the object, usable or not
  std::size_t text_bytes = 1023;  // of a name or a group
};

// What could not be used.
struct RosterFaults {
  bool none() const { return skipped + dropped == 0; }

  std::size_t skipped = 0;  // contacts left out: bad JID, unusable value, unknown subscription
  std::size_t dropped = 0;  // names, groups and tags left out, nothing else with them
  std::string first_fault;  // the first of either, "JID: why", for one log line
};

// What the reserved key "$meta" says; "" where it says nothing.
struct RosterMeta {
  std::string next;  // where the next page is, a URL reference
  std::string etag;  // of this roster, where it comes without fields of its own
};

struct ParsedRoster : RosterFaults {
  im::NewRoster roster;  // without the owner himself
  RosterMeta meta{};
};

struct ParsedPatch : RosterFaults {
  std::vector<im::RosterEdit> edits;  // one per contact, sorted by JID; never the owner himself
};

// `body` is a JSON object contact JID -> data, or [] (what PHP makes of an empty object). kInvalid
// for anything else, kTooLarge over limits.contacts.
//
// A contact's data is an object, a string (= name), null or true (= {}). Its members:
//   name          a string; anything else but null is dropped
//   groups        an array of strings, an object whose keys are the names, or one string
//   subscription  "both" (default), "to", "from", "none"; with anything else the contact is
//                 skipped, so that nobody is granted more than the web app said
// Names and groups that may not stand in XML, or are too long, are dropped. Of a key that occurs
// twice the last wins, also when it is the unusable one. A contact's resource is stripped, the
// owner's own JID is ignored. kInvalid when $meta has a next page that is no text.
Result<ParsedRoster> parse_roster(std::string_view body, const xmpp::Jid& owner,
                                  const RosterLimits& limits, Interner& names);
// The same for one that stands in a larger text. What it replaces, if it is known, may be given as
// `base`. A next page is kInvalid as well, unless the caller can do something about it.
enum class NextPage { kRefused, kTold };
Result<ParsedRoster> parse_roster(const json::Tape& value, const xmpp::Jid& owner,
                                  const RosterLimits& limits, Interner& names,
                                  im::SharedRoster base = nullptr,
                                  NextPage next = NextPage::kRefused);

// What a page of a roster says beside its contacts.
struct ParsedPage : RosterFaults {
  RosterMeta meta{};
  std::size_t contacts = 0;  // as RosterLimits counts them
};

// What the keys of a roster are.
enum class RosterKeys {
  kAddresses,
  kUserIds,  // of users of the owner's host; but what has an "@" is an address
};

// parse_roster() of a value that stands in a larger text, into a draft, which counts the unusable
// contacts.
Result<ParsedPage> parse_page(const json::Tape& value, im::RosterDraft& draft,
                              const xmpp::Jid& owner, const RosterLimits& limits, RosterKeys keys,
                              NextPage next = NextPage::kRefused);

// parse_roster() of a body that arrives in parts, or of one of several pages, likewise into a
// draft.
class RosterPageParser {
 public:
  // All outlive it.
  RosterPageParser(im::RosterDraft& draft, const xmpp::Jid& owner, const RosterLimits& limits);
  ~RosterPageParser();
  void feed(std::string_view part);
  // After the last part, once.
  Result<ParsedPage> finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What a patch says of a contact replaces the whole of him, or leaves what it does not name.
enum class Unnamed { kCleared, kKept };

// A patch in the way of RFC 7386: as a roster, but that null takes the contact out, and so does
// data that cannot be used: in a whole roster the contact would be missing as well.
Result<ParsedPatch> parse_patch(const json::Tape& value, const xmpp::Jid& owner,
                                const RosterLimits& limits, Unnamed unnamed = Unnamed::kCleared);

}  // namespace rosterd::app
