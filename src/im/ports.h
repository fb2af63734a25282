// SPDX-License-Identifier: MIT
// Ports: what the domain asks of the world. im declares them, higher rooms implement them. The
// domain never sees a socket, HTTP or JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "xmpp/fast.h"
#include "xmpp/jid.h"
#include "xmpp/login.h"
#include "xmpp/sasl.h"

namespace rosterd::im {

// app::RosterSource. Answers with Core::on_roster_fetched(), later, never from inside the call.
class RosterFetcher {
 public:
  virtual ~RosterFetcher() = default;
  // A user has logged in and has no roster that may be used. One question per user at a time; a
  // failed one is repeated in the background by the implementation until it succeeds or
  // cancel_fetch() is called. Returns the lowest RosterChange::sequence that is new enough for this
  // login: a refresh that asked before it may still bring an older roster.
  virtual std::uint64_t fetch_roster(const xmpp::Jid& user) = 0;
  // The user's last stream is gone.
  virtual void cancel_fetch(const xmpp::Jid& user) = 0;
  // The core goes: no answer will be taken, and no im::Roster may be held any more.
  virtual void cancel_all() = 0;
};

// Answers of an AuthSource; c2s::Service.
class AuthEvents {
 public:
  virtual ~AuthEvents() = default;
  virtual void on_keys(std::uint64_t ticket, const Result<xmpp::ScramKeys>& keys) = 0;
  // kDenied: he is not let in. Any other error says nothing about what he gave.
  virtual void on_login(std::uint64_t ticket, const Result<xmpp::Login>& login) = 0;
};

// What an AuthSource says of a user who does not log in; app::KnownUsers.
class UserEvents {
 public:
  virtual ~UserEvents() = default;
  // An error: it cannot tell.
  virtual void on_user(std::uint64_t ticket, const Result<bool>& exists) = 0;
};

// Where accounts are: a file (store::AccountsAuth), or the web app by one of its protocols. Answers
// come later, never from inside the call, each with the ticket of its question. kUnavailable means
// "cannot tell now". What a host's accounts can be asked is in its xmpp::LoginMethods; they answer
// kUnsupported to the rest.
class AuthSource {
 public:
  virtual ~AuthSource() = default;
  // For an unknown user: keys that are the same at every asking, that nobody can match, and that
  // look like everybody's (RFC 5802 section 9; no user enumeration).
  virtual void fetch_keys(const xmpp::Jid& user, crypto::Hash hash, std::uint64_t ticket,
                          AuthEvents* events) = 0;
  // Takes as long for an unknown user as for a known one. `password` has not been prepared.
  virtual void check_password(const xmpp::Jid& user, std::string password, std::uint64_t ticket,
                              AuthEvents* events) = 0;
  // Whose token or cookie is it?
  virtual void identify(xmpp::Evidence evidence, std::uint64_t ticket, AuthEvents* events) = 0;
  // Whether there is such a user. False, and no answer will come: it cannot be asked this.
  virtual bool find_user(const xmpp::Jid&, std::uint64_t /*ticket*/, UserEvents*) { return false; }
  // What is remembered of this user's earlier logins counts no more.
  virtual void forget(const xmpp::Jid&) {}
};

// Where the tokens of FAST are (XEP-0484): app::FastTokens. Answers at once.
class FastTokens {
 public:
  virtual ~FastTokens() = default;
  // kDenied: there is no such token; kTimeout: there was one.
  virtual Result<xmpp::FastLogin> check(const xmpp::FastProof& proof) = 0;
  virtual xmpp::FastToken issue(const xmpp::FastOrder& order) = 0;
};

// The accounts file, as a list; store::AccountsAuth.
class AccountList {
 public:
  virtual ~AccountList() = default;
  virtual bool has_account(const xmpp::Jid& bare) const = 0;
};

// Answers of a UserFinder.
class UserFinderEvents {
 public:
  virtual ~UserFinderEvents() = default;
  virtual void on_user_found(std::uint64_t ticket, bool exists) = 0;
};

// Whether there is such a user, for one of whom nothing is known here: no session, no roster;
// app::KnownUsers. Answers come later, never from inside the call, each with the ticket of its
// question, and at the latest after the web app's timeout.
class UserFinder {
 public:
  virtual ~UserFinder() = default;
  virtual void find_user(const xmpp::Jid& user, std::uint64_t ticket, UserFinderEvents* events) = 0;
};

// How a session came to its end, as the web app is told.
enum class SessionEnd : std::uint8_t {
  kClosed,    // by the client, by its connection's end, or for a fault of the client
  kTimeout,   // the client was too slow
  kKicked,    // it was told to go
  kReplaced,  // by a new session of the same resource
  kDrain,     // the server stops
};

// The last undirected presence of a session.
struct ObservedPresence {
  bool available = false;
  std::string_view show;    // "away", "chat", "dnd", "xa", or "" (also for anything else)
  std::string_view status;  // as the client wrote it, of any length
  int priority = 0;
};

// Who is told who is here: app::Events. Told within the turn, in the order in which it happens;
// must not call the Core. Views are valid during the call.
class PresenceObserver {
 public:
  virtual ~PresenceObserver() = default;
  // The first session of a user is bound, and the last one is gone. A session that takes the place
  // of the only one is neither.
  virtual void on_user_online(const xmpp::Jid& user) = 0;
  virtual void on_user_offline(const xmpp::Jid& user) = 0;
  // Presence as it is broadcast. The end of an available session is unavailable presence too.
  virtual void on_presence(const xmpp::Jid& session, const ObservedPresence& presence) = 0;
  // After that presence, before on_user_offline().
  virtual void on_session_end(const xmpp::Jid& session, SessionEnd reason) = 0;
};

}  // namespace rosterd::im
