// SPDX-License-Identifier: MIT
// Visibility: who sees whose presence. Both rosters must grant it (see core.h), so a single look at
// one of them never tells.
#pragma once

#include "im/directory.h"
#include "im/roster.h"
#include "im/user.h"

namespace rosterd::im {

// The rule, of two items of which each is what one roster says about the other's owner.
inline bool grants_sight(const RosterItem* wanted, const RosterItem* granted) {
  return wanted && granted && has_to(wanted->subscription) && has_from(granted->subscription);
}

// Does `watcher` see `watched`? False for an account and itself: sessions of one account see each
// other without a roster.
inline bool sees(const User& watcher, const User& watched) {
  if (&watcher == &watched) return false;
  const RosterItem* wanted = watcher.find_item(watched.atom);
  if (!wanted || !has_to(wanted->subscription)) return false;
  return grants_sight(wanted, watched.find_item(watcher.atom));
}

// visit(User&) for every online user that sees `user`.
template <class Visit>
void for_each_watcher(const Directory& directory, const User& user, Visit visit) {
  const Roster* roster = user.roster();
  if (!roster) return;
  for (const RosterItem& item : roster->items()) {
    if (!has_from(item.subscription)) continue;
    User* contact = directory.find_user(item.contact);
    if (contact && sees(*contact, user)) visit(*contact);
  }
}

// visit(User&) for every online user that `user` sees.
template <class Visit>
void for_each_watched(const Directory& directory, const User& user, Visit visit) {
  const Roster* roster = user.roster();
  if (!roster) return;
  for (const RosterItem& item : roster->items()) {
    if (!has_to(item.subscription)) continue;
    User* contact = directory.find_user(item.contact);
    if (contact && sees(user, *contact)) visit(*contact);
  }
}

// visit(Session&) for every available session of `user`.
template <class Visit>
void for_each_available(const User& user, Visit visit) {
  for (Session* session : user.sessions) {
    if (session->available()) visit(*session);
  }
}

// What `owner`'s roster in force says of this account; null when nothing.
inline const RosterItem* find_item(const Directory& directory, const User& owner,
                                   const Target& account) {
  if (account.user) return owner.find_item(account.user->atom);
  const Atom name = directory.find_name(account.jid.bare_text());
  return name == kNoAtom ? nullptr : owner.find_item(name);
}

}  // namespace rosterd::im
