// SPDX-License-Identifier: MIT
// Core: the domain. Users, sessions and rosters live here; stanzas come in as elements, stanzas go
// out into outboxes. Pure: no socket, no HTTP, no clock of its own.
//
// Presence between two local users exists only if both rosters grant it: A sees B when A has
// to/both on B and B has from/both on A, evaluated on the roster table as it stands. A user whose
// roster is not there (yet) grants nothing. So a one-sided refresh can never leak presence, and a
// removal needs only one of the two names.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/handle.h"
#include "base/interner.h"
#include "base/intrusive_list.h"
#include "base/result.h"
#include "base/time.h"
#include "im/held_roster.h"
#include "im/ports.h"
#include "im/push_queries.h"
#include "im/roster_diff.h"
#include "im/session.h"
#include "xml/element.h"
#include "xmpp/jid.h"

namespace rosterd::im {

class Census;
struct State;

// What a stanza has come to.
struct Handled {
  std::size_t sent = 0;            // stanzas that it made, for whomever
  Handle<Session> congested = {};  // one that it reached although it is congested, if there is
};

// What is here now, and what has come in so far.
struct CoreStats {
  std::size_t users = 0;  // with a session or an authenticated stream
  std::size_t sessions = 0;
  std::size_t kept_rosters = 0;  // of users who are not here
  std::size_t rosters = 0;       // those, the ones in force, and those on their way
  std::size_t contacts = 0;      // in all of these
  std::size_t strings = 0;       // interned
  std::size_t last_seen = 0;     // users who left, of whom it is known when
  std::uint64_t messages = 0;    // these three: of clients
  std::uint64_t presences = 0;
  std::uint64_t iqs = 0;
};

struct Options {
  std::vector<std::string> hosts;         // prepared domains served
  std::vector<std::string> public_hosts;  // of these, anybody may learn who their users are
  std::string software_version = "1.0";
  // RFC 6120 section 7.7.2.2: what happens to a resource that is in use.
  enum class Conflict { kReplaceOld, kRefuseNew, kRename } conflict = Conflict::kReplaceOld;
  std::size_t sessions_per_user = 20;
  std::size_t directed_per_session = 100;             // remembered targets of directed presence
  std::size_t waiting_iqs_per_session = 10;           // roster gets waiting for the roster
  Duration roster_stale_max = std::chrono::hours(1);  // how long a roster is kept after log-out
  std::size_t cached_rosters = 10'000;                // of users without a session
  std::size_t last_seen_users = 100'000;              // who left, of whom it is known when
};

// What the roster of a change makes of the one in force, and the pushes that tell so.
struct RosterComparison {
  SharedRoster before{};                  // null: none was in force
  std::vector<ItemChange> differences{};  // points into both
  PushQueries queries{};                  // of these; empty where nobody wanted pushes
};

// One user's roster in a batch; the very one that he has already, where the web app said that it is
// unchanged. `sequence` orders fetches of that user: one older than what is applied is dropped.
struct RosterChange {
  xmpp::Jid user;  // bare
  NewRoster roster;
  RosterTag tag;
  std::uint64_t sequence = 0;

  std::optional<RosterComparison> prepared{};  // with what was in force at Core::prepare()
};

// Not a vector: while thousands are awaited, each takes the room of the fetch that has brought it.
using RosterBatch = std::deque<RosterChange>;

class Core {
 public:
  // `fetcher` outlives it.
  Core(const Options& options, const Clock& clock, RosterFetcher* fetcher);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;
  void set_options(const Options& options);
  // Of what happens from now on; null (the default) for nobody. It outlives the Core.
  void set_observer(PresenceObserver* observer);
  // Who is asked about users of public_hosts; null (the default): nobody. It answers nothing any
  // more once the Core is gone.
  void set_user_finder(UserFinder* finder);

  // --- Sessions -------------------------------------------------------------------------------
  // A stream has authenticated as this bare JID: its roster is fetched from now on. Calls pair up.
  // Returns the number of this login, see was_kicked().
  std::uint64_t begin_user(const xmpp::Jid& user);
  void end_user(const xmpp::Jid& user);
  // `resource` "" = the server chooses. kInvalid (resourceprep), kConflict (refused by policy),
  // kTooLarge (sessions_per_user). Between begin_user and end_user of that user.
  Result<Handle<Session>> bind(const xmpp::Jid& user, std::string_view resource);
  // The stream is gone, however it went: unavailable presence to all who saw it. `error` is what
  // the stream was ended with, if it was. Harmless when gone.
  void end_session(Handle<Session> session,
                   xmpp::StreamCondition error = xmpp::StreamCondition::kNone);
  Session* find_session(Handle<Session> session) const;

