// SPDX-License-Identifier: MIT
// Directory: who is here. Owns users and sessions and finds them by JID, atom and handle.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/handle.h"
#include "base/interner.h"
#include "im/session.h"
#include "im/user.h"
#include "xmpp/jid.h"

namespace rosterd::im {

// What a stanza's `to` names. Valid for the stanza's turn.
struct Target {
  enum class Kind {
    kNone,       // there is no `to`
    kServer,     // a domain served here
    kAccount,    // a bare JID at such a domain, whether the account exists or not
    kResource,   // a full JID at such a domain, or the domain with a resource
    kForeign,    // another domain
    kMalformed,  // not a JID
  };
  Kind kind = Kind::kNone;
  User* user = nullptr;        // the account, when it is online
  Session* session = nullptr;  // kResource: that very resource, when it is connected
  std::string_view sent;       // the `to` as it came
  xmpp::Jid jid;               // prepared; empty where `sent` was prepared already

  std::string_view address() const { return jid.empty() ? sent : jid.text(); }
};

// Is `domain` (prepared) one of `hosts`?
bool is_served(const std::vector<std::string>& hosts, std::string_view domain);

class Directory {
 public:
  // `interner` outlives it.
  explicit Directory(Interner& interner) : interner_(interner) {}

  // The user with this bare JID, made if need be.
  User& add_user(const xmpp::Jid& bare);
  // Its sessions are gone already.
  void remove_user(User& user);
  // Null when not online. `bare` is prepared.
  User* find_user(std::string_view bare) const { return find_user(interner_.find(bare)); }
  User* find_user(Atom bare) const { return bare < users_.size() ? users_[bare].get() : nullptr; }
  // What users and rosters call this bare JID; kNoAtom when nobody knows it.
  Atom find_name(std::string_view bare) const { return interner_.find(bare); }

  // Every user's atom is below this.
  Atom end_of_places() const { return static_cast<Atom>(users_.size()); }

  Session& add_session(User& user, xmpp::Jid full);
  // Out of reach of everything but its handle.
  void detach_session(Session& session);
  void erase_session(Handle<Session> session) { sessions_.erase(session); }
  Session* find_session(Handle<Session> session) const { return sessions_.find(session); }
  std::size_t session_count() const { return sessions_.size(); }
  std::size_t user_count() const { return user_count_; }

  Target resolve(std::optional<std::string_view> to, const std::vector<std::string>& hosts) const;
  // The same for an address that is known to be prepared and local; false when nobody is there.
  bool find_address(std::string_view prepared, Target& target) const;

 private:
  Interner& interner_;
  // By atom: a roster item's contact finds its user without hashing.
  std::vector<std::unique_ptr<User>> users_;
  std::size_t user_count_ = 0;
  SlotTable<Session> sessions_;
};

}  // namespace rosterd::im