  // The sessions of this bare JID must go, or only the one with this resource (prepared): each
  // leaves everybody's sight now, and its stream ends with not-authorized and `reason` as text.
  // Returns how many went.
  std::size_t kick(const xmpp::Jid& user, const std::optional<std::string>& resource,
                   std::string_view reason);
  // Has the whole account been kicked since this login? It has no session yet, and must get none.
  bool was_kicked(const xmpp::Jid& user, std::uint64_t login) const;
  // Who is here.
  Census& census() { return *census_; }

  // --- Stanzas --------------------------------------------------------------------------------
  // A first-level element of an established stream. Anything that is not a stanza, or is malformed,
  // is answered as RFC 6120 section 8 says, or ends the session (Session::end).
  Handled handle_stanza(Handle<Session> session, xml::Element stanza);

  // Sessions that have something to flush; pop_front() until empty.
  IntrusiveList<Session, &Session::dirty>& dirty() { return dirty_; }

  // --- Rosters --------------------------------------------------------------------------------
  Interner& interner() { return interner_; }
  // Has this bare JID a stream (so that a refresh must fetch)?
  bool is_online(const xmpp::Jid& user) const;

  // The answer to RosterFetcher::fetch_roster. On failure a kept roster serves as stale copy if it
  // is young enough; else waiting roster gets are answered with wait/remote-server-timeout, and a
  // later success brings the items as pushes.
  void on_roster_fetched(const xmpp::Jid& user, Result<RosterChange> change);

  // Compares a roster with the one in force, ahead of the turn in which it is applied: a batch of
  // thousands is then spread over the turns in which its parts arrive. Never wrong, only in vain,
  // when another roster comes into force meanwhile.
  void prepare(RosterChange& change) const;
  // Is it prepared, and is what it was compared with still in force?
  bool is_prepared(const RosterChange& change) const;
  // The contacts, whoever and wherever they are, to whom a prepared change gives what they did not
  // have. Valid as long as the change.
  std::vector<std::string_view> find_gifted(const RosterChange& change) const;
  // Swaps in all rosters at once, then, with the whole new table in place, appends to outboxes:
  // unavailable presence between those who lose each other; roster pushes; available presence
  // between those who gain each other. No I/O, one turn, no half-applied state observable.
  void apply(RosterBatch batch);
  // Frees some of what apply() has replaced: to be called at the end of every turn.
  // Thousands at once would make the turn that applies them a fifth longer.
  void drop_replaced();
  // Online contacts to whom `change` gives what their own rosters, as they are known here, do not
  // give back: the web app may have changed those as well.
  std::vector<xmpp::Jid> find_one_sided(const RosterChange& change) const;
  // What is known of an online user: the roster in force, else the copy from an earlier login; null
  // when there is neither. Valid until the next change of rosters.
  const HeldRoster* find_held_roster(const xmpp::Jid& user) const;
  // The roster in force, if it is the web app's last word as far as is known here: not a stale
  // copy, and not one that a refresh has said to be outdated. Else null. Valid as above.
  const HeldRoster* find_current_roster(const xmpp::Jid& user) const;
  // A refresh named a user who has a stream: what is older than `sequence` may stay in force, but
  // it is not current, and no login will take it for fresh any more.
  void outdate_roster(const xmpp::Jid& user, std::uint64_t sequence);
  // A refresh named a user without a stream: the kept copy, if any, must not be used again.
  void forget_roster(const xmpp::Jid& user);

  // Called now and then (once a minute) to drop kept rosters that are too old.
  void expire();

  std::size_t session_count() const;
  CoreStats stats() const;

 private:
  Interner interner_;
  IntrusiveList<Session, &Session::dirty> dirty_;
  std::unique_ptr<State> state_;
  std::unique_ptr<Census> census_;
};

}  // namespace rosterd::im
